using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// Ranges laid over each other, the later over the earlier: who is on top at each address. Debug information nests and repeats ranges;
/// a look-up settles for one of them, and this settles all addresses at once.
/// </summary>
internal sealed class PaintedRanges
{
    private readonly ulong[] _bounds;
    private readonly int[] _owners;

    /// <param name="ranges">The ranges with their owners' numbers, from the lowest layer to the top.</param>
    /// <param name="budget">What the work may cost.</param>
    /// <param name="where">What is read, for the error.</param>
    /// <exception cref="BinaryFormatException">The ranges overlap more than any compiler's.</exception>
    public PaintedRanges(ValueList<(AddressRange Range, int Owner)> ranges, WorkBudget budget, ByteSlice where)
    {
        var bounds = new ulong[ranges.Count * 2];
        for (int i = 0; i < ranges.Count; i++)
        {
            bounds[2 * i] = ranges[i].Range.Low;
            bounds[2 * i + 1] = ranges[i].Range.High;
        }

        Array.Sort(bounds);
        int count = 0;
        foreach (ulong bound in bounds)
        {
            if (count == 0 || bounds[count - 1] != bound)
            {
                bounds[count++] = bound;
            }
        }

        Array.Resize(ref bounds, count);
        _bounds = bounds;
        _owners = new int[Math.Max(0, count - 1)];
        Array.Fill(_owners, -1);
        for (int i = 0; i < ranges.Count; i++)
        {
            ((ulong low, ulong high), int owner) = ranges[i];
            int first = Array.BinarySearch(_bounds, low);
            int end = Array.BinarySearch(_bounds, high);
            budget.Spend(end - first, where);
            Array.Fill(_owners, owner, first, end - first);
        }
    }

    /// <summary>The parts in the order of addresses, neighbours of one owner joined.</summary>
    public IEnumerable<(AddressRange Range, int Owner)> Parts()
    {
        for (int i = 0; i < _owners.Length;)
        {
            int end = i + 1;
            while (end < _owners.Length && _owners[end] == _owners[i])
            {
                end++;
            }

            if (_owners[i] >= 0)
            {
                yield return (new AddressRange(_bounds[i], _bounds[end]), _owners[i]);
            }

            i = end;
        }
    }
}
