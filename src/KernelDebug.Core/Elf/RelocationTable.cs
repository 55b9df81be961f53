using System.Buffers.Binary;
using KernelDebug.IO;

namespace KernelDebug.Elf;

/// <summary>
/// The relocations of one section of an ET_REL file, applied to a part of it when that part is read: a unit is relocated when it is
/// hit, the rest never.
/// </summary>
internal sealed class RelocationTable
{
    /// <summary>Bytes of the longest field a relocation changes: a ULEB128 number of 64 bits.</summary>
    private const int MostFieldBytes = 10;

    private readonly ElfFile _file;
    private readonly ElfSection _target;
    private readonly ulong _targetLength;
    private readonly ByteSlice _entries;
    private readonly int _entrySize;
    private readonly bool _hasAddends;
    private readonly int _count;
    private readonly int[]? _order;

    private RelocationTable(ElfFile file, ElfSection target, long targetLength, ByteSlice entries, bool hasAddends)
    {
        _targetLength = (ulong)targetLength;
        _file = file;
        _target = target;
        _entries = entries;
        _hasAddends = hasAddends;
        _entrySize = (file.Is64Bit ? 16 : 8) + (hasAddends ? file.Is64Bit ? 8 : 4 : 0);
        _count = (int)Math.Min(entries.Length / _entrySize, int.MaxValue);
        _order = SortWhereNeeded();
    }

    /// <param name="file">The file.</param>
    /// <param name="target">The section the relocations change.</param>
    /// <param name="targetLength">Its length in bytes, decompressed.</param>
    /// <returns>Null where the file is linked (its relocations, if kept, are applied already) or the section has none.</returns>
    /// <exception cref="BinaryFormatException">The relocation section lies outside the file.</exception>
    public static RelocationTable? For(ElfFile file, ElfSection target, long targetLength)
    {
        if (file.Type != ElfType.Relocatable)
        {
            return null;
        }

        ElfSection? section = file.Sections.FirstOrDefault(
            s => s.Type is ElfSectionType.Rela or ElfSectionType.Rel && s.Info == (uint)target.Index);
        return section is null ? null : new RelocationTable(file, target, targetLength, file.Contents(section), section.Type == ElfSectionType.Rela);
    }

    /// <summary>A relocated copy of a part of the target.</summary>
    /// <param name="target">The whole section, decompressed.</param>
    /// <param name="offset">Where the part begins in it.</param>
    /// <param name="length">Bytes of the part.</param>
    /// <param name="addressOf">The address of a symbol; null for that of the symbol table, in which undefined ones are 0.</param>
    /// <exception cref="BinaryFormatException">The part is not all inside, or a relocation is not understood or has no symbol.</exception>
    public ByteSlice Relocated(ByteSlice target, long offset, long length, Func<ElfSymbol, ulong>? addressOf = null)
    {
        ByteSlice part = target.Slice(offset, length);
        // A few bytes more at both ends, so that a field the edge cuts through is relocated whole.
        long start = Math.Max(0, offset - MostFieldBytes);
        long end = Math.Min(target.Length, offset + length + MostFieldBytes);
        byte[] copy = target.Slice(start, end - start).Span.ToArray();
        Apply(copy, start, addressOf);
        return new ByteSlice(ByteSource.FromArray(copy, part.File), part.Section, part.IsBigEndian)
            .At(start).Slice(offset - start, length);
    }

    /// <summary>Within <see cref="MostFieldBytes"/> of an edge of the copy a field may be cut, and stays as it is.</summary>
    private void Apply(byte[] copy, long start, Func<ElfSymbol, ulong>? addressOf)
    {
        for (int i = LowerBound((ulong)start); i < _count; i++)
        {
            (ulong offset, uint type, int symbol, long addend) = Read(i);
            if (offset >= (ulong)start + (ulong)copy.Length)
            {
                break;
            }

            RelocationKind kind = RelocationKind.Of(_file.Machine, type)
                ?? throw _entries.Error((long)_entrySize * i, $"expected a relocation of {_target.Name} on {_file.Machine}, have type {type}");
            Span<byte> place = copy.AsSpan((int)(offset - (ulong)start));
            bool isCut = place.Length < MostFieldBytes && (ulong)start + (ulong)copy.Length < _targetLength;
            if (kind.Operation != RelocationOperation.None && !isCut)
            {
                ElfSymbol target = _file.Symbols[symbol];
                ApplyOne(place, kind, addressOf?.Invoke(target) ?? target.Address, addend, offset);
            }
        }
    }

    private void ApplyOne(Span<byte> place, RelocationKind kind, ulong address, long addend, ulong offset)
    {
        ulong current = ReadField(place, kind.Field, offset);
        ulong value = address + (ulong)(_hasAddends ? addend : (long)current);
        value = kind.Operation switch
        {
            RelocationOperation.Set => value,
            RelocationOperation.SetRelative => value - (_target.Address + offset),
            RelocationOperation.Add => current + value,
            _ => current - value,
        };
        WriteField(place, kind.Field, value);
    }

    private ulong ReadField(Span<byte> place, RelocationField field, ulong offset)
    {
        int size = field switch
        {
            RelocationField.Half => 2,
            RelocationField.ThreeBytes => 3,
            RelocationField.Word => 4,
            RelocationField.Double => 8,
            _ => 1,
        };
        if (place.Length < size)
        {
            throw _entries.Error((long)offset, $"expected {size} bytes of {_target.Name} to relocate at 0x{offset:x}, have {place.Length}");
        }

        bool big = _file.IsBigEndian;
        return field switch
        {
            RelocationField.Low6 => place[0] & 0x3fu,
            RelocationField.Byte => place[0],
            RelocationField.Half => big ? BinaryPrimitives.ReadUInt16BigEndian(place) : BinaryPrimitives.ReadUInt16LittleEndian(place),
            RelocationField.ThreeBytes => place[0] | ((uint)place[1] << 8) | ((uint)place[2] << 16),
            RelocationField.Word => big ? BinaryPrimitives.ReadUInt32BigEndian(place) : BinaryPrimitives.ReadUInt32LittleEndian(place),
            RelocationField.Double => big ? BinaryPrimitives.ReadUInt64BigEndian(place) : BinaryPrimitives.ReadUInt64LittleEndian(place),
            _ => ReadUleb128(place),
        };
    }

    private void WriteField(Span<byte> place, RelocationField field, ulong value)
    {
        bool big = _file.IsBigEndian;
        switch (field)
        {
            case RelocationField.Low6:
                place[0] = (byte)((place[0] & 0xc0) | ((int)value & 0x3f));
                break;
            case RelocationField.Byte:
                place[0] = (byte)value;
                break;
            case RelocationField.Half when big:
                BinaryPrimitives.WriteUInt16BigEndian(place, (ushort)value);
                break;
            case RelocationField.Half:
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)value);
                break;
            case RelocationField.ThreeBytes:
                (place[0], place[1], place[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));
                break;
            case RelocationField.Word when big:
                BinaryPrimitives.WriteUInt32BigEndian(place, (uint)value);
                break;
            case RelocationField.Word:
                BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)value);
                break;
            case RelocationField.Double when big:
                BinaryPrimitives.WriteUInt64BigEndian(place, value);
                break;
            case RelocationField.Double:
                BinaryPrimitives.WriteUInt64LittleEndian(place, value);
                break;
            default:
                WriteUleb128(place, value);
                break;
        }
    }

    private static ulong ReadUleb128(Span<byte> place)
    {
        ulong value = 0;
        for (int i = 0; i < place.Length && i < 10; i++)
        {
            value |= (ulong)(place[i] & 0x7f) << (7 * i);
            if (place[i] < 0x80)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>The number keeps the length it was given (RISC-V psABI, R_RISCV_SET_ULEB128).</summary>
    private static void WriteUleb128(Span<byte> place, ulong value)
    {
        for (int i = 0; i < place.Length; i++)
        {
            bool more = place[i] >= 0x80;
            place[i] = (byte)((value & 0x7f) | (more ? 0x80u : 0));
            value >>= 7;
            if (!more)
            {
                break;
            }
        }
    }

    /// <summary>Assemblers and linkers write relocations in the order of their places; where one did not, an order is made.</summary>
    private int[]? SortWhereNeeded()
    {
        ulong previous = 0;
        for (int i = 0; i < _count; i++)
        {
            ulong offset = OffsetAt(i);
            if (offset < previous)
            {
                // Pairs at one place (ADD, SUB) must stay in their order: a stable sort.
                return [.. Enumerable.Range(0, _count).OrderBy(OffsetAt)];
            }

            previous = offset;
        }

        return null;
    }

    private ulong OffsetAt(int entry)
    {
        ReadOnlySpan<byte> bytes = _entries.Slice((long)_entrySize * entry, 8).Span;
        return (_file.Is64Bit, _file.IsBigEndian) switch
        {
            (true, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            (true, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
            (false, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
    }

    private (ulong Offset, uint Type, int Symbol, long Addend) Read(int position)
    {
        int entry = _order is null ? position : _order[position];
        SpanReader reader = _entries.Slice((long)_entrySize * entry, _entrySize).Reader();
        if (_file.Is64Bit)
        {
            ulong offset = reader.ReadUInt64();
            ulong info = reader.ReadUInt64();
            return (offset, (uint)info, (int)(info >> 32), _hasAddends ? (long)reader.ReadUInt64() : 0);
        }

        uint place = reader.ReadUInt32();
        uint packed = reader.ReadUInt32();
        return (place, packed & 0xff, (int)(packed >> 8), _hasAddends ? (int)reader.ReadUInt32() : 0);
    }

    private int LowerBound(ulong start)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (OffsetAt(_order is null ? middle : _order[middle]) < start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
