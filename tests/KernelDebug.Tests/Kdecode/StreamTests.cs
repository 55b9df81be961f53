using KernelDebug.Tests.Formatting;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Kdecode;

/// <summary>kdecode between pipes: each line out as soon as it is in, whatever comes, and an end when either side has one.</summary>
public sealed class StreamTests : IDisposable
{
    private const string Line = " f+0x10/0x20";
    private const string Decoded = " f (/src/lib/a.c:10)";
    private readonly TempTree _tree = new();
    private readonly string _vmlinux;

    public StreamTests() => _vmlinux = _tree.Put("vmlinux", new TinyKernel().Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_line_is_out_before_the_next_is_in()
    {
        using KdecodeProcess kdecode = KdecodeProcess.Start(_vmlinux);
        for (int i = 0; i < 3; i++)
        {
            kdecode.Process.StandardInput.Write(Line + "\n");
            kdecode.Process.StandardInput.Flush();
            Assert.Equal(Decoded, kdecode.ReadLine());
        }

        kdecode.Process.StandardInput.Write(Line);
        kdecode.Process.StandardInput.Close();
        KdecodeResult result = kdecode.End();
        Assert.Equal((0, Decoded + "\n", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public void When_its_reader_has_enough_it_ends_without_a_word()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        // The writer has no end: nothing but kdecode's own end ends this.
        string command = $"while echo '{Line}'; do :; done 2>/dev/null | {string.Join(' ', KdecodeProcess.Command)} '{_vmlinux}' | head -n 1";
        using KdecodeProcess shell = KdecodeProcess.StartProgram("sh", "-c", command);

        KdecodeResult result = shell.End();

        Assert.Equal((0, Decoded + "\n", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public void Output_to_a_file_that_others_write_to_is_appended()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        string file = Path.Combine(_tree.Root, "out");
        string command = $"{{ echo before; echo '{Line}' | {string.Join(' ', KdecodeProcess.Command)} '{_vmlinux}'; echo after; }} > '{file}'";
        using KdecodeProcess shell = KdecodeProcess.StartProgram("sh", "-c", command);

        shell.End();

        Assert.Equal($"before\n{Decoded}\nafter\n", File.ReadAllText(file));
    }

    [Fact]
    public void Binary_garbage_comes_out_harmless()
    {
        byte[] garbage = new byte[1 << 18];
        new Random(20261123).NextBytes(garbage);

        KdecodeResult result = KdecodeProcess.Run(garbage, _vmlinux);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        HostileNamesTests.AssertHarmless(result.Output);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xff, (byte)'b' }, "a\\xffb\n")]
    [InlineData(new byte[] { 0xc3, 0xa9, 0xc3 }, "é\\xc3\n")]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, "\\xed\\xa0\\x80\n")] // a surrogate
    [InlineData(new byte[] { 0xc2, 0x9b, (byte)'m' }, "\\x9bm\n")] // C1
    [InlineData(new byte[] { 0x1b, (byte)']', (byte)'5', (byte)'2', 7 }, "\\x1b]52\\x07\n")]
    [InlineData(new byte[] { (byte)'a', 13, 10, 10, (byte)'b' }, "a\n\nb\n")]
    public void What_is_no_text_is_shown_by_its_bytes(byte[] input, string output)
    {
        KdecodeResult result = KdecodeProcess.Run(input, _vmlinux);

        Assert.Equal((0, output), (result.ExitCode, result.Output));
    }

    [Fact]
    public void Nothing_in_is_nothing_out()
    {
        KdecodeResult result = KdecodeProcess.Run("", _vmlinux);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Fact]
    public void A_line_without_end_takes_bounded_memory()
    {
        const int Megabytes = 50;
        const long MostMegabytes = 200;
        using KdecodeProcess kdecode = KdecodeProcess.Start(_vmlinux);
        Func<long> written = kdecode.CountOutput();
        byte[] piece = new byte[1 << 20];
        Array.Fill(piece, (byte)'x');
        for (int i = 0; i < Megabytes; i++)
        {
            kdecode.Process.StandardInput.BaseStream.Write(piece);
        }

        kdecode.Process.StandardInput.BaseStream.Flush();
        kdecode.Process.Refresh();
        long peak = kdecode.Process.PeakWorkingSet64 >> 20;
        kdecode.Process.StandardInput.Close();
        Assert.True(kdecode.Process.WaitForExit(KdecodeProcess.Patience), "kdecode does not end");

        Assert.Equal(0, kdecode.Process.ExitCode);
        Assert.InRange(written(), (long)Megabytes << 20, ((long)Megabytes << 20) + 2 * Megabytes);
        Assert.True(peak < MostMegabytes, $"{peak} MiB");
    }
}
