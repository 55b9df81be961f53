using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>What is told of a symbol beside its line: duplicates, aliases, bases of addresses, source places; and where it is looked for.</summary>
public sealed class SymbolFinderTests : IDisposable
{
    private readonly TempTree _tree = new();
    private readonly List<Diagnostic> _told = [];

    public void Dispose() => _tree.Dispose();

    private List<KernelSymbol> Find(SymbolSources sources, string name)
    {
        using var finder = new SymbolFinder(sources, Tell);
        return [.. finder.Find(name)];
    }

    private List<KernelSymbol> At(SymbolSources sources, ulong address)
    {
        using var finder = new SymbolFinder(sources, Tell);
        return [.. finder.At(address)];
    }

    private void Tell(Diagnostic diagnostic)
    {
        if (diagnostic.Severity != DiagnosticSeverity.Verbose)
        {
            _told.Add(diagnostic);
        }
    }

    private SymbolizerOptions Kernel(TinyKernel kernel) => new() { Vmlinux = _tree.Put("vmlinux", kernel.Build()), Root = DecodedLog.Nowhere };

    private static TinyKernel Twins() => new TinyKernel().Function("dup", 0x1000, 0x10).Symbol("one", 0x1010, 0x10).Symbol("__one", 0x1010, 0x10)
        .Symbol("dup", 0x1020, 0x20).Symbol("label", 0x1050, 0);

    private SymbolSources Map(string text) => new() { SystemMap = _tree.Put("System.map", System.Text.Encoding.UTF8.GetBytes(text)) };

    [Fact]
    public void Symbols_of_one_name_tell_of_each_other()
    {
        List<KernelSymbol> found = Find(new() { Files = Kernel(Twins()) }, "dup");
        Assert.Equal([0x1000UL, 0x1020UL], found.Select(s => s.Address!.Value));
        Assert.Equal([0x1020UL], found[0].Duplicates.Select(a => a!.Value));
        Assert.Equal([0x1000UL], found[1].Duplicates.Select(a => a!.Value));
        Assert.Empty(_told);
    }

    [Fact]
    public void Names_of_one_address_tell_of_each_other()
    {
        SymbolSources sources = new() { Files = Kernel(Twins()) };
        Assert.Equal(["__one"], Assert.Single(Find(sources, "one")).Aliases);
        Assert.Equal(["one"], Assert.Single(Find(sources, "__one")).Aliases);
    }

    [Fact]
    public void An_address_is_in_the_name_the_kernel_would_print()
    {
        SymbolSources sources = new() { Files = Kernel(Twins()) };
        KernelSymbol found = Assert.Single(At(sources, 0x1014));
        Assert.Equal(("one", 4UL, SymbolSizeSource.Declared), (found.Name, found.Offset, found.SizeSource));
        // The bytes between a function's end and the next symbol are printed as the function's.
        KernelSymbol behind = Assert.Single(At(sources, 0x1048));
        Assert.Equal(("dup", 0x28UL, 0x30UL, SymbolSizeSource.NextSymbol), (behind.Name, behind.Offset, behind.Size, behind.SizeSource));
        Assert.Empty(At(sources, 0x5000));
    }

    [Fact]
    public void A_symbol_without_a_size_reaches_to_the_next()
    {
        KernelSymbol label = Assert.Single(Find(new() { Files = Kernel(Twins()) }, "label"));
        Assert.Equal((0xb0UL, SymbolSizeSource.NextSymbol), (label.Size, label.SizeSource));
    }

    [Fact]
    public void A_kaslr_offset_makes_runtime_addresses_of_linked_ones()
    {
        SymbolSources sources = new() { Files = Kernel(Twins()) with { KaslrOffset = 0x100000 } };
        KernelSymbol found = Assert.Single(Find(sources, "one"));
        Assert.Equal((0x101010UL, AddressBase.Runtime), (found.Address, found.AddressBase));
        Assert.Equal("one", Assert.Single(At(sources, 0x101012)).Name);
        Assert.Empty(At(sources, 0x1012));
    }

    [Fact]
    public void A_kaslr_offset_does_not_move_per_cpu_data_of_a_system_map()
    {
        SymbolSources sources = Map("0000000000000010 D cpu_number\nffffffff81000000 T _text\nffffffff81000040 t first\n")
            with { Files = new() { KaslrOffset = 0x1000000 } };
        Assert.Equal(0x10UL, Assert.Single(Find(sources, "cpu_number")).Address);
        Assert.Equal(0xffffffff82000040UL, Assert.Single(Find(sources, "first")).Address);
        Assert.Equal("_text", Assert.Single(At(sources, 0xffffffff82000010)).Name);
    }

    [Fact]
    public void The_place_of_a_function_is_its_first_line()
    {
        KernelSymbol found = Find(new() { Files = Kernel(Twins()), WithPlaces = true }, "dup")[0];
        Assert.Equal(("/src/lib/a.c", TinyKernel.LineOf(0x1000)), (found.Place!.FullPath, found.Line));
        Assert.Null(Find(new() { Files = Kernel(Twins()) }, "dup")[0].Place);
    }

    [Fact]
    public void A_modules_addresses_count_from_their_sections()
    {
        SymbolSources sources = new() { Files = new() { ModulePaths = [DecodedLog.SampleModule], Root = DecodedLog.Nowhere }, WithPlaces = true };
        KernelSymbol found = Assert.Single(Find(sources, "gtpsim_exit"));
        Assert.Equal((0UL, AddressBase.Section, ".exit.text", "gtpsim"), (found.Address, found.AddressBase, found.Section, found.Module));
        Assert.Equal(2, Find(sources, "gtpsim_parse").Count);
        Assert.Empty(At(sources, 0x260));
        Assert.Empty(_told);
    }

    [Fact]
    public void Modules_of_the_running_kernel_are_told_by_their_brackets()
    {
        string path = _tree.Put("kallsyms", "ffffffff81000000 T init\nffffffffc0000000 t init\t[one]\nffffffffc0004000 t init\t[two]\n"u8.ToArray());
        SymbolSources sources = new() { Kallsyms = path, IsModule = name => name == "two", ModuleNames = ["two"] };
        KernelSymbol found = Assert.Single(Find(sources, "init"));
        Assert.Equal(("two", AddressBase.Runtime, 2), (found.Module, found.AddressBase, found.Duplicates.Count));
    }

    [Fact]
    public void Hidden_addresses_are_told_once_and_are_none()
    {
        string path = _tree.Put("kallsyms", "0000000000000000 T _stext\n0000000000000000 t first\n0000000000000000 t first\n"u8.ToArray());
        using var finder = new SymbolFinder(new() { Kallsyms = path }, Tell);
        Assert.All(finder.Find(_ => true, ""), symbol => Assert.Null(symbol.Address));
        KernelSymbol[] twins = [.. finder.Find("first")];
        Assert.Equal([null], twins[0].Duplicates);
        Assert.Empty(twins[0].Aliases);
        Diagnostic told = Assert.Single(_told);
        Assert.Equal(("AddressesHidden", DiagnosticSeverity.Warning), (told.Id, told.Severity));
        Assert.Contains("kptr_restrict", told.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_none_is_an_error_and_what_it_lacks_is_not_missed()
    {
        using var finder = new SymbolFinder(Map("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n"), Tell);
        Assert.Empty(finder.Find("kfree"));
        Assert.False(finder.IsComplete);
        Assert.Equal("SymbolFileUnusable", Assert.Single(_told).Id);
    }

    [Fact]
    public void A_pattern_is_looked_for_where_its_literal_part_is()
    {
        using var finder = new SymbolFinder(new() { Files = Kernel(Twins()) }, Tell);
        Assert.Equal(["__one", "one"], finder.Find(name => name.EndsWith("ne", StringComparison.OrdinalIgnoreCase), "NE").Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["dup", "dup"], finder.NamesFrom("du"));
    }

    [Fact]
    public void Many_names_in_turn_are_found_as_one_is()
    {
        using var finder = new SymbolFinder(new() { Files = Kernel(Twins()) }, Tell);
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal(2, finder.Find("dup").Count());
            Assert.Empty(finder.Find("du"));
        }
    }
}
