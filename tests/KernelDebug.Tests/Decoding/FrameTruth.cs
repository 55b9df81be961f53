using System.Globalization;
using System.Text.Json;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>What truth.json says of one place of a log: found by addr2line and llvm-symbolizer, not by this project.</summary>
internal sealed record FrameTruth(
    int LogLine, string Symbol, ulong Offset, ulong Size, string? Module, int FittingSymbols, bool IsDoubtful, bool IsExact, ulong Address, IReadOnlyList<TruthFrame> Frames)
{
    /// <summary>The places of a case, by line.</summary>
    public static ILookup<int, FrameTruth> OfCase(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(LogFixtures.Root, "debian-6.1.0-56", name, "truth.json")));
        return json.RootElement.EnumerateArray().Select(Read).ToArray().ToLookup(t => t.LogLine);
    }

    /// <summary>The location is what is known, or is unknown where nothing can be.</summary>
    public void AssertIs(SymbolLocation location)
    {
        if (IsDoubtful)
        {
            Assert.Equal(UnresolvedKind.NotAReturnAddress, location.Reason?.Kind);
            Assert.Empty(location.Frames);
            return;
        }

        Assert.Equal(FittingSymbols, location.Candidates.Count);
        if (location.IsAmbiguous)
        {
            // Several symbols of this name and size, and they do not all say the same.
            Assert.True(FittingSymbols > 1, Symbol);
            Assert.Equal(UnresolvedKind.Ambiguous, location.Reason?.Kind);
            Assert.Empty(location.Frames);
            Assert.Contains(location.Candidates, c => Frames.SequenceEqual(TruthFrame.Of(c.Frames)));
            return;
        }

        Assert.True(Frames.SequenceEqual(TruthFrame.Of(location.Frames)), $"{Symbol}+0x{Offset:x}/0x{Size:x}: expected {string.Join(" <- ", Frames)}, have "
            + $"{string.Join(" <- ", TruthFrame.Of(location.Frames))} ({location.Reason})");
        Assert.Null(location.Reason);
        // All but the outermost are inlined.
        Assert.Equal(location.Frames.Count - 1, location.Frames.Count(f => f.IsInlined));
        Assert.False(location.Frames[^1].IsInlined);
        if (Module is null && FittingSymbols == 1)
        {
            Assert.Equal(Address, location.Candidates[0].LinkAddress);
        }
    }

    private static FrameTruth Read(JsonElement entry) => new(
        entry.GetProperty("line").GetInt32(),
        entry.GetProperty("symbol").GetString()!,
        entry.GetProperty("offset").GetUInt64(),
        entry.GetProperty("size").GetUInt64(),
        entry.GetProperty("module").GetString(),
        entry.TryGetProperty("ambiguous", out JsonElement fitting) ? fitting.GetInt32() : 1,
        entry.TryGetProperty("doubtful", out _),
        entry.GetProperty("rip").GetBoolean() || entry.GetProperty("offset").GetUInt64() == 0,
        ulong.Parse(entry.GetProperty("lookup").GetString()!.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
        [.. entry.GetProperty("frames").EnumerateArray().Select(f => new TruthFrame(
            f.GetProperty("func").GetString()!, f.GetProperty("file").GetString()!, f.GetProperty("line").GetInt32()))]);
}

/// <summary>A function, its file and line.</summary>
internal sealed record TruthFrame(string? Function, string? File, int? Line)
{
    public static IEnumerable<TruthFrame> Of(IEnumerable<SourceFrame> frames) => frames.Select(f => new TruthFrame(f.Function, f.File, f.Line));

    public string Place => $"{File}:{Line}";

    public override string ToString() => $"{Function} {Place}";
}
