using KernelDebug.Decoding;
using KernelDebug.IO;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Tests.Support;

namespace KernelDebug.Tests.Inference;

/// <summary>The module of tests/Guest/memberfault, the logs of its faults, and what each of them touched.</summary>
internal static class MemberCases
{
    public const string Module = "memberfault.ko.zst";

    private static readonly string Area = FixtureFiles.Path("memberfault");

    /// <summary>The rows of cases.tsv, by their first column.</summary>
    public static IReadOnlyDictionary<string, string[]> Rows { get; } = File.ReadLines(Path.Combine(Area, "cases.tsv"))
        .Where(line => !line.StartsWith('#'))
        .Select(line => line.Split('\t'))
        .ToDictionary(fields => fields[0]);

    public static string ModulePath => Path.Combine(Area, Module);

    /// <summary>The bytes of the module as the kernel loads it.</summary>
    public static byte[] ModuleBytes()
    {
        using ByteSource packed = ByteSource.OpenFile(ModulePath);
        return Decompression.Decompress(new ByteSlice(packed, "file", isBigEndian: false), CompressionKind.Zstd, null);
    }

    /// <summary>The report of a case.</summary>
    public static PanicTrace Trace(string name) => PanicTraceParser.ParseAll(File.ReadLines(Path.Combine(Area, "logs", name + ".log")))[0];

    /// <summary>What a decoder with a module, and with nothing else, makes of a report.</summary>
    public static PanicTrace Decode(PanicTrace trace, string module, string? vmlinux = null)
    {
        using var decoder = new LogDecoder(new DecodeOptions { Symbols = DecodedLog.WithModule(module) with { Vmlinux = vmlinux } }, static _ => { });
        return decoder.Decode(trace);
    }
}
