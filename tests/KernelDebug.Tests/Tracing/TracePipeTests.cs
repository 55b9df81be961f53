using KernelDebug.IO;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>Following a file: a fifo stands for the kernel's, which gives nothing until something is written.</summary>
public class TracePipeTests
{
    [Fact]
    public void Lines_come_whole_and_a_wait_ends()
    {
        using var tree = new TempTree();
        string fifo = Path.Combine(tree.Root, "trace_pipe");
        Assert.SkipUnless(NativeTool.Text("mkfifo", fifo) is not null, "there is no mkfifo");
        using TracePipe pipe = TracePipe.Open(fifo);
        Assert.Empty(pipe.Read(TimeSpan.FromMilliseconds(1)));
        using var writer = new FileStream(fifo, FileMode.Open, FileAccess.Write);
        Assert.Empty(pipe.Read(TimeSpan.FromMilliseconds(1)));
        Write("            bash-1       [000] d..2.     1.000001: a: b\n\nCPU:1 [LOST 5 EV");
        Assert.Equal("b", Assert.Single(pipe.Read(TimeSpan.FromSeconds(10))).Message);
        Write("ENTS]\n");
        Assert.Equal(5UL, Assert.Single(pipe.Read(TimeSpan.FromSeconds(10))).LostEvents);

        void Write(string text)
        {
            writer.Write(System.Text.Encoding.ASCII.GetBytes(text));
            writer.Flush();
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        using var tree = new TempTree();
        string path = Path.Combine(tree.Root, "nothing");
        Assert.Contains(path, Assert.Throws<FileNotFoundException>(() => TracePipe.Open(path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => KernelLogDevice.Open(path));
    }
}
