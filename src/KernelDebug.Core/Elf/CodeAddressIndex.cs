using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>The code symbols of a file sorted by address: what kallsyms would say of an address.</summary>
public sealed class CodeAddressIndex
{
    private readonly SymbolTable _table;
    private readonly ulong[] _addresses;
    private readonly int[] _symbols;

    internal CodeAddressIndex(SymbolTable table)
    {
        _table = table;
        _symbols = [.. table.CodeSymbols];
        _addresses = new ulong[_symbols.Length];
        for (int i = 0; i < _addresses.Length; i++)
        {
            _addresses[i] = table[_symbols[i]].Address;
        }

        RadixSort.Sort(_addresses, _symbols);
    }

    /// <summary>Number of code symbols.</summary>
    public int Count => _addresses.Length;

    /// <summary>The code symbols in address order.</summary>
    public ElfSymbol this[int position] => _table[_symbols[position]];

    /// <summary>The first address of a code symbol after this one; null after the last.</summary>
    public ulong? NextAfter(ulong address)
    {
        int position = UpperBound(address);
        return position < _addresses.Length ? _addresses[position] : null;
    }

    /// <summary>The symbols that begin at the last symbol address at or below this one: aliases of one function; empty below the first.</summary>
    public ElfSymbol[] At(ulong address)
    {
        int end = UpperBound(address);
        var found = new ValueList<ElfSymbol>();
        for (int i = end - 1; i >= 0 && _addresses[i] == _addresses[end - 1]; i--)
        {
            found.Add(_table[_symbols[i]]);
        }

        return found.ToArray();
    }

    private int UpperBound(ulong address)
    {
        int low = 0;
        int high = _addresses.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_addresses[middle] <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
