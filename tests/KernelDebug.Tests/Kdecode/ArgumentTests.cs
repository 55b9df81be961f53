using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Kdecode;

/// <summary>The command line: that of scripts/decode_stacktrace.sh, and what each combination ends with.</summary>
public sealed class ArgumentTests : IDisposable
{
    private const string Line = " f+0x10/0x20";
    private readonly TempTree _tree = new();
    private readonly string _vmlinux;

    public ArgumentTests() => _vmlinux = _tree.Put("vmlinux", new TinyKernel { Release = "6.6.6-test" }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    [InlineData("-R", "-h")]
    public void Help_is_on_standard_output(params string[] arguments)
    {
        KdecodeResult result = KdecodeProcess.Run("", arguments);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.StartsWith("Usage:\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("[-R] -r <release>\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("[-R] [<vmlinux> [<base_path>|auto [<modules_path>]]]\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("-h\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("decode return address instead of caller address", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not an option", "--nope")]
    [InlineData("not an option", "-x")]
    [InlineData("needs a value", "-r")]
    [InlineData("needs a value", "--modules")]
    [InlineData("too many", "a", "auto", "/", "more")]
    [InlineData("too many", "-r", "6.6.6", "vmlinux")]
    [InlineData("expected att or intel", "--syntax", "masm")]
    [InlineData("expected hexadecimal", "--kaslr-offset", "12g")]
    [InlineData("does not exist", "--modules", "/no/such/\x1b[31mdirectory")]
    [InlineData("does not exist", "vmlinux", "auto", "/no/such/directory")]
    public void Unusable_arguments_end_with_1(string why, params string[] arguments)
    {
        KdecodeResult result = KdecodeProcess.Run(Line, arguments);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("ERROR! ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(why, result.Errors, StringComparison.Ordinal);
        Assert.Contains("Usage:", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', result.Errors);
    }

    [Fact]
    public void Unusable_files_end_with_2_and_say_which()
    {
        string noElf = _tree.Put("no-elf", "not an ELF file"u8.ToArray());
        foreach (string path in (string[])["/no/such/vmlinux", noElf, _tree.Root])
        {
            KdecodeResult result = KdecodeProcess.Run(Line, path);

            Assert.Equal((2, ""), (result.ExitCode, result.Output));
            Assert.StartsWith("ERROR! ", result.Errors, StringComparison.Ordinal);
            Assert.Contains(path, result.Errors, StringComparison.Ordinal);
            // A sentence, not the name of one.
            Assert.Contains(' ', result.Errors["ERROR! ".Length..].Replace(path, "", StringComparison.Ordinal).Trim());
            Assert.DoesNotContain("IO_", result.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0.0.0-no-such")]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    public void A_release_that_is_not_installed_ends_with_2(string release)
    {
        KdecodeResult result = KdecodeProcess.Run(Line, "-r", release);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("Usage:", result.Errors, StringComparison.Ordinal);
        Assert.Contains($"release {release}", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_arguments_are_the_script_s()
    {
        Assert.Equal(" f (/src/lib/a.c:10)\n", KdecodeProcess.Run(Line, _vmlinux).Output);
        Assert.Equal(" f (/src/lib/a.c:10)\n", KdecodeProcess.Run(Line, _vmlinux, "auto").Output);
        Assert.Equal(" f (lib/a.c:10)\n", KdecodeProcess.Run(Line, _vmlinux, "/src").Output);
        Assert.Equal(" f (/src/lib/a.c:11)\n", KdecodeProcess.Run(Line, "-R", _vmlinux).Output);
        Assert.Equal(" f (/src/lib/a.c:10 [f])\n", KdecodeProcess.Run(Line, "--functions", _vmlinux).Output);
    }

    [Fact]
    public void A_modules_path_may_follow_and_the_vmlinux_be_empty()
    {
        string log = File.ReadAllText(Path.Combine(LogFixtures.Root, "debian-6.1.0-56", "a1-proc-doublefree", "oops.log"));
        string modules = Path.GetDirectoryName(DecodedLog.SampleModule)!;
        const string expected = "[    7.749909]  gtpsim_do_doublefree.constprop.0 (/build/gtpsim/gtpsim_fault.c:74 /build/gtpsim/gtpsim_fault.c:83) gtpsim\n";

        KdecodeResult named = KdecodeProcess.Run(log, "", "auto", modules);
        KdecodeResult option = KdecodeProcess.Run(log, "--modules", modules);
        KdecodeResult functions = KdecodeProcess.Run(log, "--functions", "--modules", modules);

        Assert.Contains(expected, named.Output, StringComparison.Ordinal);
        Assert.Equal((0, named.Output), (option.ExitCode, option.Output));
        Assert.Contains("gtpsim_fault.c:74 [gtpsim_free_far] /build/gtpsim/gtpsim_fault.c:83 [gtpsim_do_doublefree]) gtpsim\n", functions.Output, StringComparison.Ordinal);
        Assert.Contains("\tud2", option.Output, StringComparison.Ordinal);
        Assert.Contains("\tpop    %rsi\n", option.Output, StringComparison.Ordinal);
        Assert.Contains("\tpop    rsi\n", KdecodeProcess.Run(log, "--syntax", "intel", "--modules", modules).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_kernel_s_vmlinux_ends_with_2_unless_forced()
    {
        const string log = "CPU: 0 PID: 1 Comm: a Not tainted 6.6.7-test #1\n f+0x10/0x20\n";

        KdecodeResult refused = KdecodeProcess.Run(log, _vmlinux);
        KdecodeResult forced = KdecodeProcess.Run(log, "--force", _vmlinux);

        Assert.Equal((2, log), (refused.ExitCode, refused.Output));
        Assert.StartsWith("ERROR! ", refused.Errors, StringComparison.Ordinal);
        Assert.Single(refused.Errors.TrimEnd().Split('\n'));
        Assert.Equal((0, ""), (forced.ExitCode, forced.Errors));
        Assert.EndsWith(" f (/src/lib/a.c:10)\n", forced.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Verbose_tells_each_place_on_standard_error()
    {
        const string log = "CPU: 0 PID: 1 Comm: a Not tainted 0.0.0-no-such #1\n f+0x10/0x20\n";

        KdecodeResult quiet = KdecodeProcess.Run(log);
        KdecodeResult verbose = KdecodeProcess.Run(log, "--verbose");

        Assert.Equal((0, log), (quiet.ExitCode, quiet.Output));
        Assert.Equal(quiet.Output, verbose.Output);
        Assert.Contains("WARNING! No vmlinux", quiet.Errors, StringComparison.Ordinal);
        Assert.Single(quiet.Errors.TrimEnd().Split('\n'));
        Assert.Contains("not there: /boot/vmlinux-0.0.0-no-such\n", verbose.Errors, StringComparison.Ordinal);
        Assert.Contains("not there: /lib/modules/0.0.0-no-such/build/vmlinux\n", verbose.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_offset_may_be_named() =>
        Assert.Contains("a.c:11", KdecodeProcess.Run("Call Trace:\n [<ffffffff9a001020>]\n", "--kaslr-offset", "0xffffffff9a000000", _vmlinux).Output, StringComparison.Ordinal);
}
