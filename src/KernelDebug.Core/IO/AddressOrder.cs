namespace KernelDebug.IO;

/// <summary>Things that have addresses, by their numbers, in the order of the addresses; equal addresses in the order of the numbers.</summary>
internal sealed class AddressOrder
{
    private readonly ulong[] _addresses;
    private readonly int[] _items;

    /// <param name="addresses">The address of each.</param>
    public AddressOrder(ReadOnlySpan<ulong> addresses)
    {
        _addresses = addresses.ToArray();
        _items = new int[_addresses.Length];
        for (int i = 0; i < _items.Length; i++)
        {
            _items[i] = i;
        }

        RadixSort.Sort(_addresses, _items);
    }

    /// <summary>Number of things.</summary>
    public int Count => _items.Length;

    /// <summary>The thing at a position of the order.</summary>
    public int this[int position] => _items[position];

    /// <summary>The first with an address after this one; null after the last.</summary>
    public int? NextAfter(ulong address)
    {
        int position = UpperBound(address);
        return position < _items.Length ? _items[position] : null;
    }

    /// <summary>Those at the last address at or below this one; empty below the first.</summary>
    public int[] At(ulong address)
    {
        int end = UpperBound(address);
        int start = end;
        while (start > 0 && _addresses[start - 1] == _addresses[end - 1])
        {
            start--;
        }

        return _items[start..end];
    }

    private int UpperBound(ulong address)
    {
        int low = 0;
        int high = _addresses.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_addresses[middle] <= address)
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
