namespace KernelDebug.Types;

/// <summary>What a type is.</summary>
public enum TypeKind
{
    /// <summary>The source of types has something that is not understood.</summary>
    Unknown,
    /// <summary><c>void</c>: no type stated.</summary>
    Void,
    /// <summary>A number, a character, a truth value.</summary>
    Base,
    /// <summary><c>enum</c>.</summary>
    Enumeration,
    /// <summary>A pointer, or a reference of C++.</summary>
    PointerTo,
    /// <summary><c>struct</c>, and <c>class</c> of C++.</summary>
    Structure,
    /// <summary><c>union</c>.</summary>
    Union,
    /// <summary>A name for another type.</summary>
    Typedef,
    /// <summary><c>const</c>, <c>volatile</c>, <c>restrict</c>, <c>_Atomic</c> of another type.</summary>
    Qualifier,
    /// <summary>One dimension of an array.</summary>
    Array,
    /// <summary>A function.</summary>
    Function,
}

/// <summary>A member of a structure or union.</summary>
/// <param name="Name">The name; null for an anonymous struct or union, whose members are reached as the outer's own.</param>
/// <param name="Type">Its type.</param>
/// <param name="BitOffset">Bits from the structure's start, counted as a little-endian machine does.</param>
/// <param name="BitSize">Bits; of a bit field those of the field, 0 where the size is not known or the array has no bound.</param>
/// <param name="IsBitField">True for a bit field.</param>
public sealed record TypeMember(string? Name, DataType Type, ulong BitOffset, ulong BitSize, bool IsBitField);

/// <summary>
/// A node of a graph of C types, immutable to see. What it points to is read when first asked for: a <c>struct sk_buff</c> leads to half
/// a kernel. Who made it (a reader of debug information) stands behind the two functions; nothing here knows of it.
/// </summary>
public sealed class DataType
{
    /// <summary>Typedefs and qualifiers on one another; real ones are some five deep, a damaged file's may be a ring.</summary>
    private const int MaxNames = 64;

    private readonly Lazy<DataType?> _target;
    private readonly Lazy<IReadOnlyList<TypeMember>> _members;

    /// <param name="kind">What it is.</param>
    /// <param name="name">The tag or the name; null for none.</param>
    /// <param name="size">Bytes; null where not stated.</param>
    /// <param name="target">See <see cref="Target"/>; null for none.</param>
    /// <param name="members">See <see cref="Members"/>; null for none.</param>
    public DataType(TypeKind kind, string? name = null, ulong? size = null, Func<DataType?>? target = null, Func<IReadOnlyList<TypeMember>>? members = null)
    {
        Kind = kind;
        Name = name;
        _size = size;
        _target = new(target ?? (static () => null), isThreadSafe: false);
        _members = new(members ?? (static () => []), isThreadSafe: false);
    }

    /// <summary><c>void</c>.</summary>
    public static DataType Void { get; } = new(TypeKind.Void);

    private readonly ulong? _size;

    /// <summary>What it is.</summary>
    public TypeKind Kind { get; }

    /// <summary>The tag or the name; null for an anonymous struct and the like.</summary>
    public string? Name { get; }

    /// <summary>Elements of an array; null where the bound is not stated (<c>tail[]</c>) or this is none.</summary>
    public ulong? Count { get; init; }

    /// <summary>True for <c>struct name;</c>: the members are not known here.</summary>
    public bool IsDeclaration { get; init; }

    /// <summary>What a pointer points to, an array has, a typedef or qualifier stands for, a function returns; null for other kinds.</summary>
    public DataType? Target => _target.Value;

    /// <summary>The members of a structure or union, in their order.</summary>
    public IReadOnlyList<TypeMember> Members => _members.Value;

    /// <summary>The type without typedefs and qualifiers.</summary>
    public DataType Bare
    {
        get
        {
            DataType at = this;
            for (int i = 0; at.Kind is TypeKind.Typedef or TypeKind.Qualifier; i++)
            {
                if (i >= MaxNames)
                {
                    return new DataType(TypeKind.Unknown);
                }

                at = at.Target ?? Void;
            }

            return at;
        }
    }

    /// <summary>Bytes; null where not known.</summary>
    public ulong? Size => Kind switch
    {
        TypeKind.Typedef or TypeKind.Qualifier => Bare._size ?? (Bare.Kind == TypeKind.Array ? Bare.Size : null),
        TypeKind.Array => _size ?? (Count is { } count && Target?.Size is { } one && one != 0 && count <= long.MaxValue / one ? count * one : null),
        _ => _size,
    };

    /// <summary>True for a structure or union.</summary>
    public bool IsAggregate => Kind is TypeKind.Structure or TypeKind.Union;

    /// <summary>What a pointer points to, its typedefs and qualifiers seen through; null where this is no pointer.</summary>
    public DataType? Pointee => Bare is { Kind: TypeKind.PointerTo } pointer ? pointer.Target ?? Void : null;

    /// <summary>
    /// True where both are one type: the same node, or, since each unit of a program describes its types anew, of one kind, name and size.
    /// </summary>
    public static bool AreSame(DataType? one, DataType? other)
    {
        const int MaxDepth = 16;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            one = one?.Bare;
            other = other?.Bare;
            if (ReferenceEquals(one, other))
            {
                return true;
            }

            if (one is null || other is null || one.Kind != other.Kind)
            {
                return false;
            }

            switch (one.Kind)
            {
                case TypeKind.Void:
                    return true;
                case TypeKind.PointerTo or TypeKind.Array:
                    if (one.Count != other.Count)
                    {
                        return false;
                    }

                    one = one.Target ?? Void;
                    other = other.Target ?? Void;
                    break;
                case TypeKind.Base or TypeKind.Enumeration or TypeKind.Structure or TypeKind.Union:
                    return one.Name is not null && one.Name == other.Name && (one.Size == other.Size || one.IsDeclaration || other.IsDeclaration);
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>The type as C writes it, <c>struct sk_buff *</c>.</summary>
    public override string ToString() => TypeText.Of(this);
}
