using KernelDebug.Btf;
using KernelDebug.Elf;

namespace KernelDebug.Bpf;

/// <summary>The global variables of an object: their types from BTF, their places from the symbols, since BTF of an object that is not linked has none.</summary>
internal static class BpfGlobals
{
    public static IReadOnlyList<BpfGlobal> Find(ElfFile elf, BtfFile? types)
    {
        if (types is null)
        {
            return [];
        }

        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 1; i < elf.Symbols.Count; i++)
        {
            ElfSymbol symbol = elf.Symbols[i];
            if (symbol.SectionIndex > 0 && symbol.SectionIndex < elf.Sections.Count)
            {
                ElfSection section = elf.Sections[symbol.SectionIndex];
                places[Key(section.Name, elf.Symbols.NameOf(symbol))] = (int)Math.Min(symbol.Address - section.Address, int.MaxValue);
            }
        }

        var globals = new List<BpfGlobal>();
        foreach (BtfDataSection section in types.Types.OfType<BtfDataSection>().Where(item => item.Name is not null and not ".maps"))
        {
            foreach (BtfVariable variable in section.Entries.Select(entry => types[entry.VariableId]).OfType<BtfVariable>())
            {
                if (variable.Name is { } name && places.TryGetValue(Key(section.Name!, name), out int offset) && variable.Size is { } size and <= int.MaxValue)
                {
                    globals.Add(new BpfGlobal(name, section.Name!, variable.Target, offset, (int)size));
                }
            }
        }

        return globals;
    }

    /// <summary>Names end at a NUL.</summary>
    private static string Key(string section, string name) => $"{section}\0{name}";
}
