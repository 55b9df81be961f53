using System.Numerics;
using System.Runtime.InteropServices;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Ids by name: chains by hash, over the names where they lie.</summary>
internal sealed class BtfNameIndex
{
    private readonly int[] _heads;
    private readonly int[] _next;

    private BtfNameIndex(int[] heads, int[] next)
    {
        _heads = heads;
        _next = next;
    }

    /// <summary>Indexes a file's own types.</summary>
    /// <exception cref="BinaryFormatException">A name is not there.</exception>
    public static BtfNameIndex Build(BtfFile file)
    {
        int[] heads = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(file.Count, 1))];
        int[] next = new int[file.Count];
        ReadOnlySpan<byte> strings = file.Strings.Span;
        uint[] offsets = file.NameOffsets();

        // Backwards, so that each chain ascends. Entries are one more than the place: 0 ends a chain.
        for (int i = next.Length - 1; i >= 0; i--)
        {
            uint offset = offsets[i];
            if (offset != 0)
            {
                ref int head = ref heads[Hash(Name(file, strings, offset)) & (uint)(heads.Length - 1)];
                next[i] = head;
                head = i + 1;
            }
        }

        return new BtfNameIndex(heads, next);
    }

    /// <summary>Adds the ids of a name, ascending.</summary>
    public void AddIds(BtfFile file, ReadOnlySpan<byte> name, BtfIdList found)
    {
        if (name.IsEmpty)
        {
            return;
        }

        for (int entry = _heads[Hash(name) & (uint)(_heads.Length - 1)]; entry != 0; entry = _next[entry - 1])
        {
            uint id = file.FirstId + (uint)entry - 1;
            if (file.NameBytes(id).SequenceEqual(name))
            {
                found.Add(id);
            }
        }
    }

    // The way by the file checks more than needed of a hundred thousand names in a row.
    private static ReadOnlySpan<byte> Name(BtfFile file, ReadOnlySpan<byte> strings, uint offset)
    {
        uint own = offset - file.StringStart;
        if (offset >= file.StringStart && own < (uint)strings.Length)
        {
            ReadOnlySpan<byte> rest = strings[(int)own..];
            int length = rest[..Math.Min(rest.Length, ParserLimits.MaxNameBytes)].IndexOf((byte)0);
            if (length >= 0)
            {
                return rest[..length];
            }
        }

        return file.StringBytes(offset);
    }

    // Eight bytes a step; each is spread by a multiplication with the golden ratio's digits.
    private static uint Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = (ulong)name.Length;
        for (; name.Length >= sizeof(ulong); name = name[sizeof(ulong)..])
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(name));
        }

        ulong tail = 0;
        foreach (byte b in name)
        {
            tail = (tail << 8) | b;
        }

        return (uint)(Mix(hash, tail) >> 32);
    }

    private static ulong Mix(ulong hash, ulong part) => (BitOperations.RotateLeft(hash, 23) ^ part) * 0x9e3779b97f4a7c15;
}
