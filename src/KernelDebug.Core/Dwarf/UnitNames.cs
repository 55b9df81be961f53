using KernelDebug.IO;
using KernelDebug.Types;

namespace KernelDebug.Dwarf;

/// <summary>The variables and functions of a unit's top level by name: declarations of other units' are there too, with their types.</summary>
internal sealed class UnitNames
{
    private readonly Dictionary<string, UnitOffset> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UnitOffset> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, string> _byAddress = [];
    private readonly HashSet<string> _repeated = new(StringComparer.Ordinal);
    private readonly DwarfFile _file;
    private readonly DwarfUnit _unit;

    /// <summary>Walks the top level once.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public UnitNames(DwarfFile file, DwarfUnit unit)
    {
        _file = file;
        _unit = unit;
        unit.Sections.Budget.Spend(unit.Bytes.Length, unit.Bytes);
        var cursor = new EntryCursor(unit, unit.Header.RootOffset);
        if (!cursor.Next() || cursor.Abbreviation is not { HasChildren: true })
        {
            return;
        }

        cursor.SkipAttributes();
        while (cursor.Next() && cursor.Abbreviation is { } shape)
        {
            if (shape.Tag is not (DwTag.Variable or DwTag.Subprogram))
            {
                cursor.SkipTree();
                continue;
            }

            UnitOffset offset = cursor.Offset;
            EntryDetails entry = cursor.ReadDetails();
            if (shape.Tag == DwTag.Variable)
            {
                AddVariable(entry, offset);
            }
            else if (unit.ReadString(entry.Name) is { } name)
            {
                _ = _functions.TryAdd(name, offset);
            }

            cursor.SkipChildren(entry.Sibling);
        }
    }

    /// <summary>The type of a variable of this name; null where the unit has none, or several.</summary>
    public DataType? TypeOfVariable(string name, DwarfTypes types) =>
        _variables.TryGetValue(name, out UnitOffset offset) && !_repeated.Contains(name) ? TypeAt(offset, types) : null;

    /// <summary>What a function of this name returns; null where the unit does not know it.</summary>
    public DataType? TypeReturnedBy(string name, DwarfTypes types) => _functions.TryGetValue(name, out UnitOffset offset) ? TypeAt(offset, types) : null;

    /// <summary>The variable that begins at an address of the file; null where none of this unit does.</summary>
    public string? VariableAt(ulong address) => _byAddress.GetValueOrDefault(address);

    private DataType? TypeAt(UnitOffset offset, DwarfTypes types)
    {
        var place = new EntryPlace(_file, _unit, offset);
        return place.TryOpen(out EntryCursor cursor) ? types.TypeOf(place, cursor.ReadDetails().Type) : null;
    }

    private void AddVariable(EntryDetails entry, UnitOffset offset)
    {
        string? name = _unit.ReadString(entry.Name);
        bool isDeclared = name is not null;
        if (name is null && entry.Specification.IsPresent
            && new EntryPlace(_file, _unit, offset).Follow(entry.Specification) is { } declaration && declaration.TryOpen(out EntryCursor cursor))
        {
            name = declaration.Unit.ReadString(cursor.ReadDetails().Name);
        }

        if (name is null)
        {
            return;
        }

        if (isDeclared && !_variables.TryAdd(name, offset))
        {
            _ = _repeated.Add(name);
        }

        if (entry.Location.Form is DwForm.Expression
            && VariableLocation.Read(_unit, _unit.ReadBlock(entry.Location), VariableLocation.Unknown) is { Kind: LocationKind.Static, Offset: var address })
        {
            _ = _byAddress.TryAdd((ulong)address, name);
        }
    }
}
