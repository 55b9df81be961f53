using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>The code symbols of a file sorted by address: what kallsyms would say of an address.</summary>
public sealed class CodeAddressIndex
{
    private readonly SymbolTable _table;
    private readonly int[] _symbols;
    private readonly AddressOrder _order;
    private readonly int[] _ends;
    private readonly AddressOrder _endOrder;

    internal CodeAddressIndex(SymbolTable table)
    {
        _table = table;
        _symbols = table.CodeSymbols;
        _order = OrderOf(table, _symbols);
        _ends = table.CodeEnds;
        _endOrder = OrderOf(table, _ends);
    }

    /// <summary>Number of code symbols.</summary>
    public int Count => _order.Count;

    /// <summary>The code symbols in address order.</summary>
    public ElfSymbol this[int position] => _table[_symbols[_order[position]]];

    /// <summary>The first address of a code symbol after this one, or of one that is left out; null after the last.</summary>
    public ulong? NextAfter(ulong address)
    {
        ulong? next = _order.NextAfter(address) is { } symbol ? _table[_symbols[symbol]].Address : null;
        ulong? end = _endOrder.NextAfter(address) is { } mark ? _table[_ends[mark]].Address : null;
        return next is null || end < next ? end : next;
    }

    /// <summary>
    /// The symbols that begin at the last symbol address at or below this one: aliases of one function; empty below the first, and
    /// where that one is left out.
    /// </summary>
    public ElfSymbol[] At(ulong address)
    {
        int[] found = _order.At(address);
        int[] ends = _endOrder.At(address);
        if (found.Length > 0 && ends.Length > 0 && _table[_ends[ends[0]]].Address > _table[_symbols[found[0]]].Address)
        {
            return [];
        }

        var symbols = new ElfSymbol[found.Length];
        for (int i = 0; i < symbols.Length; i++)
        {
            // The last of the table first.
            symbols[i] = _table[_symbols[found[^(i + 1)]]];
        }

        return symbols;
    }

    private static AddressOrder OrderOf(SymbolTable table, int[] symbols)
    {
        var addresses = new ulong[symbols.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = table[symbols[i]].Address;
        }

        return new AddressOrder(addresses);
    }
}
