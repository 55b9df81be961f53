using KernelDebug.Kallsyms;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>The symbols of a running kernel, or of a System.map.</summary>
internal sealed class KallsymsListing : SymbolListing
{
    private readonly KallsymsTable _table;
    private readonly AddressBase _base;
    private readonly Func<string, bool>? _isModule;
    private readonly ulong _shift;
    private readonly ulong _shiftedFrom;

    /// <param name="table">The file.</param>
    /// <param name="isRunning">True where its addresses are those of a running kernel.</param>
    /// <param name="kaslrOffset">Runtime minus link-time address, to show a build's symbols where they were at run time; null to show them as they are.</param>
    /// <param name="isModule">The modules wanted; null for all and the kernel.</param>
    public KallsymsListing(KallsymsTable table, bool isRunning, ulong? kaslrOffset, Func<string, bool>? isModule)
    {
        _table = table;
        _isModule = isModule;
        _base = isRunning || kaslrOffset is not null ? AddressBase.Runtime : AddressBase.LinkTime;
        _shift = isRunning ? 0 : kaslrOffset ?? 0;
        // What lies below the code, x86's per-CPU data, is not moved with it.
        _shiftedFrom = _shift != 0 && Named("_text") is [var text, ..] ? table.AddressOf(text) : 0;
    }

    public override int Count => _table.Count;

    public override ReadOnlySpan<byte> NameBytes(int index) => _table.NameBytes(index);

    protected override bool IsWanted(int index) => _isModule is null || (_table.ModuleOf(index) is { } module && _isModule(module));

    protected override ulong? AddressOf(int index) => _table.IsHidden ? null : Moved(_table.AddressOf(index));

    protected override int[] Containing(ulong address)
    {
        int[] found = _table.At(address - _shift);
        return found.Length > 0 && Moved(_table.AddressOf(found[0])) <= address ? [.. found.Where(IsWanted)] : [];
    }

    protected override (int Section, ulong Address)? PlaceOf(int index) => _table.IsHidden || IsNumber(index) ? null : (0, _table.AddressOf(index));

    protected override IEnumerable<int> SamePlace(int index) => _table.SamePlace(index).Where(i => !IsNumber(i));

    protected override ulong? ToNext(int index) => IsNumber(index) ? null : _table.SizeOf(index);

    protected override KernelSymbol Read(int index, string name)
    {
        char letter = _table.TypeOf(index);
        ulong? size = ToNext(index);
        return new KernelSymbol
        {
            Name = name,
            Address = AddressOf(index),
            AddressBase = IsNumber(index) ? AddressBase.LinkTime : _base,
            Size = size,
            SizeSource = size is null ? SymbolSizeSource.None : SymbolSizeSource.NextSymbol,
            Type = letter,
            Kind = SymbolLetters.Kind(letter),
            Binding = SymbolLetters.Binding(letter),
            Module = _table.ModuleOf(index),
            Source = _table.Path,
        };
    }

    private bool IsNumber(int index) => _table.TypeOf(index) is 'a' or 'A';

    private ulong Moved(ulong address) => address >= _shiftedFrom ? address + _shift : address;
}
