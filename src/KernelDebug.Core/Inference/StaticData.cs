using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>The variables outside functions that a function's code refers to by their addresses.</summary>
internal sealed class StaticData(ElfFile file, CodeImage code, DwarfFile dwarf, FunctionScopes function)
{
    private readonly Dictionary<ulong, (string Name, DataType Type, long Offset)?> _known = [];
    private DataSymbols? _symbols;

    /// <summary>The variable at an address of the file, its type and how far into it the address is; null where none is known.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public (string Name, DataType Type, long Offset)? At(ulong address)
    {
        if (!_known.TryGetValue(address, out var found))
        {
            _known[address] = found = Find(address);
        }

        return found;
    }

    /// <summary>The name of a variable at an address, of another file's too; null where none is known.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public string? NameAt(ulong address) => Symbols.At(address) is { } symbol && symbol.Start == address ? symbol.Name
        : code.UndefinedAt(address) is { Offset: 0 } other ? other.Name : null;

    private DataSymbols Symbols => _symbols ??= DataSymbols.Of(file);

    private (string Name, DataType Type, long Offset)? Find(ulong address)
    {
        UnitNames names = function.Unit.NamesIn(dwarf);
        if (code.UndefinedAt(address) is { } other)
        {
            return names.TypeOfVariable(other.Name, dwarf.Types) is { } type && IsInside(other.Offset, 0, type) ? (other.Name, type, (long)other.Offset) : null;
        }

        foreach (ScopeVariable variable in function.Variables)
        {
            if (variable.Places is [{ Location: { Kind: LocationKind.Static, Offset: var start } }] && IsInside(address, (ulong)start, variable.Type))
            {
                return (variable.Name, variable.Type, (long)(address - (ulong)start));
            }
        }

        if (Symbols.At(address) is not { } symbol)
        {
            return null;
        }

        // Statics of one name are told apart by their address; a declaration of another unit's has none.
        string name = names.VariableAt(symbol.Start) ?? symbol.Name;
        return names.TypeOfVariable(name, dwarf.Types) is { } declared && IsInside(address, symbol.Start, declared)
            ? (name, declared, (long)(address - symbol.Start))
            : null;
    }

    private static bool IsInside(ulong address, ulong start, DataType type) =>
        address >= start && address - start < Math.Max(1, type.Size ?? 0);
}

/// <summary>The symbols of data of a file by address.</summary>
internal sealed class DataSymbols
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<ElfFile, DataSymbols> ByFile = [];

    private readonly SymbolTable _table;
    private readonly ulong[] _starts;
    private readonly int[] _symbols;

    private DataSymbols(ElfFile file)
    {
        const int Object = 1;
        _table = file.Symbols;
        var found = new ValueList<int>();
        for (int i = 1; i < _table.Count; i++)
        {
            ElfSymbol symbol = _table[i];
            if (symbol.Type == Object && symbol.SectionIndex > 0)
            {
                found.Add(i);
            }
        }

        _symbols = found.ToArray();
        _starts = Array.ConvertAll(_symbols, index => _table[index].Address);
        RadixSort.Sort(_starts, _symbols);
    }

    /// <summary>Those of a file, sorted when first asked for.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged.</exception>
    public static DataSymbols Of(ElfFile file) => ByFile.GetValue(file, static one => new DataSymbols(one));

    /// <summary>The symbol whose object an address is in; null where none is.</summary>
    public (string Name, ulong Start)? At(ulong address)
    {
        int at = Array.BinarySearch(_starts, address);
        at = at >= 0 ? at : ~at - 1;
        if (at < 0)
        {
            return null;
        }

        ElfSymbol symbol = _table[_symbols[at]];
        return address - symbol.Address < Math.Max(1, symbol.Size) ? (_table.NameOf(symbol), symbol.Address) : null;
    }
}
