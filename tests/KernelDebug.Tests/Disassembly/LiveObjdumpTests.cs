using System.Diagnostics;
using Xunit;

namespace KernelDebug.Tests.Disassembly;

/// <summary>Against the objdump of this machine, on code nobody chose: the runtime's own library, cut anywhere.</summary>
public class LiveObjdumpTests
{
    private const int WindowCount = 400;

    [Fact]
    public void Windows_of_the_runtime_read_as_objdump_prints_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
            == System.Runtime.InteropServices.Architecture.X64, "needs x86-64 Linux");
        var version = Run("objdump", "--version", "") ?? "";
        Assert.SkipUnless(version.Contains(") 2.40", StringComparison.Ordinal), "needs objdump of binutils 2.40");
        var library = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libcoreclr.so");
        Assert.SkipUnless(File.Exists(library), "needs libcoreclr.so");

        var code = File.ReadAllBytes(library);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        // The middle of the file is its text.
        var windows = string.Concat(Enumerable.Range(0, WindowCount).Select(_ =>
        {
            var offset = code.Length * 2 / 5 + random.Next(code.Length * 2 / 5);
            return Convert.ToHexStringLower(code, offset, 64) + "\n";
        }));
        var script = Path.Combine(CodeFixtures.Folder, "make.sh");
        var expected = CodeFixtures.ParseWindows(Run(script, "expect 64", windows)!.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(WindowCount, expected.Count);
        var differences = expected.SelectMany(window => WindowTests.Differences(window.Code, window.Rows, 64)).ToList();
        // What is no code (jump tables, constants) decodes to anything, and there about 1 window in 100 differs.
        Assert.True(differences.Count <= WindowCount / 25, $"seed {seed}: {string.Join('\n', differences)}");
    }

    private static string? Run(string program, string arguments, string input)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            var output = process.StandardOutput.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.Result : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
