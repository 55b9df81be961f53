using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>Where a variable is, as far as it is understood here.</summary>
internal enum LocationKind
{
    /// <summary>In pieces, computed, optimised out, or an operation that is not read.</summary>
    Unknown,
    /// <summary>In a register: DW_OP_reg0 to DW_OP_regx.</summary>
    Register,
    /// <summary>Nowhere, but its value is a register's plus an offset: DW_OP_bregN, DW_OP_stack_value.</summary>
    RegisterValue,
    /// <summary>In memory at a register's value plus an offset: DW_OP_bregN.</summary>
    Memory,
    /// <summary>In memory at an offset from the canonical frame address: DW_OP_fbreg where the frame base is DW_OP_call_frame_cfa.</summary>
    Frame,
    /// <summary>Its value is such an address: DW_OP_fbreg, DW_OP_stack_value.</summary>
    FrameValue,
    /// <summary>In memory at an address of the file: DW_OP_addr, DW_OP_addrx.</summary>
    Static,
    /// <summary>Its value is such an address.</summary>
    StaticValue,
    /// <summary>Its value is what a register had when the function was entered, plus an offset: DW_OP_entry_value.</summary>
    EntryValue,
    /// <summary>In memory at an address that is read from a register's value plus an offset, plus another: DW_OP_bregN, DW_OP_deref.</summary>
    Loaded,
    /// <summary>Its value is what is read there, plus <see cref="VariableLocation.Added"/>: DW_OP_bregN, DW_OP_deref, DW_OP_stack_value.</summary>
    LoadedValue,
    /// <summary>Its value is a number: DW_OP_lit0, DW_OP_const1u and their like, DW_OP_stack_value.</summary>
    Constant,
}

/// <summary>Where a variable is.</summary>
/// <param name="Kind">How.</param>
/// <param name="Register">The register by the psABI's DWARF number, where the kind has one.</param>
/// <param name="Offset">Bytes to add; for a static place the address in the file, for a constant its value.</param>
internal readonly record struct VariableLocation(LocationKind Kind, int Register, long Offset)
{
    /// <summary>Bytes added to what was read, where the kind says that something was.</summary>
    public long Added { get; init; }

    /// <summary>Nothing is known.</summary>
    public static VariableLocation Unknown => default;

    /// <summary>
    /// Reads an expression (DWARF 5, Sections 2.5 and 2.6) that is a single sum: of a register, the frame base or an address, and
    /// constants. That is what compilers write for variables that live in one place; of all others nothing is said.
    /// </summary>
    /// <param name="unit">The unit, for indexed addresses.</param>
    /// <param name="expression">The operations.</param>
    /// <param name="frameBase">What DW_AT_frame_base of the function says.</param>
    /// <exception cref="BinaryFormatException">An operation's operand is cut.</exception>
    public static VariableLocation Read(DwarfUnit unit, ByteSlice expression, VariableLocation frameBase)
    {
        SpanReader reader = expression.Reader();
        VariableLocation? sum = null;
        bool isValue = false;
        while (!reader.IsAtEnd)
        {
            byte op = reader.ReadByte();
            if (isValue)
            {
                // Behind DW_OP_stack_value only pieces may stand: a part of the variable.
                return Unknown;
            }

            if (sum is null)
            {
                sum = First(unit, ref reader, op, frameBase);
                if (sum is null)
                {
                    return Unknown;
                }

                continue;
            }

            if (sum.Value.Kind == LocationKind.Register)
            {
                return Unknown;
            }

            switch (op)
            {
                case 0x23: // DW_OP_plus_uconst
                    sum = sum.Value.Plus((long)reader.ReadUleb128());
                    break;
                case 0x06 when sum.Value.Kind == LocationKind.Memory: // DW_OP_deref
                    sum = sum.Value with { Kind = LocationKind.Loaded };
                    break;
                case (>= 0x30 and <= 0x4f) or (>= 0x08 and <= 0x11) when Number(ref reader, op) is { } number && !reader.IsAtEnd:
                    byte operation = reader.ReadByte();
                    if (operation is not (0x22 or 0x1c)) // DW_OP_plus, DW_OP_minus
                    {
                        return Unknown;
                    }

                    sum = sum.Value.Plus(operation == 0x22 ? number : unchecked(-number));
                    break;
                case 0x9f: // DW_OP_stack_value
                    isValue = true;
                    break;
                default:
                    return Unknown;
            }
        }

        return sum is not { } one ? Unknown : isValue ? AsValue(one) : one;
    }

    /// <summary>Reads what DW_AT_frame_base says: a register, or DW_OP_call_frame_cfa.</summary>
    /// <exception cref="BinaryFormatException">It is cut.</exception>
    public static VariableLocation ReadFrameBase(DwarfUnit unit, ByteSlice expression)
    {
        VariableLocation place = Read(unit, expression, Unknown);
        return place.Kind switch
        {
            // A frame base is a value: DW_OP_reg6 means what %rbp holds.
            LocationKind.Register => place with { Kind = LocationKind.Memory },
            LocationKind.Frame or LocationKind.Memory => place,
            _ => Unknown,
        };
    }

    private static VariableLocation? First(DwarfUnit unit, ref SpanReader reader, byte op, VariableLocation frameBase)
    {
        switch (op)
        {
            case >= 0x50 and <= 0x6f: // DW_OP_reg0 to DW_OP_reg31
                return new(LocationKind.Register, op - 0x50, 0);
            case 0x90: // DW_OP_regx
                return new(LocationKind.Register, (int)Math.Min(reader.ReadUleb128(), int.MaxValue), 0);
            case >= 0x70 and <= 0x8f: // DW_OP_breg0 to DW_OP_breg31
                return new(LocationKind.Memory, op - 0x70, reader.ReadSleb128());
            case 0x92: // DW_OP_bregx
                int register = (int)Math.Min(reader.ReadUleb128(), int.MaxValue);
                return new(LocationKind.Memory, register, reader.ReadSleb128());
            case 0x91: // DW_OP_fbreg
                long offset = reader.ReadSleb128();
                return frameBase.Kind is LocationKind.Frame or LocationKind.Memory ? frameBase with { Offset = unchecked(frameBase.Offset + offset) } : null;
            case 0x9c: // DW_OP_call_frame_cfa
                return new(LocationKind.Frame, 0, 0);
            case 0x03: // DW_OP_addr
                return new(LocationKind.Static, 0, (long)reader.ReadUnsigned(unit.Header.Encoding.AddressSize));
            case 0xa1: // DW_OP_addrx
                return new(LocationKind.Static, 0, (long)unit.ReadIndexedAddress(reader.ReadUleb128()));
            case 0xa3 or 0xf3: // DW_OP_entry_value, DW_OP_GNU_entry_value
                return EntryValueOf(ref reader);
            default:
                return Number(ref reader, op) is { } number ? new(LocationKind.Constant, 0, number) : null;
        }
    }

    /// <summary>The number an operation pushes; null for other operations.</summary>
    private static long? Number(ref SpanReader reader, byte op)
    {
        switch (op)
        {
            case >= 0x30 and <= 0x4f: // DW_OP_lit0 to DW_OP_lit31
                return op - 0x30;
            case 0x08: // DW_OP_const1u
                return reader.ReadByte();
            case 0x09: // DW_OP_const1s
                return (sbyte)reader.ReadByte();
            case 0x0a: // DW_OP_const2u
                return reader.ReadUInt16();
            case 0x0b: // DW_OP_const2s
                return (short)reader.ReadUInt16();
            case 0x0c: // DW_OP_const4u
                return reader.ReadUInt32();
            case 0x0d: // DW_OP_const4s
                return (int)reader.ReadUInt32();
            case 0x0e or 0x0f: // DW_OP_const8u, DW_OP_const8s
                return (long)reader.ReadUInt64();
            case 0x10: // DW_OP_constu
                return (long)reader.ReadUleb128();
            case 0x11: // DW_OP_consts
                return reader.ReadSleb128();
            default:
                return null;
        }
    }

    private VariableLocation Plus(long bytes) => Kind == LocationKind.Loaded
        ? this with { Added = unchecked(Added + bytes) }
        : this with { Offset = unchecked(Offset + bytes) };

    /// <summary>The inner expression that names a register (DWARF 5, Section 2.5.1.7); others cannot be told from outside.</summary>
    private static VariableLocation? EntryValueOf(ref SpanReader reader)
    {
        if (reader.ReadUleb128() != 1)
        {
            return null;
        }

        byte inner = reader.ReadByte();
        return inner is >= 0x50 and <= 0x6f ? new(LocationKind.EntryValue, inner - 0x50, 0) : null;
    }

    private static VariableLocation AsValue(VariableLocation place) => place with
    {
        Kind = place.Kind switch
        {
            LocationKind.Memory => LocationKind.RegisterValue,
            LocationKind.Loaded => LocationKind.LoadedValue,
            LocationKind.Frame => LocationKind.FrameValue,
            LocationKind.Static => LocationKind.StaticValue,
            LocationKind.EntryValue => LocationKind.EntryValue,
            LocationKind.Constant => LocationKind.Constant,
            _ => LocationKind.Unknown,
        },
    };
}

/// <summary>Where a variable is while the instruction pointer is in a range of addresses of the file.</summary>
internal readonly record struct LocationEntry(AddressRange Range, VariableLocation Location);
