using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>
/// Every report of the guests' logs (tests/Fixtures/logs/guests) against expected.tsv beside them, which expect.py read out of the
/// logs without this parser; the kinds are what was provoked.
/// </summary>
public class GuestLogTests
{
    private const string Area = "guests";
    private static readonly ILookup<string, Expected> s_expected = Read();

    public static TheoryData<string> Logs =>
        [.. LogFixtures.AllPackedLogs().Where(p => Path.GetFileName(Path.GetDirectoryName(p)) == Area).Select(p => Path.GetFileName(p)[..^".log.gz".Length])];

    [Fact]
    public void Every_expectation_has_its_log_and_one_log_has_no_report()
    {
        string[] logs = [.. Logs.Select(l => l.Data)];
        Assert.Empty(s_expected.Select(e => e.Key).Except(logs));
        Assert.Equal(["arm64-normal"], logs.Except(s_expected.Select(e => e.Key)));
    }

    [Theory]
    [MemberData(nameof(Logs))]
    public void Reports_are_what_was_provoked(string log)
    {
        var expected = s_expected[log].ToArray();
        var reports = Reports(log);
        Assert.Equal(expected.Select(e => e.Summary), reports.Select(r => $"{r.FirstLine} {r.Kind} cpu {r.Cpu} {r.Comm}/{r.ProcessId}; {Name(r.GuiltyFrame)}; {r.Modules.Count} modules"));
        foreach (var (e, r) in expected.Zip(reports))
        {
            Assert.Equal(e.Registers, r.Registers.Select(x => $"{x.Key}={x.Value:x}").Order(StringComparer.Ordinal));
            Assert.Null(r.CorruptedReason);
        }
    }

    // "arm" is the 32-bit one, "s390" and "powerpc" are 64-bit, mips is 64-bit little endian: what Debian builds.
    [Theory]
    [InlineData("x86-64", "amd64", "RSP")]
    [InlineData("x86-32", "i386", "ESP")]
    [InlineData("arm", "armhf", "pc")]
    [InlineData("arm64", "arm64", "sp")]
    [InlineData("riscv", "riscv64", "epc")]
    [InlineData("s390", "s390x", "PSWA")]
    [InlineData("powerpc", "ppc64el", "NIP")]
    [InlineData("mips", "mips64el", "epc")]
    [InlineData("loongarch", "loong64", "ERA")]
    public void An_oops_of_each_architecture_is_read_with_registers_and_trace(string architecture, string prefix, string register)
    {
        var oopses = Logs.Select(l => l.Data).Where(l => l.StartsWith(prefix + "-", StringComparison.Ordinal)).SelectMany(Reports)
            .Where(r => r.Severity >= PanicSeverity.Error && r.Registers.ContainsKey(register) && r.InstructionPointer is not null && r.GuiltyFrame is not null && r.CallTrace.Count >= 3);
        Assert.True(oopses.Any(), architecture);
    }

    private static IReadOnlyList<PanicTrace> Reports(string log) => LogFixtures.Traces(Area, log + ".log.gz");

    private static string? Name(TraceFrame? frame) => frame?.Symbol is null ? null : frame.Module is null ? frame.Symbol : $"{frame.Symbol} [{frame.Module}]";

    private static ILookup<string, Expected> Read() =>
        LogFixtures.ReadLines(Area, "expected.tsv").Skip(1).Select(line => line.Split('\t')).ToLookup(
            f => f[0],
            f => new Expected($"{f[1]} {f[2]} cpu {f[3]} {f[5]}/{f[4]}; {f[6]}; {f[7]} modules", [.. f[8].Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)]));

    private sealed record Expected(string Summary, string[] Registers);
}
