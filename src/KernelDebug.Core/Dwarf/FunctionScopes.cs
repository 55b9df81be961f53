using KernelDebug.IO;
using KernelDebug.Types;

namespace KernelDebug.Dwarf;

/// <summary>A variable or parameter of a function, or of one inlined into it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Depth">How deep its scope is nested: 0 for the function's own.</param>
/// <param name="Scope">The addresses its scope holds.</param>
/// <param name="Function">The function it is declared in; null where not stated.</param>
/// <param name="Places">Where it is, address by address.</param>
internal sealed record ScopeVariable(string Name, DataType Type, int Depth, AddressRange[] Scope, string? Function, LocationEntry[] Places)
{
    /// <summary>True while the address is in its scope.</summary>
    public bool IsVisibleAt(ulong address)
    {
        foreach (AddressRange range in Scope)
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A function that has code: its ranges, and the variables of all its scopes (DWARF 5, Sections 3.3 to 3.5 and 4.1).</summary>
internal sealed class FunctionScopes
{
    private readonly List<ScopeVariable> _variables = [];
    private readonly DwarfTypes _types;
    private readonly DwarfFile _file;
    private readonly DwarfUnit _unit;
    private readonly VariableLocation _frameBase;

    private FunctionScopes(DwarfFile file, DwarfUnit unit, DwarfTypes types, EntryDetails function)
    {
        _file = file;
        _unit = unit;
        _types = types;
        Ranges = unit.ReadRanges(function.LowPc, function.HighPc, function.Ranges);
        _frameBase = function.FrameBase.Form is DwForm.Expression or DwForm.Block or DwForm.Block1
            ? VariableLocation.ReadFrameBase(unit, unit.ReadBlock(function.FrameBase))
            : VariableLocation.Unknown;
    }

    /// <summary>The unit it is in.</summary>
    public DwarfUnit Unit => _unit;

    /// <summary>The addresses of its code.</summary>
    public AddressRange[] Ranges { get; }

    /// <summary>The variables and parameters, those of outer scopes first.</summary>
    public IReadOnlyList<ScopeVariable> Variables => _variables;

    /// <summary>Reads a function.</summary>
    /// <param name="file">The file.</param>
    /// <param name="unit">The unit it is in.</param>
    /// <param name="function">Its entry.</param>
    /// <param name="types">The types.</param>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    public static FunctionScopes? Read(DwarfFile file, DwarfUnit unit, UnitOffset function, DwarfTypes types)
    {
        if (!new EntryPlace(file, unit, function).TryOpen(out EntryCursor cursor))
        {
            return null;
        }

        bool hasChildren = cursor.Abbreviation!.HasChildren;
        EntryDetails entry = cursor.ReadDetails();
        var scopes = new FunctionScopes(file, unit, types, entry);
        if (hasChildren)
        {
            scopes.Walk(ref cursor, scopes.NameOf(entry));
        }

        return scopes;
    }

    private void Walk(ref EntryCursor cursor, string? name)
    {
        var open = new List<(AddressRange[] Ranges, string? Function)> { (Ranges, name) };
        while (open.Count > 0 && cursor.Next())
        {
            _unit.Sections.Budget.Spend(1, _unit.Bytes);
            if (cursor.Abbreviation is not { } shape)
            {
                open.RemoveAt(open.Count - 1);
                continue;
            }

            switch (shape.Tag)
            {
                case DwTag.FormalParameter or DwTag.Variable:
                    EntryDetails variable = cursor.ReadDetails();
                    Add(variable, open[^1].Ranges, open.Count - 1, open[^1].Function);
                    cursor.SkipChildren(variable.Sibling);
                    break;
                case DwTag.InlinedSubroutine or DwTag.LexicalBlock or DwTag.TryBlock or DwTag.CatchBlock or DwTag.WithStatement:
                    bool isInlined = shape.Tag == DwTag.InlinedSubroutine;
                    EntryDetails scope = cursor.ReadDetails();
                    if (!shape.HasChildren)
                    {
                        break;
                    }

                    if (open.Count >= ParserLimits.MaxEntryDepth)
                    {
                        throw _unit.Bytes.Error((long)cursor.Offset.Value, $"expected entries nested at most {ParserLimits.MaxEntryDepth} deep");
                    }

                    // A block without addresses of its own has those of the scope around it.
                    bool hasOwn = scope.LowPc.IsPresent || scope.Ranges.IsPresent;
                    AddressRange[] ranges = hasOwn ? _unit.ReadRanges(scope.LowPc, scope.HighPc, scope.Ranges) : open[^1].Ranges;
                    open.Add((ranges, isInlined ? NameOf(scope) : open[^1].Function));
                    break;
                default:
                    cursor.SkipTree();
                    break;
            }
        }
    }

    private void Add(EntryDetails entry, AddressRange[] scope, int depth, string? function)
    {
        if (!entry.Location.IsPresent)
        {
            return;
        }

        (string? name, DataType type) = Describe(entry);
        LocationEntry[] places = name is null ? [] : LocationLists.Read(_unit, entry.Location, _frameBase);
        if (places.Length > 0)
        {
            _variables.Add(new ScopeVariable(name!, type, depth, scope, function, places));
        }
    }

    private string? NameOf(EntryDetails entry) => Describe(entry).Name;

    /// <summary>The name and type, its own or those of the abstract instance or declaration it refers to.</summary>
    private (string? Name, DataType Type) Describe(EntryDetails entry)
    {
        var owner = new EntryPlace(_file, _unit, default);
        for (int depth = 0; depth < ParserLimits.MaxReferenceDepth; depth++)
        {
            if (owner.Unit.ReadString(entry.Name) is { } name)
            {
                return (name, _types.TypeOf(owner, entry.Type));
            }

            FormValue next = entry.AbstractOrigin.IsPresent ? entry.AbstractOrigin : entry.Specification;
            if (!next.IsPresent || owner.Follow(next) is not { } target || !target.TryOpen(out EntryCursor cursor))
            {
                break;
            }

            owner = target;
            entry = cursor.ReadDetails();
        }

        return (null, DataType.Void);
    }
}
