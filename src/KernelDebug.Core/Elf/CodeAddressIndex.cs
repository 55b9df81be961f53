using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>The code symbols of a file sorted by address: what kallsyms would say of an address.</summary>
public sealed class CodeAddressIndex
{
    private readonly SymbolTable _table;
    private readonly int[] _symbols;
    private readonly AddressOrder _order;

    internal CodeAddressIndex(SymbolTable table)
    {
        _table = table;
        _symbols = table.CodeSymbols;
        var addresses = new ulong[_symbols.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = table[_symbols[i]].Address;
        }

        _order = new AddressOrder(addresses);
    }

    /// <summary>Number of code symbols.</summary>
    public int Count => _order.Count;

    /// <summary>The code symbols in address order.</summary>
    public ElfSymbol this[int position] => _table[_symbols[_order[position]]];

    /// <summary>The first address of a code symbol after this one; null after the last.</summary>
    public ulong? NextAfter(ulong address) => _order.NextAfter(address) is { } next ? _table[_symbols[next]].Address : null;

    /// <summary>The symbols that begin at the last symbol address at or below this one: aliases of one function; empty below the first.</summary>
    public ElfSymbol[] At(ulong address)
    {
        int[] found = _order.At(address);
        var symbols = new ElfSymbol[found.Length];
        for (int i = 0; i < symbols.Length; i++)
        {
            // The last of the table first.
            symbols[i] = _table[_symbols[found[^(i + 1)]]];
        }

        return symbols;
    }
}
