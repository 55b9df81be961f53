using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;
using KernelDebug.Elf;
using KernelDebug.Formatting;
using KernelDebug.IO;

namespace KernelDebug.Fuzz;

/// <summary>A file with BTF, raw or an object, and what to ask of a damaged copy: everything about every type.</summary>
internal sealed class BtfBlob(string path, BtfFile? baseFile = null) : IFuzzTarget
{
    private static readonly byte[] Memory = new byte[4096];

    public string Name => Path.GetFileName(path);

    public byte[] Bytes { get; } = File.ReadAllBytes(path);

    public int Questions => 7 + Types;

    private BtfFile Sound { get; } = BtfFile.Open(path, baseFile);

    private int Types => Sound.Count;

    public int Ask(byte[] damaged, Random random)
    {
        BtfFile? opened = null;
        int answered = Try(() => opened = Open(damaged)) ? 1 : 0;
        if (opened is null)
        {
            return 0;
        }

        using (opened)
        {
            answered += Try(() => _ = opened.FindIds("node")) ? 1 : 0;
            answered += Try(() => CHeaderWriter.Write(TextWriter.Null, opened, new CHeaderOptions { Order = (CHeaderOrder)random.Next(2) })) ? 1 : 0;
            answered += Try(() => WriteOne(opened, random)) ? 1 : 0;
            answered += Try(() => _ = BtfComparison.Compare(Sound, opened).Sum(difference => difference.ToString()!.Length)) ? 1 : 0;
            answered += Try(() => _ = BtfComparison.Compare(opened, Sound).Sum(difference => difference.ToString()!.Length)) ? 1 : 0;
            answered += Try(() => Search(opened)) ? 1 : 0;
            for (uint id = opened.FirstId; id < Math.Min(opened.EndId, opened.FirstId + Types); id++)
            {
                answered += Try(() => Look(opened[id])) ? 1 : 0;
            }
        }

        return answered;
    }

    private BtfFile Open(byte[] damaged)
    {
        ByteSource source = ByteSource.FromArray(damaged, "damaged");
        if (!damaged.AsSpan().StartsWith("\u007fELF"u8))
        {
            return BtfFile.Read(source, baseFile);
        }

        ElfFile elf = ElfFile.Read(source);
        BtfFile opened = BtfFile.Read(elf, baseFile);
        _ = Try(() => _ = BtfExtension.Read(elf, opened));
        return opened;
    }

    private static void WriteOne(BtfFile opened, Random random)
    {
        if (opened.EndId > 1)
        {
            BtfType one = opened[(uint)random.Next(1, (int)opened.EndId)];
            CHeaderWriter.Write(TextWriter.Null, opened, new CHeaderOptions { Types = [one], HasOwnTypesOnly = random.Next(2) == 0, HasKernelFunctions = true });
        }
    }

    private static void Search(BtfFile opened)
    {
        BtfUses[] all = [new() { Parameters = ["node"] }, new() { Contents = ["node", "int"] }, new() { PointedTo = ["node"], Member = name => name.Length > 2 }];
        foreach (BtfUses uses in all)
        {
            _ = BtfSearch.Matching(opened, null, [], new BtfUseSearch(opened, uses)).Count();
        }

        _ = BtfSearch.NamesFrom(opened, "n", [], 100);
    }

    private static void Look(BtfType type)
    {
        _ = type.ToString();
        _ = type.Target;
        _ = type.Bare;
        _ = type.DeclarationTags;
        if (type is BtfStruct structure)
        {
            foreach (BtfMember member in structure.FlattenedMembers)
            {
                _ = member.ToString();
                _ = member.BitSize;
            }

            _ = BtfLayoutFormatter.Format(structure.Layout);
            _ = BtfLayoutFormatter.Format(structure.Layout.Reorganize());
        }

        if (type.Size <= (ulong)Memory.Length)
        {
            _ = BtfValueReader.Read(type, Memory);
        }
    }

    private static bool Try(Action question)
    {
        try
        {
            question();
            return true;
        }
        catch (Exception refused) when (refused is BinaryFormatException or BtfBaseMismatchException)
        {
            return false;
        }
    }
}
