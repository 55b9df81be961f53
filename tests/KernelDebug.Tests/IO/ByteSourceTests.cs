using System.IO.Pipes;
using KernelDebug.IO;
using Xunit;

namespace KernelDebug.Tests.IO;

/// <summary>What can be mapped, and what is refused with the one documented exception.</summary>
public class ByteSourceTests
{
    [Fact]
    public void Pipe_IsRefused()
    {
        // The shell's <(zcat vmlinux.gz) names one.
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        string path = $"/proc/self/fd/{pipe.GetClientHandleAsString()}";
        Assert.SkipUnless(File.Exists(path), "needs /proc");

        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() => ByteSource.OpenFile(path));

        Assert.Contains("a pipe", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Device_IsRefused() => Assert.Throws<BinaryFormatException>(() => ByteSource.OpenFile("/dev/null"));
}
