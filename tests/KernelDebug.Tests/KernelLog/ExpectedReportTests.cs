using System.Globalization;
using System.Text.Json;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>
/// Every report of every log of tests/Fixtures/logs against tests/Fixtures/reports/expected.json, which another program read out
/// of the logs and which was then read beside them (its README says how).
/// </summary>
public class ExpectedReportTests
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web);
    private static readonly Dictionary<string, ExpectedReport[]> s_expected = Read();

    public static TheoryData<string> Logs => [.. LogFixtures.AllLogs().Concat(LogFixtures.AllPackedLogs()).Select(p => Path.GetRelativePath(LogFixtures.Root, p)).Where(p => !p.StartsWith("guests", StringComparison.Ordinal))];

    [Fact]
    public void Every_expectation_has_its_log() => Assert.Equal(Logs.Select(l => l.Data).Order(StringComparer.Ordinal), s_expected.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Logs))]
    public void Reports_are_what_another_reader_found(string log)
    {
        Assert.True(s_expected.TryGetValue(log, out var expected), $"expected.json has no {log}");
        var reports = LogFixtures.Traces(log);
        Assert.Equal(
            expected.Select(e => $"{e.First}-{e.Last} {e.Kind} {e.Severity} cpu {e.Cpu} {e.Comm}/{e.Pid}; {e.Guilty}; {e.Pointer}"),
            reports.Select(r => $"{r.FirstLine}-{r.LastLine} {r.Kind} {r.Severity} cpu {r.Cpu} {r.Comm}/{r.ProcessId}; {Name(r.GuiltyFrame)}; {Name(r.InstructionPointer)}"));
        foreach (var (e, r) in expected.Zip(reports))
        {
            Assert.Equal(e.Title, FunctionOf(r.Title));
            Assert.Equal(e.Guilty is { } guilty && guilty.EndsWith(']') ? guilty[(guilty.IndexOf('[', StringComparison.Ordinal) + 1)..^1] : null, r.GuiltyModule);
            Assert.Equal(e.Modules, r.Modules.Select(m => m.ToString()));
            Assert.Equal(
                e.Registers.Select(x => $"{x.Key}={ulong.Parse(x.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture):x}").Order(StringComparer.Ordinal),
                r.Registers.Select(x => $"{x.Key}={x.Value:x}").Order(StringComparer.Ordinal));
        }
    }

    // "WARNING in f", "KASAN: double-free in f": the function a title ends with.
    private static string? FunctionOf(string title) => title.LastIndexOf(" in ", StringComparison.Ordinal) is >= 0 and var at ? title[(at + 4)..] : null;

    private static string? Name(TraceFrame? frame) => frame?.Symbol is null ? null : frame.Module is null ? frame.Symbol : $"{frame.Symbol} [{frame.Module}]";

    private static Dictionary<string, ExpectedReport[]> Read() =>
        JsonSerializer.Deserialize<Dictionary<string, ExpectedReport[]>>(File.ReadAllText(Path.Combine(LogFixtures.Root, "..", "reports", "expected.json")), s_options)!;

    private sealed record ExpectedReport(
        string Kind, string Severity, int First, int Last, int? Cpu, int? Pid, string? Comm, string? Guilty, string? Pointer, string? Title,
        IReadOnlyDictionary<string, string> Registers, IReadOnlyList<string> Modules);
}
