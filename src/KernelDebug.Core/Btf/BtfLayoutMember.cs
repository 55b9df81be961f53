namespace KernelDebug.Btf;

/// <summary>Where a member lies, and what is free behind it.</summary>
public sealed class BtfLayoutMember
{
    private readonly BtfLayout _layout;

    internal BtfLayoutMember(BtfLayout layout, BtfMember member, ulong byteOffset, ulong byteSize)
    {
        _layout = layout;
        Member = member;
        ByteOffset = byteOffset;
        ByteSize = byteSize;
    }

    /// <summary>The member.</summary>
    public BtfMember Member { get; }

    /// <summary>Its name; null for an anonymous structure or union.</summary>
    public string? Name => Member.Name;

    /// <summary>Its type.</summary>
    public BtfType Type => Member.Type;

    /// <summary>Bytes from the structure's start; of a bit field, those of the storage its bits are counted in: a multiple of the storage's size.</summary>
    public ulong ByteOffset { get; }

    /// <summary>Bytes it takes; of a bit field, those of its storage. 0 for an array without elements.</summary>
    public ulong ByteSize { get; }

    /// <summary>Bits from <see cref="ByteOffset"/>; 0 where it is no bit field.</summary>
    public long BitFieldOffset => Member.BitFieldSize == 0 ? 0 : (long)(Member.BitOffset - (ByteOffset * 8));

    /// <summary>Width of a bit field in bits; 0 where it is none.</summary>
    public int BitFieldSize => Member.BitFieldSize;

    /// <summary>Bytes free behind it and before the next member.</summary>
    public ulong Hole { get; internal set; }

    /// <summary>Bits free behind it in the storage of bit fields.</summary>
    public long BitHole { get; internal set; }

    /// <summary>Bytes at the end of the structure it is that no member of that structure uses.</summary>
    public ulong InnerPadding { get; internal init; }

    /// <summary>
    /// What it was aligned to by an attribute, in bytes, so far as its place tells: it lies further back than it needs to. 0 where nothing says so.
    /// </summary>
    public uint ForcedAlignment { get; internal init; }

    /// <summary>The cache line it begins in, from 0.</summary>
    public ulong CacheLine => ByteOffset / (ulong)_layout.CacheLineSize;

    /// <summary>True where it begins in one cache line and ends in another.</summary>
    public bool StraddlesCacheLine => ByteSize > 0 && (ByteOffset + ByteSize - 1) / (ulong)_layout.CacheLineSize != CacheLine;

    /// <summary><c>int x: 3 at 8:4, 4 bytes</c>.</summary>
    public override string ToString() => BitFieldSize != 0
        ? $"{Member} at {ByteOffset}:{BitFieldOffset}, {BitFieldSize} bits"
        : $"{Member} at {ByteOffset}, {ByteSize} bytes";
}
