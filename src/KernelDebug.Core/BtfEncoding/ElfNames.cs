using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>What the symbol table says of functions and per-CPU variables: the linker's word for what there is, where DWARF tells more than that.</summary>
internal sealed class ElfNames
{
    private const string PerCpu = ".data..percpu";
    private const int ObjectType = 1;
    private const int FunctionType = 2;
    private readonly Dictionary<ulong, (string Name, uint Offset, uint Size)> _perCpu = [];

    private ElfNames()
    {
    }

    /// <summary>Names of functions.</summary>
    public HashSet<string> Functions { get; } = new(StringComparer.Ordinal);

    /// <summary>The section of per-CPU variables.</summary>
    public static string PerCpuSection => PerCpu;

    /// <summary>Reads the table.</summary>
    /// <exception cref="BinaryFormatException">It is damaged.</exception>
    public static ElfNames Read(ElfFile elf)
    {
        var names = new ElfNames();
        ElfSection? perCpu = elf.FindSection(PerCpu);
        SymbolTable symbols = elf.Symbols;
        for (int i = 1; i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            if (symbol.Type is not (FunctionType or ObjectType) || symbols.NameOf(symbol) is not { Length: > 0 } name)
            {
                continue;
            }

            if (symbol.Type == FunctionType)
            {
                names.Functions.Add(name);
            }
            else if (perCpu is not null && symbol.SectionIndex == perCpu.Index && symbol.Size is > 0 and <= uint.MaxValue && symbol.Address >= perCpu.Address)
            {
                names._perCpu[symbol.Address] = (name, (uint)(symbol.Address - perCpu.Address), (uint)symbol.Size);
            }
        }

        return names;
    }

    /// <summary>The place of a per-CPU variable in its section; null where the address is another's.</summary>
    public (uint Offset, uint Size)? PerCpuVariable(ulong address, string name) =>
        _perCpu.TryGetValue(address, out (string Name, uint Offset, uint Size) found) && found.Name == name ? (found.Offset, found.Size) : null;

    /// <summary>True where there are any.</summary>
    public bool HasPerCpuVariables => _perCpu.Count > 0;
}
