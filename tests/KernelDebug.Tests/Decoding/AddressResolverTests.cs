using System.Globalization;
using System.Text.Json;
using KernelDebug.Decoding;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Places one by one: as typed, of a log, with source lines; against llvm-symbolizer where a vmlinux is at hand.</summary>
public sealed class AddressResolverTests : IDisposable
{
    private static readonly string s_source = Path.Combine(FixtureFiles.Root, "samples", "gtpsim", "src");

    private readonly TempTree _tree = new();
    private readonly List<Diagnostic> _told = [];

    public void Dispose() => _tree.Dispose();

    private AddressResolver Resolver(SymbolizerOptions files, bool lists = false, string? source = null) =>
        new(files, lists, source, d => { if (d.Severity != DiagnosticSeverity.Verbose) { _told.Add(d); } });

    private SymbolLocation Typed(SymbolizerOptions files, string text, bool isReturnAddress = false)
    {
        using AddressResolver resolver = Resolver(files);
        return Assert.Single(resolver.Resolve(text, isReturnAddress, isExact: false));
    }

    private SymbolizerOptions Kernel(TinyKernel kernel) => new() { Vmlinux = _tree.Put("vmlinux", kernel.Build()), Root = DecodedLog.Nowhere };

    private static TinyKernel Twins() => new TinyKernel().Function("dup", 0x1000, 0x20).Function("other", 0x1020, 0x20).Function("dup", 0x1040, 0x80);

    [Fact]
    public void What_is_typed_is_the_very_address()
    {
        SymbolizerOptions files = Kernel(Twins());
        SymbolLocation exact = Typed(files, "other+0x10/0x20");
        Assert.Equal((TinyKernel.LineOf(0x1030), true), (exact.Line, exact.IsExact));
        SymbolLocation call = Typed(files, "other+0x10/0x20", isReturnAddress: true);
        Assert.Equal((TinyKernel.LineOf(0x102f), false), (call.Line, call.IsExact));
    }

    [Fact]
    public void The_end_of_a_function_is_a_call_that_does_not_return()
    {
        SymbolLocation end = Typed(Kernel(Twins()), "other+0x20/0x20");
        Assert.Equal((TinyKernel.LineOf(0x103f), false), (end.Line, end.IsExact));
    }

    [Fact]
    public void A_line_of_a_log_says_itself_what_its_addresses_are()
    {
        using AddressResolver resolver = Resolver(Kernel(Twins()));
        SymbolLocation frame = Assert.Single(resolver.Resolve("[    1.0]  ? other+0x10/0x20", false, isExact: false));
        Assert.Equal((TinyKernel.LineOf(0x102f), false), (frame.Line, frame.IsReliable));
        Assert.Equal(TinyKernel.LineOf(0x1030), Assert.Single(resolver.Resolve("[    1.0]  other+0x10/0x20", false, isExact: true)).Line);
        Assert.Equal(TinyKernel.LineOf(0x1030), Assert.Single(resolver.Resolve("[    1.0] RIP: 0010:other+0x10/0x20", false, isExact: false)).Line);
        Assert.Empty(resolver.Resolve("nothing is named here", false, isExact: false));
    }

    [Fact]
    public void A_size_that_fits_nothing_spoils_no_other_answer()
    {
        using AddressResolver resolver = Resolver(Kernel(Twins()));
        Assert.Equal(UnresolvedKind.SizeMismatch, Assert.Single(resolver.Resolve("other+0x1/0x99", false, false)).Reason!.Kind);
        Assert.NotNull(Assert.Single(resolver.Resolve("other+0x1/0x20", false, false)).Line);
    }

    [Fact]
    public void A_size_tells_symbols_of_one_name_apart_and_without_it_all_are_told()
    {
        SymbolizerOptions files = Kernel(Twins());
        Assert.Equal(TinyKernel.LineOf(0x1050), Typed(files, "dup+0x10/0xc0").Line);
        SymbolLocation both = Typed(files, "dup+0x10");
        Assert.True(both.IsAmbiguous);
        Assert.Equal([0x1010UL, 0x1050UL], both.Candidates.Select(c => c.LinkAddress).Order());
        Assert.Equal(TinyKernel.LineOf(0x1070), Typed(files, "dup+0x30").Line);
    }

    [Fact]
    public void An_address_needs_the_load_offset()
    {
        SymbolizerOptions files = Kernel(Twins());
        SymbolLocation unknown = Typed(files, "0x1030");
        Assert.Equal(UnresolvedKind.UnknownKaslrOffset, unknown.Reason!.Kind);
        Assert.Contains("-KaslrOffset", unknown.Reason.Message, StringComparison.Ordinal);
        SymbolLocation moved = Typed(files with { KaslrOffset = 0x100000 }, "0x101030");
        Assert.Equal(("other", 0x10UL, TinyKernel.LineOf(0x1030)), (moved.Symbol, moved.Offset, moved.Line));
    }

    [Fact]
    public void A_module_alone_is_enough()
    {
        SymbolLocation found = Typed(DecodedLog.WithModule(DecodedLog.SampleModule), "gtpsim_do_doubleskb.constprop.0+0x48/0x60 [gtpsim]", isReturnAddress: true);
        Assert.Equal([("kfree_skb", 1252), ("gtpsim_do_doubleskb", 96)], found.Frames.Select(f => (f.Function!, f.Line!.Value)));
        Assert.Empty(_told);
    }

    [Fact]
    public void The_source_around_a_line_is_listed_with_the_line_marked()
    {
        using AddressResolver resolver = Resolver(DecodedLog.WithModule(DecodedLog.SampleModule), lists: true, s_source);
        SymbolLocation found = Assert.Single(resolver.Resolve("gtpsim_do_doubleskb.constprop.0+0x48/0x60 [gtpsim]", false, false));
        SourceExcerpt excerpt = Assert.Single(found.Source);
        string[] file = File.ReadAllLines(Path.Combine(s_source, "gtpsim_fault.c"));
        int line = found.Line!.Value;
        Assert.Equal(Path.Combine(s_source, "gtpsim_fault.c"), excerpt.Path);
        Assert.Equal(Enumerable.Range(line - 5, 11), excerpt.Lines.Select(l => l.Number));
        Assert.All(excerpt.Lines, l => Assert.Equal((file[l.Number - 1], l.Number == line), (l.Text, l.IsMarked)));
    }

    [Fact]
    public void Source_that_is_not_here_or_is_another_is_said_to_be()
    {
        using AddressResolver nowhere = Resolver(DecodedLog.WithModule(DecodedLog.SampleModule), lists: true, _tree.Root);
        Assert.Contains("gtpsim_fault.c is not below", Assert.Single(Listed(nowhere)).MissingReason, StringComparison.Ordinal);
        _tree.Put("gtpsim/gtpsim_fault.c", "int short;\n"u8.ToArray());
        using AddressResolver other = Resolver(DecodedLog.WithModule(DecodedLog.SampleModule), lists: true, _tree.Root);
        Assert.Contains("has no line 97", Assert.Single(Listed(other)).MissingReason, StringComparison.Ordinal);

        static IReadOnlyList<SourceExcerpt> Listed(AddressResolver resolver) =>
            resolver.Resolve("gtpsim_do_doubleskb.constprop.0+0x48/0x60 [gtpsim]", false, false)[0].Source;
    }

    [Fact]
    public void A_path_does_not_lead_out_of_the_source_directory()
    {
        _tree.Put("secret.c", "one\ntwo\n"u8.ToArray());
        Directory.CreateDirectory(Path.Combine(_tree.Root, "src"));
        var files = new SourceFiles(Path.Combine(_tree.Root, "src"));
        Assert.Null(files.Around(new SourceFrame("f", "../secret.c", 1, null, false)).Path);
        Assert.Null(files.Around(new SourceFrame("f", "a/../../secret.c", 1, null, false)).Path);
    }

    [Fact]
    public void Two_thousand_places_of_a_vmlinux_are_as_llvm_symbolizer_has_them()
    {
        Assert.SkipWhen(DecodedLog.Vmlinux is null, DecodedLog.NeedsVmlinux);
        string? tool = NativeTool.Installed("llvm-symbolizer", "llvm-symbolizer-14", "llvm-symbolizer-19");
        Assert.SkipWhen(tool is null, "needs llvm-symbolizer");
        const int Count = 2000;
        var places = new List<(string Text, ulong Address)>();
        using (ElfFile elf = ElfFile.Open(DecodedLog.Vmlinux!))
        {
            var random = new Random(2026);
            CodeAddressIndex symbols = elf.Symbols.ByAddress;
            while (places.Count < Count)
            {
                ElfSymbol symbol = symbols[random.Next(symbols.Count)];
                ulong size = SymbolMatcher.SizeOf(elf, symbol);
                // Behind its own end, in the padding, a function has no name in the debug information.
                if (size >= symbol.Size && symbol is { Type: 2, Size: > 0 })
                {
                    ulong offset = (ulong)random.NextInt64((long)symbol.Size);
                    places.Add(($"{elf.Symbols.NameOf(symbol)}+0x{offset:x}/0x{size:x}", symbol.Address + offset));
                }
            }
        }

        string[] answers = NativeTool.Lines(tool!, ["-e", DecodedLog.Vmlinux!, "--output-style=JSON", "--functions=short", "--no-demangle"], string.Concat(places.Select(p => $"0x{p.Address:x}\n")))!;
        using AddressResolver resolver = Resolver(new SymbolizerOptions { Vmlinux = DecodedLog.Vmlinux, BasePath = "" });
        int ambiguous = 0;
        for (int i = 0; i < Count; i++)
        {
            SymbolLocation found = Assert.Single(resolver.Resolve(places[i].Text, false, false));
            string expected = Frames(answers[i]);
            ambiguous += found.IsAmbiguous ? 1 : 0;
            SymbolCandidate candidate = Assert.Single(found.Candidates, c => c.LinkAddress == places[i].Address);
            string ours = string.Join(" <- ", candidate.Frames.Select(f => $"{f.Function}@{SourcePath.Normalize(f.FullPath ?? "?")}:{f.Line ?? 0}"));
            // A name that the debug information does not have is the symbol's with us.
            ours = expected.StartsWith('@') ? ours[Math.Max(0, ours.IndexOf('@'))..] : ours;
            Assert.True(expected == ours || (candidate.Frames.Count == 0 && expected.EndsWith("@?:0", StringComparison.Ordinal)), $"{places[i].Text}\n  llvm {expected}\n  ours {ours}");
        }

        Assert.InRange(ambiguous, 0, Count / 20);
    }

    private static string Frames(string json)
    {
        using JsonDocument answer = JsonDocument.Parse(json);
        JsonElement one = answer.RootElement.ValueKind == JsonValueKind.Array ? answer.RootElement[0] : answer.RootElement;
        return string.Join(" <- ", one.GetProperty("Symbol").EnumerateArray().Select(f =>
        {
            string file = f.GetProperty("FileName").GetString()!;
            return string.Create(CultureInfo.InvariantCulture, $"{f.GetProperty("FunctionName").GetString()}@{(file.Length == 0 ? "?" : SourcePath.Normalize(file))}:{f.GetProperty("Line").GetInt32()}");
        }));
    }
}
