using System.IO.Compression;
using System.Text.Json;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Tests.KernelLog;

/// <summary>The logs of tests/Fixtures/logs and their known answers.</summary>
internal static class LogFixtures
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> Cases(string area) =>
        Directory.GetDirectories(Path.Combine(Root, area)).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    public static IEnumerable<string> AllLogs() => Directory.GetFiles(Root, "*.log", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>The logs that are kept compressed.</summary>
    public static IEnumerable<string> AllPackedLogs() => Directory.GetFiles(Root, "*.log.gz", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    public static string[] ReadLines(params string[] path)
    {
        var lines = ReadText(path).Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }

    public static IReadOnlyList<PrintkLine> Parse(IEnumerable<string> lines) => lines.Select((l, i) => PrintkLineParser.Parse(l, i + 1)).ToArray();

    public static IReadOnlyList<PanicTrace> Traces(params string[] path) => PanicTraceParser.ParseAll(ReadLines(path));

    /// <summary>truth.json of a case: found by addr2line and llvm-symbolizer over the kernel that crashed, not by this project.</summary>
    public static IReadOnlyList<TruthEntry> Truth(string caseName)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "debian-6.1.0-56", caseName, "truth.json")));
        return json.RootElement.EnumerateArray().Select(e => new TruthEntry(
            e.GetProperty("line").GetInt32(),
            e.GetProperty("symbol").GetString()!,
            e.GetProperty("offset").GetUInt64(),
            e.GetProperty("size").GetUInt64(),
            e.GetProperty("module").GetString(),
            e.GetProperty("reliable").GetBoolean(),
            e.GetProperty("rip").GetBoolean())).ToArray();
    }

    /// <summary>A log's text, unpacked where it is kept compressed.</summary>
    public static string ReadText(params string[] parts)
    {
        string path = Path.Combine([Root, .. parts]);
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            return File.ReadAllText(path);
        }
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "KernelDebug.slnx")))
        {
            directory = directory.Parent;
        }
        return Path.Combine(directory?.FullName ?? throw new InvalidOperationException("not run from inside the source tree"), "tests", "Fixtures", "logs");
    }
}

/// <summary>The place one line of a log names.</summary>
internal sealed record TruthEntry(int Line, string Symbol, ulong Offset, ulong Size, string? Module, bool IsReliable, bool IsPointer);
