namespace KernelDebug.Formatting;

/// <summary>
/// Stacks merged into a tree, each function below its caller with the number of times it was seen there. Bounded in depth, in functions
/// and in the length of names, whatever comes in.
/// </summary>
public sealed class FlameGraph
{
    /// <summary>Frames of a stack that are kept, counted from the outermost.</summary>
    public const int MaxDepth = 1000;

    /// <summary>Places in the tree.</summary>
    public const int MaxNodes = 100_000;

    /// <summary>Characters of a name.</summary>
    public const int MaxNameLength = 256;

    /// <summary>What stands for the frames of a stack that is too deep.</summary>
    public const string Deeper = "(deeper)";

    /// <summary>What stands for the frames there is no room for.</summary>
    public const string Others = "(others)";

    private readonly List<Node> _nodes = [new Node("all", -1, 0)];
    private readonly Dictionary<(int Parent, string Name), int> _places = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>The sum of all counts.</summary>
    public long Total => _nodes[0].Count;

    /// <summary>Frames on top of each other at the deepest place.</summary>
    public int Depth { get; private set; }

    /// <summary>Stacks of which only the outermost <see cref="MaxDepth"/> frames were kept.</summary>
    public long CutStacks { get; private set; }

    /// <summary>Stacks whose frames had no room beyond <see cref="MaxNodes"/>.</summary>
    public long MergedStacks { get; private set; }

    /// <summary>Adds a stack.</summary>
    /// <param name="functions">Its functions, outermost first.</param>
    /// <param name="count">How many times it was seen.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive, or all counts together are beyond 63 bits.</exception>
    public void Add(IEnumerable<string> functions, long count)
    {
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, long.MaxValue - Total);
        int node = 0, depth = 0;
        _nodes[0].Count += count;
        foreach (string function in functions)
        {
            bool isCut = ++depth > MaxDepth;
            int next = isCut ? Child(node, Deeper, isBounded: false) : Child(node, Known(function), isBounded: true);
            bool isMerged = next < 0;
            node = isMerged ? Child(node, Others, isBounded: false) : next;
            _nodes[node].Count += count;
            Depth = Math.Max(Depth, depth);
            if (isCut || isMerged)
            {
                CutStacks += isCut ? 1 : 0;
                MergedStacks += isMerged ? 1 : 0;
                break;
            }
        }
    }

    /// <summary>Every place in the tree, callers before what they call, what one function calls side by side by name.</summary>
    public IEnumerable<FlameGraphFrame> Frames()
    {
        ILookup<int, Node> children = _nodes.Skip(1).ToLookup(node => node.Parent);
        var open = new Stack<(Node Node, int Depth, long Start)>();
        open.Push((_nodes[0], 0, 0));
        while (open.TryPop(out var frame))
        {
            yield return new FlameGraphFrame(frame.Node.Name, frame.Depth, frame.Start, frame.Node.Count);
            long start = frame.Start;
            foreach (Node child in children[frame.Node.Place].OrderBy(node => node.Name, StringComparer.Ordinal))
            {
                open.Push((child, frame.Depth + 1, start));
                start += child.Count;
            }
        }
    }

    /// <summary>The place of a function below another; -1 where it is not there and there is no room.</summary>
    private int Child(int parent, string name, bool isBounded)
    {
        if (!_places.TryGetValue((parent, name), out int place))
        {
            if (isBounded && _nodes.Count >= MaxNodes)
            {
                return -1;
            }

            _places[(parent, name)] = place = _nodes.Count;
            _nodes.Add(new Node(name, parent, place));
        }

        return place;
    }

    /// <summary>The same text once, cut to the length that is kept.</summary>
    private string Known(string name)
    {
        name = name.Length > MaxNameLength ? name[..(MaxNameLength - 1)] + '…' : name;
        if (!_names.TryGetValue(name, out string? known))
        {
            known = name;
            if (_names.Count < MaxNodes)
            {
                _names[name] = name;
            }
        }

        return known;
    }

    private sealed class Node(string name, int parent, int place)
    {
        public string Name { get; } = name;

        public int Parent { get; } = parent;

        public int Place { get; } = place;

        public long Count { get; set; }
    }
}

/// <summary>A function at a place of a flame graph.</summary>
/// <param name="Name">The function; of a module with <c> [module]</c> behind it.</param>
/// <param name="Depth">Frames below it: 0 for <c>all</c>, on which all stand.</param>
/// <param name="Start">The sum of counts to the left of it.</param>
/// <param name="Count">Its own.</param>
public sealed record FlameGraphFrame(string Name, int Depth, long Start, long Count)
{
    /// <summary>True for a function of a module.</summary>
    public bool IsOfModule => Name.EndsWith(']') && Name.Contains(" [", StringComparison.Ordinal);
}
