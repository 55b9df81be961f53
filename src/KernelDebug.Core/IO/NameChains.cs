using System.Numerics;

namespace KernelDebug.IO;

/// <summary>The name of a thing, by its number.</summary>
internal delegate ReadOnlySpan<byte> NameOf(int index);

/// <summary>Things by name, where names lie: chains by hash, without a string or an object for each.</summary>
internal sealed class NameChains
{
    private readonly NameOf _nameOf;
    private readonly int[] _heads;
    private readonly int[] _next;

    /// <param name="count">How many there are.</param>
    /// <param name="nameOf">Their names.</param>
    public NameChains(int count, NameOf nameOf)
    {
        _nameOf = nameOf;
        _heads = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1))];
        _next = new int[count];

        // Backwards, so that each chain ascends. Entries are one more than the number: 0 ends a chain.
        for (int i = count - 1; i >= 0; i--)
        {
            ref int head = ref _heads[Hash(nameOf(i))];
            _next[i] = head;
            head = i + 1;
        }
    }

    /// <summary>Those of a name, ascending.</summary>
    public List<int> Find(ReadOnlySpan<byte> name)
    {
        var found = new List<int>();
        for (int entry = _heads[Hash(name)]; entry != 0; entry = _next[entry - 1])
        {
            if (_nameOf(entry - 1).SequenceEqual(name))
            {
                found.Add(entry - 1);
            }
        }

        return found;
    }

    // FNV-1a, 64 bits (Fowler, Noll, Vo): names are short.
    private int Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte each in name)
        {
            hash = (hash ^ each) * 0x100000001b3;
        }

        return (int)((hash ^ (hash >> 32)) & (uint)(_heads.Length - 1));
    }
}
