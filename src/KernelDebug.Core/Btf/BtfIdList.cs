namespace KernelDebug.Btf;

/// <summary>Ids that were found. A list of the framework's by a number type it has none of itself is compiled at every start.</summary>
internal sealed class BtfIdList
{
    private uint[] _ids = new uint[4];
    private int _count;

    public void Add(uint id)
    {
        if (_count == _ids.Length)
        {
            _ids = Copy(_count * 2);
        }

        _ids[_count++] = id;
    }

    public uint[] ToArray() => Copy(_count);

    private uint[] Copy(int length)
    {
        uint[] copy = new uint[length];
        Array.Copy(_ids, copy, _count);
        return copy;
    }
}
