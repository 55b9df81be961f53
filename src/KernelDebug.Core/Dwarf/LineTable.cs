using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>A row of the line table: the place of the instructions from its address to the next row's.</summary>
/// <param name="File">Index into the table's files.</param>
/// <param name="Line">1-based; 0 for "no line".</param>
/// <param name="Column">1-based; 0 for "no column".</param>
internal readonly record struct LineRow(ulong File, uint Line, uint Column);

/// <summary>
/// A unit's line table, <c>.debug_line</c> versions 2 to 5 (DWARF 5, Section 6.2). Rows are not kept: the first look-up runs the
/// program and notes where its sequences lie, later ones run the one sequence they need.
/// </summary>
internal sealed class LineTable
{
    private readonly LineTableHeader _header;
    private readonly LineTablePaths _paths;
    private readonly WorkBudget _budget;
    private ValueList<Sequence>? _sequences;

    private LineTable(LineTableHeader header, LineTablePaths paths, WorkBudget budget)
    {
        _budget = budget;
        _header = header;
        _paths = paths;
    }

    /// <summary>A run of rows with rising addresses, and where its program begins.</summary>
    private readonly record struct Sequence(AddressRange Range, int ProgramStart);

    /// <exception cref="BinaryFormatException">The header is damaged.</exception>
    public static LineTable Open(DwarfSections sections, DwarfUnit unit, ulong offset)
    {
        var paths = new LineTablePaths(sections, unit);
        return new LineTable(LineTableHeader.Read(sections, unit, offset, paths), paths, sections.Budget);
    }

    /// <summary>The full path of a file; null where the index names none.</summary>
    public string? PathOf(ulong file) => _paths.PathOf(file);

    /// <summary>The row an address belongs to; null where no sequence holds it.</summary>
    /// <exception cref="BinaryFormatException">The program is damaged.</exception>
    public LineRow? Find(ulong address)
    {
        if (_sequences is null)
        {
            _sequences = new();
            LineRow? found = null;
            int at = _header.ProgramStart;
            while (at < _header.Bytes.Length)
            {
                LineRow? row = RunSequence(address, ref at, _sequences, null);
                found ??= row;
            }

            return found;
        }

        for (int i = 0; i < _sequences.Count; i++)
        {
            Sequence sequence = _sequences[i];
            int at = sequence.ProgramStart;
            if (sequence.Range.Contains(address) && RunSequence(address, ref at, null, null) is { } row)
            {
                return row;
            }
        }

        return null;
    }

    /// <summary>Runs the whole program.</summary>
    /// <returns>The runs of code on one line, rising and apart from each other: of those that overlap the first in the program.</returns>
    /// <exception cref="BinaryFormatException">The program is damaged.</exception>
    public ValueList<LineRun> ReadRuns()
    {
        var found = new ValueList<LineRun>();
        int at = _header.ProgramStart;
        while (at < _header.Bytes.Length)
        {
            RunSequence(null, ref at, null, found);
        }

        return LineRuns.InOrder(found);
    }

    /// <summary>Runs the program up to the end of a sequence (DWARF 5, Section 6.2.5).</summary>
    /// <param name="address">The address whose row is returned; null for none.</param>
    /// <param name="at">Where the sequence begins in the table, and then where the next one does.</param>
    /// <param name="sequences">Takes where the sequence lies.</param>
    /// <param name="runs">Takes its rows that have code.</param>
    private LineRow? RunSequence(ulong? address, ref int at, ValueList<Sequence>? sequences, ValueList<LineRun>? runs)
    {
        LineTableHeader header = _header;
        SpanReader reader = header.Bytes.Reader();
        reader.Position = at;
        int start = at;
        var state = new LineState();
        ulong first = ulong.MaxValue;
        ulong previousAddress = 0;
        LineRow previous = default;
        bool hasPrevious = false;
        LineRow? found = null;
        bool ended = false;

        while (!ended && !reader.IsAtEnd)
        {
            byte opcode = reader.ReadByte();
            bool emits;
            if (opcode >= header.OpcodeBase)
            {
                int adjusted = opcode - header.OpcodeBase;
                state.Advance((ulong)(adjusted / header.LineRange), header);
                state.Line = (uint)(state.Line + header.LineBase + adjusted % header.LineRange);
                emits = true;
            }
            else if (opcode == 0)
            {
                emits = ended = RunExtended(ref reader, ref state, header);
            }
            else
            {
                emits = RunStandard(opcode, ref reader, ref state, header);
            }

            if (!emits)
            {
                continue;
            }

            if (hasPrevious && previousAddress <= address && address < state.Address)
            {
                found = previous;
            }

            if (runs is not null && hasPrevious && previousAddress < state.Address)
            {
                LineRuns.Add(runs, new LineRun(previousAddress, state.Address, previous.File, previous.Line <= int.MaxValue ? previous.Line : 0));
            }

            first = Math.Min(first, state.Address);
            previous = new LineRow(state.File, state.Line, state.Column);
            previousAddress = state.Address;
            hasPrevious = true;
        }

        at = reader.Position;
        _budget.Spend(at - start, header.Bytes);
        if (ended && first < previousAddress)
        {
            sequences?.Add(new Sequence(new AddressRange(first, previousAddress), start));
        }

        return found;
    }

    /// <returns>True where the opcode ends the sequence.</returns>
    private static bool RunExtended(ref SpanReader reader, ref LineState state, LineTableHeader header)
    {
        ulong length = reader.ReadUleb128();
        int start = reader.Position;
        if (length == 0)
        {
            return false;
        }

        byte opcode = reader.ReadByte();
        switch (opcode)
        {
            case 1: // DW_LNE_end_sequence
                break;
            case 2: // DW_LNE_set_address
                state.Address = reader.ReadUnsigned((int)Math.Min(length - 1, 16));
                state.OperationIndex = 0;
                break;
            case 3: // DW_LNE_define_file
                _ = reader.ReadCString();
                break;
            default: // DW_LNE_set_discriminator and vendors' own
                break;
        }

        reader.Position = start;
        reader.Skip(length);
        return opcode == 1;
    }

    /// <returns>True where the opcode emits a row.</returns>
    private static bool RunStandard(byte opcode, ref SpanReader reader, ref LineState state, LineTableHeader header)
    {
        switch (opcode)
        {
            case 1: // DW_LNS_copy
                return true;
            case 2: // DW_LNS_advance_pc
                state.Advance(reader.ReadUleb128(), header);
                break;
            case 3: // DW_LNS_advance_line
                state.Line = (uint)(state.Line + reader.ReadSleb128());
                break;
            case 4: // DW_LNS_set_file
                state.File = reader.ReadUleb128();
                break;
            case 5: // DW_LNS_set_column
                ulong column = reader.ReadUleb128();
                state.Column = column <= int.MaxValue ? (uint)column : 0;
                break;
            case 6 or 7 or 10 or 11: // negate_stmt, set_basic_block, set_prologue_end, set_epilogue_begin
                break;
            case 8: // DW_LNS_const_add_pc
                state.Advance((ulong)((255 - header.OpcodeBase) / header.LineRange), header);
                break;
            case 9: // DW_LNS_fixed_advance_pc
                state.Address = unchecked(state.Address + reader.ReadUInt16());
                state.OperationIndex = 0;
                break;
            default: // DW_LNS_set_isa and any later one: its operands are counted in the header.
                for (int i = 0; i < header.OperandCounts[opcode]; i++)
                {
                    _ = reader.ReadUleb128();
                }

                break;
        }

        return false;
    }

    /// <summary>The registers of the line number state machine (DWARF 5, Section 6.2.2).</summary>
    private struct LineState()
    {
        public ulong Address;
        public ulong OperationIndex;
        public ulong File = 1;
        public uint Line = 1;
        public uint Column;

        public void Advance(ulong operations, LineTableHeader header)
        {
            if (header.MaximumOperations <= 1)
            {
                Address = unchecked(Address + operations * header.MinimumInstructionLength);
                return;
            }

            ulong total = unchecked(OperationIndex + operations);
            Address = unchecked(Address + header.MinimumInstructionLength * (total / header.MaximumOperations));
            OperationIndex = total % header.MaximumOperations;
        }
    }
}
