using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// Walks a function's entry and the inlined calls below it in the entries' order. Every scope is walked, in or out of its parent's
/// ranges: compilers do leave a child's range out of its parent's.
/// </summary>
internal ref struct InlineWalk
{
    /// <summary>Where the function itself stands in the order, before its first call.</summary>
    public const int Function = -1;

    private readonly DwarfUnit _unit;
    private readonly ValueList<int> _open = new();
    private EntryCursor _cursor;
    private bool _isDone;

    /// <summary>Begins at a function's entry.</summary>
    /// <exception cref="BinaryFormatException">There is none at the offset.</exception>
    public InlineWalk(DwarfUnit unit, UnitOffset function)
    {
        _unit = unit;
        _cursor = new EntryCursor(unit, function);
        if (!_cursor.Next() || _cursor.Abbreviation is not { } root)
        {
            throw unit.Bytes.Error((long)function.Value, "expected a function's entry");
        }

        Entry = _cursor.Read();
        Index = Function;
        _isDone = !root.HasChildren;
        _open.Add(Function);
    }

    /// <summary>The entry come to, the function's own at first.</summary>
    public EntryAttributes Entry { get; private set; }

    /// <summary>Its place in the order of calls; <see cref="Function"/> at first.</summary>
    public int Index { get; private set; }

    /// <summary>The place of the call it is inlined into; <see cref="Function"/> for none but the function.</summary>
    public int Parent { get; private set; } = Function;

    /// <summary>Goes to the next inlined call; false behind the last.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public bool Next()
    {
        while (!_isDone && _cursor.Next())
        {
            if (_cursor.Abbreviation is not { } shape)
            {
                _open.RemoveLast();
                _isDone = _open.Count == 0;
                continue;
            }

            int inside = _open[_open.Count - 1];
            if (shape.Tag == DwTag.InlinedSubroutine)
            {
                Entry = _cursor.Read();
                Parent = inside;
                Index++;
                Open(shape, Index);
                return true;
            }

            if (shape.Tag is DwTag.LexicalBlock or DwTag.TryBlock or DwTag.CatchBlock or DwTag.WithStatement)
            {
                _cursor.SkipAttributes();
                Open(shape, inside);
            }
            else
            {
                _cursor.SkipTree();
            }
        }

        return false;
    }

    private readonly void Open(Abbreviation shape, int call)
    {
        if (!shape.HasChildren)
        {
            return;
        }

        _open.Add(call);
        if (_open.Count > ParserLimits.MaxEntryDepth)
        {
            throw _unit.Bytes.Error((long)_cursor.Offset.Value, $"expected entries nested at most {ParserLimits.MaxEntryDepth} deep");
        }
    }
}
