using KernelDebug.Btf;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>Walks the DWARF of a file and makes BTF of its types, functions and per-CPU variables.</summary>
internal sealed class DwarfConverter
{
    private readonly DwarfFile _dwarf;
    private readonly BtfWriter _writer;
    private readonly TypeEntries _entries;
    private readonly TypeConverter _types;
    private readonly ElfNames _names;
    private readonly List<(string Name, uint ReturnType, List<(string? Name, uint Type)> Parameters)> _functions = [];
    private readonly List<(string Name, uint Type, bool IsGlobal, uint Offset, uint Size)> _variables = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    private DwarfConverter(DwarfFile dwarf, ElfNames names, BtfFile? baseFile, CancellationToken stop)
    {
        _dwarf = dwarf;
        _names = names;
        _writer = new BtfWriter(baseFile);
        // The type of array indexes: the first "int" of the file, or one of our own, which then is the first type.
        bool hasInt = FindInt(stop, out uint at);
        uint own = hasInt ? 0u : _writer.AddInt("__ARRAY_SIZE_TYPE__", 4, 0);
        _entries = new TypeEntries(dwarf, _writer.NextId);
        _types = new TypeConverter(dwarf, _entries, _writer, hasInt ? _writer.NextId + at : own);
    }

    /// <summary>The BTF, double types included.</summary>
    /// <param name="elf">The file.</param>
    /// <param name="baseFile">What it continues; null for none.</param>
    /// <param name="progress">Told how far it is, of 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="BinaryFormatException">The debug information is damaged.</exception>
    /// <exception cref="InvalidDataException">It has no DWARF, or what BTF cannot hold.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static (byte[] Types, int Count, int Functions, int Variables) Convert(ElfFile elf, BtfFile? baseFile, Action<double> progress, CancellationToken stop)
    {
        var dwarf = new DwarfFile(elf);
        if (!dwarf.HasDebugInfo)
        {
            throw new InvalidDataException($"{elf.Path} has no DWARF: no section .debug_info");
        }

        var converter = new DwarfConverter(dwarf, ElfNames.Read(elf), baseFile, stop);
        converter.Run(progress, stop);
        return (converter._writer.ToArray(), converter._writer.Count, converter._functions.Count, converter._variables.Count);
    }

    private void Run(Action<double> progress, CancellationToken stop)
    {
        foreach (DwarfUnit unit in _dwarf.AllUnits())
        {
            stop.ThrowIfCancellationRequested();
            if (unit.IsSkeleton)
            {
                throw unit.Bytes.Error(0, $"expected the entries in this file, have them in {unit.DwoName}");
            }

            _entries.Add(unit);
            progress(0.4 * unit.Header.End.Value / _dwarf.Length);
        }

        foreach (DwarfUnit unit in _dwarf.AllUnits())
        {
            stop.ThrowIfCancellationRequested();
            Walk(unit);
            progress(0.4 + 0.6 * unit.Header.End.Value / _dwarf.Length);
        }

        foreach ((string name, uint returnType, List<(string? Name, uint Type)> parameters) in _functions)
        {
            _ = _writer.AddReference(BtfKind.Function, name, _writer.AddPrototype(returnType, parameters));
        }

        if (_variables.Count > 0)
        {
            _ = _writer.AddDataSection(ElfNames.PerCpuSection, [.. _variables.OrderBy(variable => variable.Offset)
                .Select(variable => new WrittenPlace(_writer.AddVariable(variable.Name, variable.Type, variable.IsGlobal), variable.Offset, variable.Size))]);
        }
    }

    private void Walk(DwarfUnit unit)
    {
        int depth = 0;
        var cursor = new EntryCursor(unit, unit.Header.RootOffset);
        while (cursor.Next())
        {
            if (cursor.Abbreviation is not { } shape)
            {
                depth--;
                continue;
            }

            if (TypeEntries.IsType(shape.Tag))
            {
                _types.Convert(unit, cursor);
            }
            else if (shape.Tag == DwTag.Subprogram)
            {
                AddFunction(unit, cursor);
            }
            else if (shape.Tag == DwTag.Variable && _names.HasPerCpuVariables && depth == 1)
            {
                AddVariable(unit, cursor);
            }

            cursor.SkipAttributes();
            depth += shape.HasChildren ? 1 : 0;
            if (depth > ParserLimits.MaxEntryDepth)
            {
                throw unit.Bytes.Error((long)cursor.Offset.Value, $"expected entries nested at most {ParserLimits.MaxEntryDepth} deep");
            }
        }
    }

    /// <summary>A function is taken once, as the first unit has it whose parameters all have names, and only where a symbol bears its very name.</summary>
    private void AddFunction(DwarfUnit unit, EntryCursor cursor)
    {
        var place = new EntryPlace(_dwarf, unit, cursor.Offset);
        EntryDetails entry = cursor.ReadDetails();
        if (entry.Declaration is { IsPresent: true, Number: not 0 })
        {
            return;
        }

        string? name = unit.ReadString(entry.Name);
        EntryPlace typed = place;
        FormValue type = entry.Type;
        FormValue origin = entry.AbstractOrigin.IsPresent ? entry.AbstractOrigin : entry.Specification;
        if (name is null && origin.IsPresent && place.Follow(origin) is { } other && other.TryOpen(out EntryCursor there))
        {
            EntryDetails original = there.ReadDetails();
            (name, typed, type) = (other.Unit.ReadString(original.Name), other, original.Type);
        }

        if (name is null || !_names.Functions.Contains(name) || _taken.Contains(name) || _types.Parameters(place, cursor, mustHaveNames: true) is not { } parameters)
        {
            return;
        }

        _ = _taken.Add(name);
        _functions.Add((name, _entries.IdOf(typed, type), parameters));
    }

    private void AddVariable(DwarfUnit unit, EntryCursor cursor)
    {
        var place = new EntryPlace(_dwarf, unit, cursor.Offset);
        EntryDetails entry = cursor.ReadDetails();
        // Before DWARF 4 an expression was a block.
        if (entry.Location.Form is not (DwForm.Expression or DwForm.Block or DwForm.Block1)
            || VariableLocation.Read(unit, unit.ReadBlock(entry.Location), VariableLocation.Unknown) is not { Kind: LocationKind.Static, Offset: var address })
        {
            return;
        }

        if (entry.Specification.IsPresent && place.Follow(entry.Specification) is { } declaration && declaration.TryOpen(out EntryCursor there))
        {
            (place, entry) = (declaration, there.ReadDetails());
        }

        if (place.Unit.ReadString(entry.Name) is { } name && _names.PerCpuVariable((ulong)address, name) is var (offset, size)
            && _entries.IdOf(place, entry.Type) is not 0 and var type)
        {
            _variables.Add((name, type, entry.External.IsPresent, offset, size));
        }
    }

    /// <summary>Where among the types the first base type <c>int</c> is.</summary>
    private bool FindInt(CancellationToken stop, out uint at)
    {
        at = 0;
        foreach (DwarfUnit unit in _dwarf.AllUnits())
        {
            stop.ThrowIfCancellationRequested();
            var cursor = new EntryCursor(unit, unit.Header.RootOffset);
            while (cursor.Next())
            {
                if (cursor.Abbreviation is not { } shape)
                {
                    continue;
                }

                if (shape.Tag == DwTag.BaseType && unit.ReadString(NameOf(cursor)) == "int")
                {
                    return true;
                }

                at += TypeEntries.IsType(shape.Tag) ? 1u : 0;
                cursor.SkipAttributes();
            }
        }

        return false;
    }

    /// <summary>Of a copy of the cursor, so that the caller's stays at the entry.</summary>
    private static FormValue NameOf(EntryCursor cursor) => cursor.ReadDetails().Name;
}
