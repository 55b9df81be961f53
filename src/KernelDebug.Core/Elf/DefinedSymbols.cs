using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>What nm(1) lists of a file: every symbol it defines, of code and data, but no section, file and mapping symbols.</summary>
internal sealed class DefinedSymbols
{
    private readonly SymbolTable _table;
    private readonly int[] _symbols;
    private AddressOrder? _order;

    /// <exception cref="BinaryFormatException">The symbol table is damaged.</exception>
    public DefinedSymbols(ElfFile file)
    {
        _table = file.Symbols;
        Letters = new SymbolLetter(file);
        // ELF for the Arm 64-bit Architecture, "Mapping symbols"; the same in 32 bits and in RISC-V's.
        bool hasMappings = file.Machine is ElfMachine.Arm or ElfMachine.AArch64 or ElfMachine.RiscV;
        var found = new int[_table.Count];
        int count = 0;
        for (int i = 1; i < found.Length; i++)
        {
            const int Section = 3;
            const int FileName = 4;
            ElfSymbol symbol = _table[i];
            if (symbol.Type is not (Section or FileName) && symbol.SectionIndex != 0
                && _table.NameBytes(symbol) is { IsEmpty: false } name && !(hasMappings && name[0] == '$'))
            {
                found[count++] = i;
            }
        }

        _symbols = found[..count];
    }

    /// <summary>Number of symbols.</summary>
    public int Count => _symbols.Length;

    /// <summary>The symbols in the table's order.</summary>
    public ElfSymbol this[int index] => _table[_symbols[index]];

    /// <summary>The letters.</summary>
    public SymbolLetter Letters { get; }

    /// <summary>By link-time address; what is in no section, and has a number for an address, last.</summary>
    public AddressOrder Order
    {
        get
        {
            if (_order is null)
            {
                var addresses = new ulong[Count];
                for (int i = 0; i < addresses.Length; i++)
                {
                    ElfSymbol symbol = this[i];
                    addresses[i] = symbol.SectionIndex > 0 ? symbol.Address : ulong.MaxValue;
                }

                _order = new AddressOrder(addresses);
            }

            return _order;
        }
    }

    /// <summary>A symbol's name as bytes.</summary>
    /// <exception cref="BinaryFormatException">It lies outside the string table.</exception>
    public ReadOnlySpan<byte> NameBytes(int index) => _table.NameBytes(this[index]);
}
