namespace KernelDebug.Btf.CHeader;

/// <summary>What each type is and refers to, the base's included, read in one pass: the order of a header asks for it again and again.</summary>
internal sealed class TypeGraph
{
    private readonly BtfKind[] _kinds;
    private readonly bool[] _hasName;
    private readonly bool[] _isReferenced;
    private readonly uint[] _references;
    private readonly int[] _starts;

    public TypeGraph(BtfFile file)
    {
        _kinds = new BtfKind[file.EndId];
        _hasName = new bool[file.EndId];
        _isReferenced = new bool[file.EndId];
        _starts = new int[file.EndId + 1];
        var references = new List<uint>((int)file.EndId * 2);
        for (uint id = 1; id < file.EndId; id++)
        {
            BtfRecord type = file.RecordOf(id);
            _kinds[id] = type.Kind;
            _hasName[id] = type.HasName;
            _starts[id] = references.Count;
            for (int place = 0; type.Reference(place) is { } reference; place++)
            {
                references.Add(reference);
                _isReferenced[reference] |= place > 0 || type.Kind != BtfKind.FunctionPrototype;
            }

            if (type.Kind == BtfKind.Array)
            {
                _isReferenced[type.Index] = true;
            }
        }

        _starts[file.EndId] = references.Count;
        _references = [.. references];
    }

    /// <summary>What a type is.</summary>
    public BtfKind Kind(uint id) => _kinds[id];

    /// <summary>True where it has a name.</summary>
    public bool HasName(uint id) => _hasName[id];

    /// <summary>What it refers to, in the order in which C writes it: what a function returns before its parameters.</summary>
    public ReadOnlySpan<uint> References(uint id) => _references.AsSpan(_starts[id].._starts[id + 1]);

    /// <summary>
    /// True where others refer to it. An anonymous enumeration that none refers to was declared for its constants alone, and gets a
    /// declaration of its own. What a function returns is not looked at: libbpf does not, and its order is kept.
    /// </summary>
    public bool IsReferenced(uint id) => _isReferenced[id];
}
