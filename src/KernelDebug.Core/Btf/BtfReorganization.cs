namespace KernelDebug.Btf;

/// <summary>A member at its new place.</summary>
/// <param name="Member">The member as it is.</param>
/// <param name="BitOffset">Bits from the structure's start, at its new place.</param>
public sealed record BtfMovedMember(BtfMember Member, ulong BitOffset)
{
    /// <summary>Whole bytes from the structure's start.</summary>
    public ulong ByteOffset => BitOffset / 8;

    /// <summary>The declaration and the new place.</summary>
    public override string ToString() => Member.BitFieldSize != 0 ? $"{Member} at {ByteOffset}:{BitOffset % 8}" : $"{Member} at {ByteOffset}";
}

/// <summary>
/// The members of a structure in an order that leaves less free, each aligned as before: what a compiler makes of them when they are written in
/// this order. Where no order is better, the order that there is.
/// </summary>
public sealed class BtfReorganization
{
    // Kernels have some hundred; each is tried in what others leave free.
    private const int MostMembers = 4096;

    private BtfReorganization(BtfLayout layout, IReadOnlyList<BtfMovedMember> members, uint byteSize)
    {
        Layout = layout;
        Members = members;
        ByteSize = byteSize;
    }

    /// <summary>The layout as it is.</summary>
    public BtfLayout Layout { get; }

    /// <summary>The members in their new order.</summary>
    public IReadOnlyList<BtfMovedMember> Members { get; }

    /// <summary>Bytes the structure then takes: never more than now.</summary>
    public uint ByteSize { get; }

    /// <summary>Bytes that are won.</summary>
    public uint SavedBytes => Layout.ByteSize - ByteSize;

    /// <summary>Cache lines it then takes.</summary>
    public int CacheLines => BtfLayout.LinesOf(ByteSize, Layout.CacheLineSize);

    internal static BtfReorganization Of(BtfLayout layout)
    {
        BtfReorganization asIs = new(layout, [.. layout.Members.Select(member => new BtfMovedMember(member.Member, member.Member.BitOffset))], layout.ByteSize);

        // In a union all begins at 0. Members that lie closer than their types ask for are packed, and there is nothing to win.
        if (layout.Type.IsUnion || layout.Members.Count is 0 or > MostMembers || layout.Members.Any(member => Alignment(layout, member) is null))
        {
            return asIs;
        }

        var packer = new Packer();
        BtfLayoutMember[] fixedAtEnd = [.. layout.Members.Reverse().TakeWhile(member => member.ByteSize == 0).Reverse()];
        foreach (BtfLayoutMember member in layout.Members.Take(layout.Members.Count - fixedAtEnd.Length)
            .OrderByDescending(member => Alignment(layout, member)!.Value).ThenBy(member => member.BitFieldSize != 0).ThenByDescending(member => member.ByteSize))
        {
            packer.Place(member, Alignment(layout, member)!.Value);
        }

        foreach (BtfLayoutMember member in fixedAtEnd)
        {
            packer.Append(member, Alignment(layout, member)!.Value);
        }

        ulong whole = Math.Max(layout.ForcedAlignment, (ulong)layout.Members.Max(member => Alignment(layout, member)!.Value));
        ulong size = BtfAlign.Up(packer.End, whole * 8) / 8;
        return size < layout.ByteSize ? new BtfReorganization(layout, packer.Members, (uint)size) : asIs;
    }

    /// <summary>Bytes a member has to be aligned to; null where it is not aligned to what its type asks for.</summary>
    private static uint? Alignment(BtfLayout layout, BtfLayoutMember member)
    {
        var natural = (uint)layout.Type.File.NaturalAlignment.Of(member.Member.TypeId);
        uint alignment = Math.Max(natural, member.ForcedAlignment);
        return member.BitFieldSize != 0 ? natural
            : member.ByteOffset % alignment == 0 ? alignment
            : member.ByteOffset % natural == 0 ? natural : null;
    }

    /// <summary>Puts members where they first fit: before what lies already, in what alignment left free, or behind all.</summary>
    private sealed class Packer
    {
        private readonly List<(ulong Start, ulong End)> _gaps = [];
        private readonly List<BtfMovedMember> _members = [];

        /// <summary>The bit behind the last member.</summary>
        public ulong End { get; private set; }

        public IReadOnlyList<BtfMovedMember> Members => [.. _members.OrderBy(member => member.BitOffset)];

        public void Place(BtfLayoutMember member, ulong alignment)
        {
            for (int i = 0; i < _gaps.Count; i++)
            {
                (ulong start, ulong end) = _gaps[i];
                ulong at = FirstFit(member, start, alignment);
                if (at + Bits(member) <= end)
                {
                    _gaps.RemoveAt(i);
                    Free(i, at + Bits(member), end);
                    Free(i, start, at);
                    _members.Add(new BtfMovedMember(member.Member, at));
                    return;
                }
            }

            Append(member, alignment);
        }

        public void Append(BtfLayoutMember member, ulong alignment)
        {
            ulong at = FirstFit(member, End, alignment);
            Free(_gaps.Count, End, at);
            _members.Add(new BtfMovedMember(member.Member, at));
            End = at + Bits(member);
        }

        private void Free(int place, ulong start, ulong end)
        {
            if (start < end)
            {
                _gaps.Insert(place, (start, end));
            }
        }

        private static ulong Bits(BtfLayoutMember member) => member.BitFieldSize != 0 ? (ulong)member.BitFieldSize : member.ByteSize * 8;

        // A bit field goes to the next bit where it does not leave the storage that bit is in.
        private static ulong FirstFit(BtfLayoutMember member, ulong from, ulong alignment)
        {
            ulong storage = member.ByteSize * 8;
            return member.BitFieldSize == 0 ? BtfAlign.Up(from, alignment * 8)
                : storage == 0 || (from % storage) + (ulong)member.BitFieldSize <= storage ? from : BtfAlign.Up(from, storage);
        }
    }
}

/// <summary>Rounding to boundaries.</summary>
internal static class BtfAlign
{
    /// <summary>The first multiple of a boundary that is not below a value.</summary>
    public static ulong Up(ulong value, ulong boundary) => (value + boundary - 1) / boundary * boundary;
}
