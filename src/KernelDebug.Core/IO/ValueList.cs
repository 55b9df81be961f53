namespace KernelDebug.IO;

/// <summary>
/// A growing list of our own value types. The framework's collections and span helpers over them cannot be compiled ahead of time
/// outside the framework's own image and would be compiled at every start, which is a third of the time a short log takes; plain
/// arrays and loops can.
/// </summary>
internal sealed class ValueList<T>
    where T : struct
{
    private T[]? _items;

    public int Count { get; private set; }

    public ref T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return ref _items![index];
        }
    }

    public void Add(T item)
    {
        if (_items is null || Count == _items.Length)
        {
            _items = Copy(Math.Max(8, Count * 2));
        }

        _items[Count++] = item;
    }

    public void RemoveLast() => Count = Count > 0 ? Count - 1 : throw new InvalidOperationException("expected an item, have none");

    public void Clear() => Count = 0;

    public T[] ToArray() => Copy(Count);

    private T[] Copy(int length)
    {
        var copy = new T[length];
        for (int i = 0; i < Count; i++)
        {
            copy[i] = _items![i];
        }

        return copy;
    }
}
