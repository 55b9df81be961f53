using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// How a structure or union lies in memory: what pahole prints, as numbers equal to its. Members of anonymous structures are within those, which
/// have layouts of their own.
/// </summary>
public sealed class BtfLayout
{
    /// <summary>Bytes of a cache line where nothing else is said: those of x86 and most arm64.</summary>
    public const int DefaultCacheLineSize = 64;

    private BtfLayout(BtfStruct type, int cacheLineSize)
    {
        Type = type;
        CacheLineSize = cacheLineSize;
        var members = new List<BtfLayoutMember>(type.Members.Count);
        var holes = new BtfHoles(type.ByteSize);
        ulong end = 0;
        foreach (BtfMember member in type.Members)
        {
            (ulong at, ulong size) = Place(member);
            uint forced = type.IsUnion || size == 0 ? 0 : Forced(at, end, type.File.NaturalAlignment.Of(member.TypeId));
            BtfLayoutMember? before = members.Count > 0 ? members[^1] : null;
            members.Add(new BtfLayoutMember(this, member, at, size) { InnerPadding = PaddingOf(member.Type), ForcedAlignment = forced });
            end = size == 0 ? end : at + size;
            if (!type.IsUnion)
            {
                (long bytes, long bits) = holes.Next((long)member.BitOffset, member.BitFieldSize, (long)at, (long)size);
                AddHole(before, bytes, bits);
            }
        }

        Members = members;
        if (!type.IsUnion)
        {
            (long bytes, long bits) = holes.Padding(type.ByteSize);
            Padding = (ulong)Math.Max(bytes, 0);
            BitPadding = Math.Max(bits, 0);
            ForcedAlignment = Forced(type.ByteSize, end, type.File.NaturalAlignment.Of(type.Id));
        }
    }

    /// <summary>The structure or union.</summary>
    public BtfStruct Type { get; }

    /// <summary>Its name; null where it is anonymous.</summary>
    public string? Name => Type.Name;

    /// <summary>Bytes it takes.</summary>
    public uint ByteSize => Type.ByteSize;

    /// <summary>Bytes of a cache line.</summary>
    public int CacheLineSize { get; }

    /// <summary>How many cache lines it takes when it begins on one.</summary>
    public int CacheLines => LinesOf(ByteSize, CacheLineSize);

    /// <summary>Bytes it takes of the last cache line; 0 where it takes all.</summary>
    public int LastCacheLineBytes => (int)(ByteSize % (uint)CacheLineSize);

    /// <summary>The members in the order of the source.</summary>
    public IReadOnlyList<BtfLayoutMember> Members { get; }

    /// <summary>Bytes free before the first member.</summary>
    public ulong LeadingHole { get; private set; }

    /// <summary>How many holes of whole bytes there are between members; those of anonymous members are counted in their own layouts.</summary>
    public int Holes { get; private set; }

    /// <summary>Bytes of all holes.</summary>
    public ulong HoleBytes { get; private set; }

    /// <summary>How many holes of bits there are.</summary>
    public int BitHoles { get; private set; }

    /// <summary>Bits of all holes of bits.</summary>
    public long BitHoleBits { get; private set; }

    /// <summary>Bytes of all members that are no bit fields.</summary>
    public ulong MemberBytes => Members.Where(member => member.BitFieldSize == 0).Aggregate(0ul, (sum, member) => sum + member.ByteSize);

    /// <summary>Bits of all bit fields.</summary>
    public long BitFieldBits => Members.Sum(member => (long)member.BitFieldSize);

    /// <summary>Bytes free behind the last member.</summary>
    public ulong Padding { get; }

    /// <summary>Bits free behind the last member, in the storage of bit fields.</summary>
    public long BitPadding { get; }

    /// <summary>How many members are structures with padding of their own.</summary>
    public int InnerPaddings => Members.Count(member => member.InnerPadding > 0);

    /// <summary>Bytes of those paddings.</summary>
    public ulong InnerPaddingBytes => Members.Aggregate(0ul, (sum, member) => sum + member.InnerPadding);

    /// <summary>How many members were aligned by an attribute, so far as their place tells.</summary>
    public int ForcedAlignments => Members.Count(member => member.ForcedAlignment > 0);

    /// <summary>How many holes lie before members that were aligned by an attribute.</summary>
    public int ForcedHoles => HolesBeforeForced().Count();

    /// <summary>Bytes of those holes.</summary>
    public ulong ForcedHoleBytes => HolesBeforeForced().Aggregate(0ul, (sum, hole) => sum + hole);

    /// <summary>What it was aligned to by an attribute itself, in bytes, so far as its size tells; 0 where nothing says so.</summary>
    public uint ForcedAlignment { get; }

    /// <summary>The members that begin in one cache line and end in another.</summary>
    public IEnumerable<BtfLayoutMember> StraddlingMembers => Members.Where(member => member.StraddlesCacheLine);

    /// <summary>True where another order of the members takes less.</summary>
    /// <exception cref="BinaryFormatException">Types go in a circle.</exception>
    public bool CanBePacked => Reorganize().ByteSize < ByteSize;

    /// <summary>The layout of a structure or union.</summary>
    /// <param name="type">The structure or union.</param>
    /// <param name="cacheLineSize">Bytes of a cache line.</param>
    /// <exception cref="BinaryFormatException">A member's type has no size one can reckon with, or types go in a circle.</exception>
    public static BtfLayout Of(BtfStruct type, int cacheLineSize = DefaultCacheLineSize)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cacheLineSize);
        return new BtfLayout(type, cacheLineSize);
    }

    /// <summary>The same members in an order that leaves less free.</summary>
    /// <exception cref="BinaryFormatException">Types go in a circle.</exception>
    public BtfReorganization Reorganize() => BtfReorganization.Of(this);

    /// <summary><c>struct sk_buff: 232 bytes, 4 cache lines, 2 holes of 7 bytes</c>.</summary>
    public override string ToString() => $"{Type}: {ByteSize} bytes, {CacheLines} cache lines"
        + (Holes > 0 ? $", {Holes} holes of {HoleBytes} bytes" : "") + (Padding > 0 ? $", {Padding} bytes of padding" : "");

    internal static int LinesOf(uint byteSize, int lineSize) => (int)((byteSize + (ulong)lineSize - 1) / (ulong)lineSize);

    private IEnumerable<ulong> HolesBeforeForced() => Members
        .Select((member, i) => member.ForcedAlignment == 0 ? 0 : i == 0 ? LeadingHole : Members[i - 1].Hole).Where(hole => hole > 0);

    private void AddHole(BtfLayoutMember? before, long bytes, long bits)
    {
        // Members that overlap, as compilers never place them, leave less than nothing.
        if (bytes > 0)
        {
            Holes++;
            HoleBytes += (ulong)bytes;
            LeadingHole = before is null ? (ulong)bytes : LeadingHole;
            _ = before is not null ? before.Hole = (ulong)bytes : 0;
        }

        if (bits > 0)
        {
            BitHoles++;
            BitHoleBits += bits;
            _ = before is not null ? before.BitHole = bits : 0;
        }
    }

    /// <summary>The byte a member, or the storage of a bit field, begins at, and how many it takes.</summary>
    private static (ulong Offset, ulong Size) Place(BtfMember member)
    {
        ulong size = member.Type.Size ?? 0;
        if (size > uint.MaxValue)
        {
            throw member.Type.Malformed("expected a member of less than 2^32 bytes, have a larger one");
        }

        return member.BitFieldSize != 0 && size > 0 && member.Type.Bare is BtfInt or BtfEnum
            ? (member.BitOffset / (size * 8) * size, size)
            : (member.ByteOffset, size);
    }

    private static ulong PaddingOf(BtfType type)
    {
        if (type is not BtfStruct { IsUnion: false } inner)
        {
            return 0;
        }

        var holes = new BtfHoles(inner.ByteSize);
        for (int i = 0; i < inner.Members.Count; i++)
        {
            BtfMember member = inner.Members[i];
            (ulong at, ulong size) = Place(member);
            holes.Next((long)member.BitOffset, member.BitFieldSize, (long)at, (long)size);
        }

        return (ulong)Math.Max(holes.Padding(inner.ByteSize).Bytes, 0);
    }

    /// <summary>The alignment that explains why something lies further back than it must: the power of two above the gap, or a cache line.</summary>
    private static uint Forced(ulong offset, ulong end, int natural)
    {
        if (offset <= end || offset % 2 != 0)
        {
            return 0;
        }

        ulong alignment = System.Numerics.BitOperations.RoundUpToPowerOf2(offset - end + 1);
        return alignment <= (ulong)natural || alignment > uint.MaxValue ? 0
            : alignment < DefaultCacheLineSize && offset % DefaultCacheLineSize == 0 ? DefaultCacheLineSize
            : (uint)alignment;
    }
}
