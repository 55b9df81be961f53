namespace KernelDebug.Btf;

/// <summary>BTF_KIND_VAR: a global variable. Of the kernel's, pahole has those of .data..percpu alone.</summary>
public sealed class BtfVariable : BtfReferringType
{
    internal BtfVariable(BtfFile file, uint id, string? name, uint typeId, BtfLinkage linkage)
        : base(file, id, BtfKind.Variable, name, typeId) => Linkage = linkage;

    /// <summary>Where it is visible.</summary>
    public BtfLinkage Linkage { get; }

    // The kernel refuses a variable of a variable; following one could go on without end.
    /// <inheritdoc/>
    public override ulong? Size => Target.Bare is BtfVariable ? null : Target.Size;

    internal override bool AllowsReference(BtfKind kind) => kind != BtfKind.FunctionPrototype && base.AllowsReference(kind);
}

/// <summary>A variable in a section.</summary>
/// <param name="VariableId">The id of the BTF_KIND_VAR, or of a BTF_KIND_FUNC that is extern.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="ByteSize">Bytes.</param>
public sealed record BtfSectionEntry(uint VariableId, uint Offset, uint ByteSize);

/// <summary>BTF_KIND_DATASEC: the variables of a section.</summary>
public sealed class BtfDataSection : BtfType
{
    internal BtfDataSection(BtfFile file, uint id, string? name, uint byteSize, BtfSectionEntry[] entries)
        : base(file, id, BtfKind.DataSection, name)
    {
        ByteSize = byteSize;
        Entries = entries;
    }

    /// <summary>Bytes of the section; 0 in an object that is not linked.</summary>
    public uint ByteSize { get; }

    /// <summary>The variables.</summary>
    public IReadOnlyList<BtfSectionEntry> Entries { get; }

    /// <inheritdoc/>
    public override ulong? Size => ByteSize;

    /// <summary>The section as a structure with its variables as members: what the value of a map of global variables is.</summary>
    public BtfStruct AsStructure() => new(
        File, Id, BtfKind.Struct, Name, ByteSize, false,
        [.. Entries.Select(entry => (entry, File[entry.VariableId] as BtfVariable)).Where(pair => pair.Item2 is not null)
            .Select(pair => new BtfMember(File, pair.Item2!.Name, pair.Item2.TargetId, pair.entry.Offset * 8UL, 0))]);

    internal override IEnumerable<uint> References() => Entries.Select(entry => entry.VariableId);

    internal override bool AllowsReference(BtfKind kind) => kind is BtfKind.Variable or BtfKind.Function;
}

/// <summary>BTF_KIND_DECL_TAG: a note on a type, a member, a function or a parameter.</summary>
public sealed class BtfDeclarationTag : BtfReferringType
{
    internal BtfDeclarationTag(BtfFile file, uint id, string? name, uint targetId, int componentIndex, bool isAttribute)
        : base(file, id, BtfKind.DeclarationTag, name, targetId)
    {
        ComponentIndex = componentIndex;
        IsAttribute = isAttribute;
    }

    /// <summary>The member's or parameter's place, from 0; -1 for the type itself.</summary>
    public int ComponentIndex { get; }

    /// <summary>True for a tag that stands for any attribute of the compiler's, not for btf_decl_tag (kind_flag).</summary>
    public bool IsAttribute { get; }

    internal override bool AllowsReference(BtfKind kind) =>
        kind is BtfKind.Struct or BtfKind.Union or BtfKind.Function or BtfKind.Variable or BtfKind.Typedef;
}
