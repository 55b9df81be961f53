using KernelDebug.Elf;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>The symbols a vmlinux or a module defines.</summary>
internal sealed class ElfListing : SymbolListing
{
    private readonly KernelObject _file;
    private readonly DefinedSymbols _symbols;
    private readonly string? _module;
    private readonly ulong? _kaslrOffset;
    private readonly Func<ElfSymbol, string, SourceFrame?>? _place;

    /// <param name="file">The file.</param>
    /// <param name="module">The module it holds; null for a vmlinux.</param>
    /// <param name="kaslrOffset">Runtime minus link-time address, to show the kernel's symbols where they were at run time; null to show them as linked.</param>
    /// <param name="place">Finds where a function begins in its source; null where nobody asked.</param>
    /// <exception cref="IO.BinaryFormatException">The symbol table is damaged.</exception>
    public ElfListing(KernelObject file, string? module, ulong? kaslrOffset, Func<ElfSymbol, string, SourceFrame?>? place)
    {
        _file = file;
        _symbols = new DefinedSymbols(file.Elf);
        _module = module;
        _kaslrOffset = IsRelocatable ? null : kaslrOffset;
        _place = place;
    }

    public override int Count => _symbols.Count;

    private bool IsRelocatable => _file.Elf.Type == ElfType.Relocatable;

    public override ReadOnlySpan<byte> NameBytes(int index) => _symbols.NameBytes(index);

    protected override bool IsWanted(int index) => true;

    protected override ulong? AddressOf(int index)
    {
        ElfSymbol symbol = _symbols[index];
        return IsRelocatable && SectionOf(symbol) is { } section ? symbol.Address - section.Address : symbol.Address + Shift(symbol);
    }

    protected override int[] Containing(ulong address)
    {
        ulong linked = address - (_kaslrOffset ?? 0);
        return IsRelocatable || _file.Elf.Sections.FirstOrDefault(s => s.Address != 0 && IsLoaded(s) && s.Contains(linked)) is not { } section
            ? []
            : InKernelOrder(_symbols.Order.At(linked).Where(i => _symbols[i].SectionIndex == section.Index));
    }

    protected override (int Section, ulong Address)? PlaceOf(int index) =>
        _symbols[index] is { SectionIndex: > 0 } symbol ? (symbol.SectionIndex, symbol.Address) : null;

    protected override IEnumerable<int> SamePlace(int index)
    {
        ElfSymbol symbol = _symbols[index];
        return _symbols.Order.At(symbol.Address).Where(i => _symbols[i].SectionIndex == symbol.SectionIndex);
    }

    protected override ulong? ToNext(int index)
    {
        ElfSymbol symbol = _symbols[index];
        if (SectionOf(symbol) is not { } section)
        {
            return null;
        }

        ulong end = section.Address + section.Size;
        ulong next = _symbols.Order.NextAfter(symbol.Address) is { } following ? Math.Min(_symbols[following].Address, end) : end;
        return next > symbol.Address ? next - symbol.Address : null;
    }

    protected override KernelSymbol Read(int index, string name)
    {
        ElfSymbol symbol = _symbols[index];
        SymbolKind kind = SymbolLetters.Kind(_symbols.Letters.OfPlace(symbol));
        ulong? size = symbol.Size > 0 ? symbol.Size : kind == SymbolKind.Text ? ToNext(index) : null;
        return new KernelSymbol
        {
            Name = name,
            Address = AddressOf(index),
            AddressBase = IsRelocatable && symbol.SectionIndex > 0 ? AddressBase.Section : IsMoved(symbol) ? AddressBase.Runtime : AddressBase.LinkTime,
            Size = size,
            SizeSource = symbol.Size > 0 ? SymbolSizeSource.Declared : size is null ? SymbolSizeSource.None : SymbolSizeSource.NextSymbol,
            Type = _symbols.Letters.Of(symbol),
            Kind = kind,
            Binding = (symbol.Info >> 4) switch { 0 => SymbolBinding.Local, 2 => SymbolBinding.Weak, _ => SymbolBinding.Global },
            Section = SectionOf(symbol)?.Name,
            Module = _module,
            Source = _file.Path,
            Place = kind == SymbolKind.Text ? _place?.Invoke(symbol, name) : null,
        };
    }

    private ElfSection? SectionOf(ElfSymbol symbol) =>
        symbol.SectionIndex > 0 && symbol.SectionIndex < _file.Elf.Sections.Count ? _file.Elf.Sections[symbol.SectionIndex] : null;

    private ulong Shift(ElfSymbol symbol) => IsMoved(symbol) ? _kaslrOffset ?? 0 : 0;

    /// <summary>Per-CPU data has offsets for addresses, and numbers are numbers: neither moves with the kernel.</summary>
    private bool IsMoved(ElfSymbol symbol) => _kaslrOffset is not null && SectionOf(symbol) is { } section && IsLoaded(section) && section.Name != ".data..percpu";

    private static bool IsLoaded(ElfSection section) => (section.Flags & ElfSectionFlags.Alloc) != 0;

    /// <summary>Of the names of one address the kernel prints the first by this order (scripts/kallsyms.c, <c>compare_symbols</c>).</summary>
    private int[] InKernelOrder(IEnumerable<int> symbols) => [.. symbols.OrderBy(i => _symbols[i].Info >> 4 == 2).ThenBy(LeadingUnderscores)];

    private int LeadingUnderscores(int index)
    {
        ReadOnlySpan<byte> name = NameBytes(index);
        int other = name.IndexOfAnyExcept((byte)'_');
        return other < 0 ? name.Length : other;
    }
}
