using KernelDebug.Btf;

namespace KernelDebug.Tracing.Expressions;

/// <summary>A type of the kernel's, or one of pointers to it that no type of the kernel's need be.</summary>
/// <param name="Base">The type.</param>
/// <param name="Pointers">How many pointers are before it.</param>
internal readonly record struct TraceType(BtfType Base, int Pointers = 0)
{
    /// <summary>Bytes of a pointer: programs are generated for machines of 64 bits.</summary>
    public const int PointerSize = sizeof(ulong);

    /// <summary>The type behind typedefs and qualifiers; null for a pointer.</summary>
    public BtfType? Bare => Pointers == 0 && Base.Bare is var bare and not BtfPointer ? bare : null;

    /// <summary>True for an address.</summary>
    public bool IsPointer => Pointers > 0 || Base.Bare is BtfPointer;

    /// <summary>What a pointer points to, or an array is of; null for others.</summary>
    public TraceType? Target => Pointers > 0 ? this with { Pointers = Pointers - 1 }
        : Base.Bare is BtfPointer pointer ? new TraceType(pointer.Target)
        : Base.Bare is BtfArray array ? new TraceType(array.Target)
        : null;

    /// <summary>The structure it is; null for others.</summary>
    public BtfStruct? Structure => Bare as BtfStruct;

    /// <summary>The array it is; null for others.</summary>
    public BtfArray? Array => Bare as BtfArray;

    /// <summary>Bytes of a value; null where it has none.</summary>
    public ulong? Size => IsPointer ? PointerSize : Base.Size;

    /// <summary>True for a number, an enumeration or a pointer of at most 8 bytes: what a register holds.</summary>
    public bool IsScalar => IsPointer || Bare is BtfInt { ByteSize: <= sizeof(ulong) } or BtfEnum { ByteSize: <= sizeof(ulong) };

    /// <summary>True where values below zero are possible.</summary>
    public bool IsSigned => Bare is BtfInt { IsSigned: true } or BtfEnum { IsSigned: true };

    /// <summary>True for text: an array of <c>char</c>, or a pointer to <c>char</c>.</summary>
    public bool IsText => Target is { } target && (IsPointer || Array is not null) && target.Bare is BtfInt { IsCharacter: true };

    /// <summary>True for a pointer to a structure whose members are known.</summary>
    public bool IsStructurePointer => IsPointer && Target?.Structure is not null;

    /// <summary>As C declares it.</summary>
    public override string ToString() => Base + (Pointers == 0 ? "" : (Base.ToString().EndsWith('*') ? "" : " ") + new string('*', Pointers));
}
