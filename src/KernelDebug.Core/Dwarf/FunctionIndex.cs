using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>
/// The functions of a unit that have code, found in one walk over the unit's top level; the walk goes into namespaces and types
/// where the language puts functions there, and into function bodies only if asked.
/// </summary>
internal sealed class FunctionIndex
{
    private readonly ValueList<FunctionPart> _functions = new();
    private readonly DwarfUnit _unit;
    private bool _isDeep;

    public FunctionIndex(DwarfUnit unit)
    {
        _unit = unit;
        Scan();
    }

    /// <summary>The functions' ranges in the entries' order.</summary>
    public ValueList<FunctionPart> All => _functions;

    /// <summary>The entry of the smallest function that holds the address; null where none does.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public UnitOffset? Find(ulong address)
    {
        UnitOffset? found = FindScanned(address);
        if (found is null && !_isDeep)
        {
            // A function inside a function body (GNU C's nested functions), which the quick walk jumped over.
            _isDeep = true;
            _functions.Clear();
            Scan();
            found = FindScanned(address);
        }

        return found;
    }

    private UnitOffset? FindScanned(ulong address)
    {
        UnitOffset? best = null;
        ulong smallest = ulong.MaxValue;
        for (int i = 0; i < _functions.Count; i++)
        {
            (AddressRange range, UnitOffset entry) = _functions[i];
            // Of two names for the same code (memmove and __memmove) the last is taken, as llvm-symbolizer and addr2line do.
            if (range.Contains(address) && range.High - range.Low <= smallest)
            {
                smallest = range.High - range.Low;
                best = entry;
            }
        }

        return best;
    }

    private void Scan()
    {
        _unit.Sections.Budget.Spend(_unit.Bytes.Length, _unit.Bytes);
        bool scopesHoldFunctions = _isDeep || !IsC(_unit.Language);
        var cursor = new EntryCursor(_unit, _unit.Header.RootOffset);
        if (!cursor.Next() || cursor.Abbreviation is null)
        {
            return;
        }

        cursor.SkipAttributes();
        int depth = 1;
        while (depth > 0 && cursor.Next())
        {
            if (cursor.Abbreviation is not { } shape)
            {
                depth--;
                continue;
            }

            if (shape.Tag == DwTag.Subprogram)
            {
                UnitOffset entry = cursor.Offset;
                EntryAttributes attributes = cursor.Read();
                foreach (AddressRange range in _unit.ReadRanges(attributes.LowPc, attributes.HighPc, attributes.Ranges))
                {
                    _functions.Add(new FunctionPart(range, entry));
                }

                if (!_isDeep)
                {
                    cursor.SkipChildren(attributes.Sibling);
                }
                else if (shape.HasChildren)
                {
                    depth++;
                }
            }
            else if (shape.HasChildren && (_isDeep || (scopesHoldFunctions && IsScope(shape.Tag))))
            {
                cursor.SkipAttributes();
                depth++;
            }
            else
            {
                cursor.SkipTree();
            }

            if (depth > ParserLimits.MaxEntryDepth)
            {
                throw _unit.Bytes.Error((long)cursor.Offset.Value, $"expected entries nested at most {ParserLimits.MaxEntryDepth} deep");
            }
        }
    }

    private static bool IsScope(DwTag tag) => tag is DwTag.Namespace or DwTag.Module or DwTag.ClassType or DwTag.StructureType
        or DwTag.UnionType or DwTag.EnumerationType;

    /// <summary>DW_LANG_C89, C, C99, C11, C17 and the assemblers: their types and files hold no functions inside other scopes.</summary>
    private static bool IsC(ulong language) => language is 0x01 or 0x02 or 0x0c or 0x1d or 0x2c or 0x31 or 0x8001;
}
