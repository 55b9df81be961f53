using System.Collections;

namespace KernelDebug.Symbolization;

/// <summary>A list that all its members share, as one of them sees it: without itself.</summary>
internal sealed class Others<T>(T[] all, int self) : IReadOnlyList<T>
{
    public int Count => all.Length - 1;

    public T this[int index] => index >= 0 && index < Count ? all[index < self ? index : index + 1] : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<T> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
