namespace KernelDebug.Btf;

/// <summary>
/// The bytes of a structure as an object that has the members as properties, typed as <see cref="BtfValueReader"/> reads them. A member is
/// read when it is asked for, so that an object nobody looks into costs its bytes alone. Its classes are made by <see cref="BtfRecordClass"/>.
/// </summary>
public abstract class BtfRecordObject
{
    private readonly BtfRecordClass _class;
    private readonly byte[] _bytes;

    /// <summary>Makes an object over bytes, which must not change.</summary>
    protected BtfRecordObject(BtfRecordClass recordClass, byte[] bytes)
    {
        _class = recordClass;
        _bytes = bytes;
    }

    /// <summary>A member by its name in C, also one whose name differs from another's in case alone; null where there is none.</summary>
    /// <remarks>No indexer: <c>$event[0]</c> is the first of what may be one event, and not a member of it.</remarks>
    public object? GetMember(string name) => _class.IndexOf(name) is { } index ? Member(index) : null;

    /// <summary>The members in order, each with its value.</summary>
    public IEnumerable<KeyValuePair<string, object?>> GetMembers() => _class.Names.Select((name, place) => KeyValuePair.Create(name, Member(place)));

    /// <summary>The structure's name.</summary>
    public override string ToString() => _class.Type.ToString();

    /// <summary>The bytes.</summary>
    internal ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The structure.</summary>
    internal BtfStruct Type => _class.Type;

    /// <summary>The value of a member by its place among the structure's flattened ones.</summary>
    protected object? Member(int index) => _class.Read(_bytes, index);
}
