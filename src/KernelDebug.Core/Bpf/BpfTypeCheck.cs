using System.Globalization;
using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf;

/// <summary>What libbpf takes for granted of an object's types: that each refers to what its kind can refer to, and that what is made of them has room.</summary>
internal static class BpfTypeCheck
{
    /// <summary>Bytes of a variable of the kernel's configuration. Its longest texts are command lines.</summary>
    private const uint MaxConfigurationBytes = 1 << 16;

    /// <exception cref="BinaryFormatException">It is not so.</exception>
    public static void Run(ElfFile elf, BtfFile types)
    {
        foreach (BtfType type in types.Types)
        {
            _ = type.ToString();
            _ = type.Bare;
            foreach (uint id in type.References())
            {
                BtfKind kind = types.KindOf(id);
                if (!type.AllowsReference(kind))
                {
                    throw type.Malformed($"expected a {type.Kind} of what it can be of, have type {id}, a {kind}");
                }
            }

            if (type is BtfStruct structure && structure.Members.FirstOrDefault(member => member.BitFieldSize > 0 && !IsOfBits(member.Type.Bare)) is { } odd)
            {
                throw type.Malformed($"expected bit fields of numbers or enumerations, have {odd}");
            }

            if (type is BtfDataSection { Name: { } name } section)
            {
                foreach (BtfSectionEntry entry in section.Entries)
                {
                    Check(elf, section, name, entry);
                }
            }
        }
    }

    /// <summary>libbpf takes the way to a member for numbers from 0 on.</summary>
    /// <exception cref="BinaryFormatException">It is not.</exception>
    public static void CheckRelocations(ElfFile elf, BtfFile types)
    {
        foreach (BtfCodeRelocation relocation in BtfExtension.Read(elf, types)?.Relocations ?? [])
        {
            if (!relocation.Access.Split(':').All(part => part.All(char.IsAsciiDigit) && int.TryParse(part, CultureInfo.InvariantCulture, out _)))
            {
                throw new BinaryFormatException(elf.Path, ".BTF.ext", 0, $"expected numbers of members as 0:1:2 for {relocation.Section}+0x{relocation.Offset:x}, have \"{relocation.Access}\"");
            }
        }
    }

    private static bool IsOfBits(BtfType type) => type is BtfInt or BtfEnum && type.Size is > 0 and <= 16;

    private static void Check(ElfFile elf, BtfDataSection section, string name, BtfSectionEntry entry)
    {
        if (section.File[entry.VariableId] is not BtfVariable variable)
        {
            if (name != ".ksyms")
            {
                throw section.Malformed($"expected variables in {name}, have type {entry.VariableId}, a {section.File.KindOf(entry.VariableId)}");
            }

            return;
        }

        switch (name)
        {
            case ".maps":
                CheckMap(variable);
                break;
            case ".kconfig":
                CheckConfiguration(variable);
                break;
            case ".struct_ops" or ".struct_ops.link":
                CheckOperations(elf, name, variable, entry);
                break;
        }
    }

    private static void CheckMap(BtfVariable variable)
    {
        if (variable.Target.Bare is BtfStruct definition
            && definition.Members["type"] is { } member && member.Type.Bare is BtfPointer pointer && pointer.Target is BtfArray { Count: BpfMapType.StructOps })
        {
            throw variable.Malformed($"expected a map of a type that can be defined, have {variable.Name} of type {BpfMapType.StructOps} (struct_ops), which is made of .struct_ops");
        }
    }

    private static void CheckConfiguration(BtfVariable variable)
    {
        BtfType type = variable.Target.Bare;
        type = type is BtfArray array ? array.Target.Bare : type;
        if (type is not (BtfInt or BtfEnum) || variable.Size > MaxConfigurationBytes)
        {
            throw variable.Malformed($"expected a number, an enumeration or text of the kernel's configuration, have {variable.Target} {variable.Name}");
        }
    }

    private static void CheckOperations(ElfFile elf, string name, BtfVariable variable, BtfSectionEntry entry)
    {
        if (variable.Target.Bare is not BtfStruct table)
        {
            throw variable.Malformed($"expected a structure of operations, have {variable.Target} {variable.Name}");
        }

        ulong length = elf.FindSection(name)?.Size ?? 0;
        foreach (ulong offset in OffsetsOf(elf, variable.Name).Append(entry.Offset))
        {
            if (offset > length || table.ByteSize > length - offset)
            {
                throw variable.Malformed($"expected {variable.Name} inside the {length} bytes of {name}, have {table.ByteSize} bytes at {offset}");
            }
        }

        foreach (BtfMember member in table.Members)
        {
            if (member.BitOffset + (member.BitSize ?? 0) > table.ByteSize * 8UL)
            {
                throw table.Malformed($"expected members inside the {table.ByteSize} bytes, have {member.Name} at bit {member.BitOffset}");
            }
        }
    }

    /// <summary>Where the symbols of a name are, in whichever section: libbpf takes a variable's offset from its symbol, since a compiler leaves it 0.</summary>
    private static IEnumerable<ulong> OffsetsOf(ElfFile elf, string? name)
    {
        for (int i = 1; i < elf.Symbols.Count; i++)
        {
            ElfSymbol symbol = elf.Symbols[i];
            if (symbol.NameOffset != 0 && elf.Symbols.NameOf(symbol) == name)
            {
                bool isIn = symbol.SectionIndex > 0 && symbol.SectionIndex < elf.Sections.Count;
                yield return symbol.Address - (isIn ? elf.Sections[symbol.SectionIndex].Address : 0);
            }
        }
    }
}
