using System.Diagnostics;
using KernelDebug.Gsym;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Gsym;

/// <summary>Our reader on a file llvm-gsymutil made, and llvm-gsymutil on files ours made.</summary>
public sealed class LlvmTests : IDisposable
{
    private static readonly string? _tool = ((string[])["llvm-gsymutil", "llvm-gsymutil-14"])
        .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(directory => Path.Combine(directory, name)))
        .FirstOrDefault(File.Exists);

    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    /// <summary>tests/Fixtures/gsym/make.sh made the answers, by llvm-gsymutil.</summary>
    [Fact]
    public void A_file_of_llvm_s_is_read_as_llvm_reads_it()
    {
        using GsymFile file = GsymFile.Read(ByteSource.OpenFile(FixtureFiles.Path("gsym/inline.gsym")));
        int compared = 0;
        foreach (LlvmAnswer answer in LlvmAnswer.Parse(File.ReadLines(FixtureFiles.Path("gsym/inline.lookups.txt"))))
        {
            Assert.Equal((answer.Address, answer.Frames), (answer.Address, LlvmAnswer.Text(file.Find(answer.Address))));
            compared++;
        }

        Assert.True(compared > 100, $"only {compared} addresses were compared");
    }

    [Theory]
    [InlineData("dwarf/gcc-dwarf5")]
    [InlineData("dwarf/clang19-dwarf5-function-sections")]
    [InlineData("dwarf/gcc-dwarf4-lto")]
    public void Llvm_reads_a_bundle_whole_and_at_each_address(string fixture)
    {
        Assert.SkipWhen(_tool is null, "needs llvm-gsymutil (Debian: llvm)");
        string bundle = TinyBundle.Of(_tree, "x.gsym", FixtureFiles.Path(fixture));
        using GsymFile file = GsymFile.Read(ByteSource.OpenFile(bundle));
        var addresses = new List<ulong>();
        for (int i = 0; i < file.Header.Count; i++)
        {
            GsymFunction function = file.FunctionAt(i);
            addresses.AddRange(Enumerable.Range(0, (int)function.Size).Select(offset => function.Start + (ulong)offset));
        }

        (int code, string[] dump) = Run([bundle], "");
        Assert.Equal((0, false), (code, dump.Any(line => line.Contains("error:", StringComparison.Ordinal))));

        (_, string[] found) = Run(["--addresses-from-stdin"], string.Concat(addresses.Select(address => $"0x{address:x} {bundle}\n")));
        LlvmAnswer[] answers = [.. LlvmAnswer.Parse(found)];
        Assert.Equal(addresses.Count, answers.Length);
        int compared = 0;
        foreach (LlvmAnswer answer in answers)
        {
            // Where the line table says nothing LLVM gives the name alone or an error, and where no file of a call is known it drops the call.
            IReadOnlyList<CodeFrame> ours = file.Find(answer.Address);
            if (ours.Count > 0 && ours.All(frame => frame.Path is not null && frame.Name is not null))
            {
                Assert.Equal((answer.Address, LlvmAnswer.Text(ours)), (answer.Address, answer.Frames));
                compared++;
            }
        }

        Assert.True(compared > 100, $"only {compared} addresses were compared");
    }

    [Fact]
    public void Llvm_reads_vmlinux_and_modules_in_one()
    {
        Assert.SkipWhen(_tool is null, "needs llvm-gsymutil (Debian: llvm)");
        string bundle = TinyBundle.Of(_tree, "x.gsym", FixtureFiles.Path("dwarf/gcc-dwarf5"), DecodedLog.SampleModule);

        (int code, string[] dump) = Run([bundle], "");

        Assert.Equal(0, code);
        Assert.Contains(dump, line => line.Contains("\"gtpsim_dev_xmit\"", StringComparison.Ordinal));
        Assert.DoesNotContain(dump, line => line.Contains("error:", StringComparison.Ordinal));
    }

    private static (int Code, string[] Lines) Run(string[] arguments, string input)
    {
        using Process process = Process.Start(new ProcessStartInfo(_tool!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Task writing = Task.Run(() =>
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        });
        string output = process.StandardOutput.ReadToEnd();
        writing.Wait();
        process.WaitForExit();
        return (process.ExitCode, output.Split('\n'));
    }
}
