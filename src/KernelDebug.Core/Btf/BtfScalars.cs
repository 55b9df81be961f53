#pragma warning disable CA1720 // The format's own words.

namespace KernelDebug.Btf;

/// <summary>How the bits of an integer are meant (BTF_INT_*).</summary>
[Flags]
public enum BtfIntEncoding
{
    /// <summary>Unsigned.</summary>
    None = 0,
    /// <summary>BTF_INT_SIGNED.</summary>
    Signed = 1,
    /// <summary>BTF_INT_CHAR. Compilers leave it out for C's <c>char</c>; <see cref="BtfInt.IsCharacter"/> knows.</summary>
    Character = 2,
    /// <summary>BTF_INT_BOOL.</summary>
    Boolean = 4,
}

/// <summary>BTF_KIND_INT.</summary>
public sealed class BtfInt : BtfType
{
    internal BtfInt(BtfFile file, uint id, string? name, uint byteSize, uint bits)
        : base(file, id, BtfKind.Int, name)
    {
        ByteSize = byteSize;
        Encoding = (BtfIntEncoding)((bits >> 24) & 0xf);
        BitOffset = (int)((bits >> 16) & 0xff);
        BitCount = (int)(bits & 0xff);
    }

    /// <summary>Bytes the storage takes.</summary>
    public uint ByteSize { get; }

    /// <summary>How the bits are meant.</summary>
    public BtfIntEncoding Encoding { get; }

    /// <summary>Bits before the value in its storage (BTF_INT_OFFSET): not 0 only for bit fields of old compilers.</summary>
    public int BitOffset { get; }

    /// <summary>Bits of the value (BTF_INT_BITS): fewer than the storage has only for bit fields of old compilers.</summary>
    public int BitCount { get; }

    /// <summary>True where negative values are possible.</summary>
    public bool IsSigned => (Encoding & BtfIntEncoding.Signed) != 0;

    /// <summary>True for true and false.</summary>
    public bool IsBoolean => (Encoding & BtfIntEncoding.Boolean) != 0;

    /// <summary>True for what arrays of are text: C's <c>char</c>, which differs from <c>signed char</c> and <c>unsigned char</c>.</summary>
    public bool IsCharacter => ByteSize == 1 && ((Encoding & BtfIntEncoding.Character) != 0 || Name == "char");

    /// <inheritdoc/>
    public override ulong? Size => ByteSize;
}

/// <summary>BTF_KIND_FLOAT.</summary>
public sealed class BtfFloat : BtfType
{
    internal BtfFloat(BtfFile file, uint id, string? name, uint byteSize)
        : base(file, id, BtfKind.Float, name) => ByteSize = byteSize;

    /// <summary>Bytes.</summary>
    public uint ByteSize { get; }

    /// <inheritdoc/>
    public override ulong? Size => ByteSize;
}

/// <summary>One enumerator.</summary>
/// <param name="Name">The name.</param>
/// <param name="Bits">The value; a negative one as 64 bits of two's complement.</param>
/// <param name="IsSigned">True where the enumeration has negative values.</param>
public sealed record BtfEnumValue(string Name, ulong Bits, bool IsSigned)
{
    /// <summary>The value as a signed number; wrong only above 2^63 of an unsigned enumeration.</summary>
    public long Value => unchecked((long)Bits);

    /// <summary><c>NAME = 1</c>.</summary>
    public override string ToString() => IsSigned ? $"{Name} = {Value}" : $"{Name} = {Bits}";
}

/// <summary>BTF_KIND_ENUM or BTF_KIND_ENUM64.</summary>
public sealed class BtfEnum : BtfType
{
    internal BtfEnum(BtfFile file, uint id, BtfKind kind, string? name, uint byteSize, bool isSigned, IReadOnlyList<BtfEnumValue> values)
        : base(file, id, kind, name)
    {
        ByteSize = byteSize;
        IsSigned = isSigned;
        Values = values;
    }

    /// <summary>Bytes.</summary>
    public uint ByteSize { get; }

    /// <summary>
    /// True where values are signed (kind_flag). Producers before v6.0's pahole set no flag, and their negative values, stored as 32 signed
    /// bits, are reported as those bits.
    /// </summary>
    public bool IsSigned { get; }

    /// <summary>The enumerators in the order of the source.</summary>
    public IReadOnlyList<BtfEnumValue> Values { get; }

    /// <inheritdoc/>
    public override ulong? Size => ByteSize;
}
