using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Where each type begins: one pass over the types that looks at the second word of each and at nothing else.</summary>
internal static class BtfIndex
{
    /// <summary>Byte offsets in the type section, in order of ids.</summary>
    /// <exception cref="BinaryFormatException">A type is of a kind whose size is not known, or ends outside.</exception>
    public static uint[] Build(BtfHeader header)
    {
        SpanReader reader = header.Types.Reader();
        uint[] offsets = new uint[reader.Remaining / BtfWire.TypeSize];
        int count = 0;
        while (!reader.IsAtEnd)
        {
            int start = reader.Position;
            reader.Skip(4);
            uint info = reader.ReadUInt32();
            reader.Skip(4);
            long extra = BtfWire.ExtraSize(info);
            reader.Skip((ulong)(extra >= 0 ? extra : ExtraSizeByLayout(header, start, info)));
            offsets[count++] = (uint)start;
        }

        if (count > ParserLimits.MaxBtfTypes)
        {
            throw header.Types.Error(0, $"expected at most {ParserLimits.MaxBtfTypes} types, have {count}");
        }

        Array.Resize(ref offsets, count);
        return offsets;
    }

    /// <summary>What the file itself tells of a kind that is newer than this reader (struct btf_layout: info_sz, elem_sz).</summary>
    private static long ExtraSizeByLayout(BtfHeader header, int start, uint info)
    {
        const int EntrySize = 4;
        int kind = (int)BtfWire.Kind(info);
        if (kind == 0 || (kind + 1) * EntrySize > header.Layout.Length)
        {
            throw header.Types.Error(start + 4, $"expected a kind of 1 to {(int)BtfKind.Enum64}, or one whose size the file tells, have {kind}");
        }

        ReadOnlySpan<byte> entry = header.Layout.Window(kind * EntrySize, EntrySize);
        return entry[0] + (long)entry[1] * BtfWire.ElementCount(info);
    }
}
