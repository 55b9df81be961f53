using System.IO.Compression;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>What real kernels of each architecture printed. The first report's title, task and CPU are read off the logs by eye.</summary>
public class GuestLogTests
{
    [Theory]
    [InlineData("arm64", "WARNING in lkdtm_WARNING", "sh", 93, 0)]
    [InlineData("armhf", "WARNING in direct_entry", "sh", 90, 0)]
    [InlineData("i386", "WARNING in init_amd", "swapper/1", 0, 1)]
    [InlineData("s390x", "WARNING in lkdtm_WARNING", "sh", 91, 1)]
    [InlineData("ppc64el", "WARNING in lkdtm_WARNING", "sh", 93, 0)]
    [InlineData("mips64el", "WARNING in direct_entry", "sh", 84, 0)]
    [InlineData("riscv64", "WARNING in lkdtm_WARNING", "sh", 144, 0)]
    [InlineData("loong64", "kernel panic: sysrq triggered crash", "init", 1, 1)]
    public void Each_architectures_reports_are_read(string architecture, string title, string comm, int processId, int cpu)
    {
        using var file = new GZipStream(File.OpenRead(FixtureFiles.Path($"logs/guests/{architecture}.log.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(file);
        PanicTrace[] traces = [.. PanicTraceParser.ParseAll(reader.ReadToEnd().Split('\n').Select(line => line.TrimEnd('\r'))).Where(trace => trace.Severity != PanicSeverity.Notice)];
        PanicTrace first = traces[0];
        Assert.Equal((title, comm, processId, cpu), (first.Title, first.Comm, first.ProcessId!.Value, first.Cpu!.Value));
        Assert.Null(first.CorruptedReason);
        // A panic by sysrq, all that loongarch's log has, prints no registers.
        Assert.Contains(traces, trace => trace.CallTrace.Count > 3 && (trace.Registers.Count > 8 || architecture == "loong64"));
    }
}
