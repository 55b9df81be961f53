using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// One type. Types are shared and compared by identity: within one file, one id is one object. A type refers to others by id, and reads
/// them from its file when they are asked for, so types that refer to themselves do no harm.
/// </summary>
public abstract class BtfType
{
    private protected BtfType(BtfFile? file, uint id, BtfKind kind, string? name)
    {
        File = file!;
        Id = id;
        Kind = kind;
        Name = string.IsNullOrEmpty(name) ? null : name;
    }

    /// <summary>The file the type was read from, and its references are followed in.</summary>
    public BtfFile File { get; }

    /// <summary>The id: unique in the file and its base.</summary>
    public uint Id { get; }

    /// <summary>What it is.</summary>
    public BtfKind Kind { get; }

    /// <summary>The name as C has it, without <c>struct</c>; null for a type without one. Of a tag, its value.</summary>
    public string? Name { get; }

    /// <summary>Bytes a value takes; null for what has no values (void, a function, a declaration) or whose size is not known.</summary>
    /// <exception cref="BinaryFormatException">Typedefs go in a circle, or an array's size overflows.</exception>
    public virtual ulong? Size => null;

    /// <summary>The type behind typedefs and qualifiers (const, volatile, restrict, type tags).</summary>
    /// <exception cref="BinaryFormatException">They go in a circle, or on for more than <see cref="ParserLimits.MaxBtfChain"/> links.</exception>
    public BtfType Bare
    {
        get
        {
            BtfType type = this;
            for (int links = 0; type is BtfTypedef or BtfModifier; links++)
            {
                if (links == ParserLimits.MaxBtfChain)
                {
                    throw Malformed($"expected at most {ParserLimits.MaxBtfChain} typedefs and qualifiers before a type, have more");
                }

                type = type.Target!;
            }

            return type;
        }
    }

    /// <summary>What a pointer, array, typedef, qualifier, variable or tag is of, what a function returns; null for other kinds.</summary>
    public virtual BtfType? Target => null;

    /// <summary>The declaration tags on it, its members and its parameters (BTF_KIND_DECL_TAG).</summary>
    /// <exception cref="BinaryFormatException">A tag refers to what is not there.</exception>
    public IReadOnlyList<BtfDeclarationTag> DeclarationTags => File is null ? [] : File.TagsOf(this);

    /// <summary>The declaration as C, without the members: <c>struct sk_buff</c>, <c>const char *</c>, <c>int kfree(const void *object)</c>.</summary>
    public override string ToString() => BtfDeclaration.Of(this);

    /// <summary>The ids the type holds, 0 where one is void.</summary>
    internal virtual IEnumerable<uint> References() => [];

    /// <summary>True where a type may refer to one of a kind.</summary>
    internal virtual bool AllowsReference(BtfKind kind) =>
        kind is not (BtfKind.Function or BtfKind.Variable or BtfKind.DataSection or BtfKind.DeclarationTag);

    /// <summary>The error that names this type.</summary>
    internal BinaryFormatException Malformed(string problem) => new(File.Path, $"{File.Section} type {Id}", 0, problem);
}

/// <summary>A type that is made of one other.</summary>
public abstract class BtfReferringType : BtfType
{
    private protected BtfReferringType(BtfFile file, uint id, BtfKind kind, string? name, uint targetId)
        : base(file, id, kind, name) => TargetId = targetId;

    /// <summary>The other's id; 0 for void.</summary>
    public uint TargetId { get; }

    /// <summary>The other.</summary>
    public override BtfType Target => File[TargetId];

    internal override IEnumerable<uint> References() => [TargetId];
}

/// <summary>void: id 0 of every file.</summary>
public sealed class BtfVoid : BtfType
{
    private BtfVoid()
        : base(null, 0, BtfKind.Void, "void")
    {
    }

    /// <summary>The one there is; it belongs to no file.</summary>
    public static BtfVoid Instance { get; } = new();
}

/// <summary>BTF_KIND_PTR.</summary>
public sealed class BtfPointer : BtfReferringType
{
    internal BtfPointer(BtfFile file, uint id, uint targetId)
        : base(file, id, BtfKind.Pointer, null, targetId)
    {
    }

    /// <inheritdoc/>
    public override ulong? Size => (ulong)File.PointerSize;
}

/// <summary>BTF_KIND_TYPEDEF.</summary>
public sealed class BtfTypedef : BtfReferringType
{
    internal BtfTypedef(BtfFile file, uint id, string? name, uint targetId)
        : base(file, id, BtfKind.Typedef, name, targetId)
    {
    }

    /// <inheritdoc/>
    public override ulong? Size => Bare.Size;
}

/// <summary>BTF_KIND_CONST, _VOLATILE, _RESTRICT or _TYPE_TAG.</summary>
public sealed class BtfModifier : BtfReferringType
{
    internal BtfModifier(BtfFile file, uint id, BtfKind kind, string? name, uint targetId, bool isAttribute)
        : base(file, id, kind, name, targetId) => IsAttribute = isAttribute;

    /// <summary>True for a type tag that stands for any attribute of the compiler's, not for btf_type_tag (kind_flag).</summary>
    public bool IsAttribute { get; }

    /// <inheritdoc/>
    public override ulong? Size => Bare.Size;
}

/// <summary>BTF_KIND_FWD: a struct or union declared without members.</summary>
public sealed class BtfForward : BtfType
{
    internal BtfForward(BtfFile file, uint id, string? name, bool isUnion)
        : base(file, id, BtfKind.Forward, name) => IsUnion = isUnion;

    /// <summary>True for a union (kind_flag).</summary>
    public bool IsUnion { get; }
}

/// <summary>
/// A kind that is newer than this reader, in a file that tells how long its types are: it can be passed over, not understood.
/// </summary>
public sealed class BtfUnknown : BtfType
{
    internal BtfUnknown(BtfFile file, uint id, BtfKind kind, string? name, uint sizeOrType)
        : base(file, id, kind, name) => SizeOrType = sizeOrType;

    /// <summary>The third word: a size in bytes or the id of a type, which only the kind could tell.</summary>
    public uint SizeOrType { get; }
}
