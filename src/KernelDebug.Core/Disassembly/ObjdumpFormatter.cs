using System.Globalization;
using System.Text;
using Iced.Intel;
using KernelDebug.Records;

namespace KernelDebug.Disassembly;

/// <summary>
/// Writes one instruction as <c>objdump -d</c> of binutils 2.40 does. Iced's GNU and Intel formatters give the mnemonic and the
/// registers and immediates; prefixes without effect, memory operands and branch targets are written here, since objdump shows
/// in them how the instruction was encoded.
/// </summary>
internal sealed class ObjdumpFormatter
{
    private const int MnemonicWidth = 6;

    private readonly int bitness;
    private readonly bool att;
    private readonly Formatter iced;
    private readonly StringBuilder line = new(96);
    private readonly StringBuilder operands = new(64);
    private readonly StringOutput scratch = new();
    private readonly MemoryOperandFormatter memory;

    public ObjdumpFormatter(int bitness, AssemblySyntax syntax)
    {
        this.bitness = bitness;
        att = syntax == AssemblySyntax.Att;
        iced = att ? new GasFormatter() : new IntelFormatter();
        var options = iced.Options;
        options.HexPrefix = "0x";
        options.HexSuffix = null;
        options.UppercaseHex = false;
        options.SmallHexNumbersInDecimal = false;
        options.AddLeadingZeroToHexNumbers = false;
        options.LeadingZeros = false;
        options.UsePseudoOps = true;
        memory = new MemoryOperandFormatter(bitness, att);
    }

    /// <summary>Finds the name to print after an address, <c>kfree+0x12</c>; null where there are no symbols.</summary>
    public Func<ulong, string?>? Symbols { get; set; }

    /// <summary>The name <see cref="Symbols"/> gave for what the last instruction branches to; null for none.</summary>
    public string? BranchTarget { get; private set; }

    /// <summary>Whether an <c>fwait</c> stands right before the next instruction and is taken with it.</summary>
    public bool AfterWait { get; set; }

    /// <summary>Forgets the last instruction's target.</summary>
    public void ClearTarget() => BranchTarget = null;

    /// <summary>The text of a valid instruction.</summary>
    public string Format(in InstructionEncoding encoding, in Instruction instruction)
    {
        line.Clear();
        operands.Clear();
        memory.RelativeTarget = null;

        iced.FormatMnemonic(instruction, scratch, FormatMnemonicOptions.NoPrefixes);
        var mnemonic = ObjdumpMnemonics.Correct(scratch.ToStringAndReset(), encoding, instruction, att);
        if (AfterWait && mnemonic.StartsWith("fn", StringComparison.Ordinal) && mnemonic != "fnop") mnemonic = "f" + mnemonic[2..];
        PrefixWriter.Append(line, encoding, instruction, PrefixUseTable.Of(encoding, instruction), bitness, att, ref mnemonic);
        line.Append(mnemonic);
        AppendOperands(encoding, instruction);
        if (operands.Length > 0)
        {
            while (line.Length < MnemonicWidth) line.Append(' ');
            line.Append(' ').Append(operands);
        }
        if (memory.RelativeTarget is { } target)
        {
            line.Append("        # ");
            AppendAddress(line, target);
        }
        return line.ToString();
    }

    /// <summary>The text of bytes that are no instruction: their prefixes by name, then <c>(bad)</c>.</summary>
    public string FormatBad(ReadOnlySpan<byte> prefixes, InvalidEncoding.Shown shown)
    {
        line.Clear();
        if (shown != InvalidEncoding.Shown.None)
        {
            PrefixWriter.AppendNames(line, prefixes, bitness, shown == InvalidEncoding.Shown.NotMandatory);
        }
        return line.Append("(bad)").ToString();
    }

    /// <summary>The names of prefixes that belong to no instruction.</summary>
    public string FormatPrefixes(ReadOnlySpan<byte> prefixes)
    {
        line.Clear();
        PrefixWriter.AppendNames(line, prefixes, bitness);
        return line.ToString(0, line.Length - 1);
    }

    private void AppendOperands(in InstructionEncoding encoding, in Instruction instruction)
    {
        if (instruction.Mnemonic == Mnemonic.Bound && att)
        {
            // The one AT&T instruction with Intel's operand order.
            AppendOperand(InstructionOperandText(encoding, instruction, 0));
            AppendOperand(InstructionOperandText(encoding, instruction, 1));
            return;
        }
        if (OwnOrder(encoding, instruction) is { } order)
        {
            // objdump lists operands that Iced leaves out or adds; AT&T's order is Intel's reversed.
            for (var i = 0; i < order; i++)
            {
                AppendOperand(InstructionOperandText(encoding, instruction, att ? order - 1 - i : i));
            }
            return;
        }
        if (ImpliedOperands(encoding, instruction) is { } implied)
        {
            operands.Append(implied);
            return;
        }
        if (InvalidEncoding.IsX87(encoding) && X87Operands.Of(encoding, att) is { } stack)
        {
            AppendOperand(stack);
            return;
        }
        var count = iced.GetOperandCount(instruction);
        for (var i = 0; i < count; i++)
        {
            var index = iced.GetInstructionOperand(instruction, i);
            var text = index >= 0 ? MemoryOrBranchText(encoding, instruction, index) : null;
            if (text is null || encoding.Map == OpcodeMap.Vector)
            {
                iced.FormatOperand(instruction, scratch, i);
                var formatted = scratch.ToStringAndReset();
                text = text is null ? formatted : text + Decorators(formatted);
            }
            AppendOperand(text);
        }
        // The implied third operand.
        if (!att && encoding.Map == OpcodeMap.Map0F38
            && instruction.Mnemonic is Mnemonic.Sha256rnds2 or Mnemonic.Pblendvb or Mnemonic.Blendvps or Mnemonic.Blendvpd)
        {
            AppendOperand("xmm0");
        }
    }

    // AVX-512's mask and, in AT&T syntax, broadcast behind a memory operand.
    private string Decorators(string operand)
    {
        var at = operand.IndexOf(att ? "{" : "{k", StringComparison.Ordinal);
        return at < 0 ? "" : operand[at..];
    }

    // Registers that AT&T syntax spells out and Iced does not, or the other way round.
    private string? ImpliedOperands(in InstructionEncoding encoding, in Instruction instruction) => instruction.Mnemonic switch
    {
        Mnemonic.Pvalidate => "",
        Mnemonic.Monitor or Mnemonic.Monitorx when att => bitness == 64 && !encoding.HasPrefix(0x67)
            ? "%rax,%ecx,%edx" : "%eax,%ecx,%edx",
        Mnemonic.Mwait when att => "%eax,%ecx",
        Mnemonic.Mwaitx when att => "%eax,%ecx,%ebx",
        _ => null,
    };

    private void AppendOperand(string text)
    {
        if (operands.Length > 0) operands.Append(',');
        operands.Append(text);
    }

    // How many of the instruction's own operands to print, in order; null to go by Iced's formatter.
    private int? OwnOrder(in InstructionEncoding encoding, in Instruction instruction)
    {
        if (ObjdumpMnemonics.IsReservedNop(instruction)) return 1;
        if (ObjdumpMnemonics.IsNop(encoding)) return 0;
        if (encoding.Map == OpcodeMap.Vector) return null;
        if (ObjdumpMnemonics.IsString(encoding) || instruction.Mnemonic == Mnemonic.Imul) return instruction.OpCount;
        if (encoding.Map == OpcodeMap.Map0F && encoding.Opcode is >= 0x20 and <= 0x23) return 2;
        if (encoding.Map != OpcodeMap.Primary) return null;
        return encoding.Opcode switch
        {
            0x8c or 0x8e => 2,
            0x9a or 0xea => 1,
            0xd0 or 0xd1 => att ? 1 : 2,
            0xec or 0xed or 0xee or 0xef => 2,
            >= 0xd8 and <= 0xdf when encoding.IsMemory => 1,
            _ => null,
        };
    }

    private string InstructionOperandText(in InstructionEncoding encoding, in Instruction instruction, int index)
    {
        if (MemoryOrBranchText(encoding, instruction, index) is { } text) return text;
        switch (instruction.GetOpKind(index))
        {
            case OpKind.Register when encoding is { Map: OpcodeMap.Primary, Opcode: 0x8c or 0x8e }:
                return MovedRegister(encoding, instruction, index);
            case OpKind.Register:
                var name = iced.Format(instruction.GetOpRegister(index));
                if (encoding is { Map: OpcodeMap.Map0F, Opcode: >= 0x20 and <= 0x23 } && !instruction.GetOpRegister(index).IsGPR())
                {
                    var number = encoding.Reg | (encoding.RexByte & 4) << 1;
                    var kind = (encoding.Opcode & 1) == 0 ? "cr" : att ? "db" : "dr";
                    return (att ? "%" : "") + kind + number.ToString(CultureInfo.InvariantCulture);
                }
                return name is "%dx" && ObjdumpMnemonics.IsPort(encoding) ? "(%dx)" : name;
            case OpKind.Immediate8 when encoding.Opcode is 0xd0 or 0xd1:
                return "1";
            default:
                var value = instruction.GetImmediate(index);
                if (instruction.Code is Code.Imul_r32_rm32_imm32 or Code.Imul_r32_rm32_imm8) value = (uint)value;
                else if (instruction.Code is Code.Imul_r16_rm16_imm16 or Code.Imul_r16_rm16_imm8) value = (ushort)value;
                return (att ? "$0x" : "0x") + value.ToString("x", CultureInfo.InvariantCulture);
        }
    }

    // mov to and from segment registers: objdump names a number that is none "?", and sizes the other register by its prefixes.
    private string MovedRegister(in InstructionEncoding encoding, in Instruction instruction, int index)
    {
        var register = instruction.GetOpRegister(index);
        if (register.IsSegmentRegister())
        {
            return (att ? "%" : "") + encoding.Reg switch { 0 => "es", 1 => "cs", 2 => "ss", 3 => "ds", 4 => "fs", 5 => "gs", _ => "?" };
        }
        var number = register.GetNumber();
        return iced.Format((encoding.RexByte & 8) != 0 ? Register.RAX + number
            : encoding.HasPrefix(0x66) ? Register.AX + number : Register.EAX + number);
    }

    private string? MemoryOrBranchText(in InstructionEncoding encoding, in Instruction instruction, int index)
    {
        var kind = instruction.GetOpKind(index);
        switch (kind)
        {
            case OpKind.FarBranch16 or OpKind.FarBranch32:
                var offset = kind == OpKind.FarBranch16 ? instruction.FarBranch16 : instruction.FarBranch32;
                var selector = instruction.FarBranchSelector;
                return att ? $"$0x{selector:x},$0x{offset:x}" : $"0x{selector:x}:0x{offset:x}";
            case OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64:
                return Branch(instruction.NearBranchTarget);
            case OpKind.Memory or OpKind.MemorySegSI or OpKind.MemorySegESI or OpKind.MemorySegRSI or OpKind.MemorySegDI
                or OpKind.MemorySegEDI or OpKind.MemorySegRDI or OpKind.MemoryESDI or OpKind.MemoryESEDI or OpKind.MemoryESRDI:
                var text = memory.Format(encoding, instruction, index);
                return att && encoding.Map == OpcodeMap.Primary && encoding.Opcode == 0xff && encoding.Reg is >= 2 and <= 5
                    ? "*" + text : text;
            default:
                return null;
        }
    }

    private string Branch(ulong target)
    {
        var text = new StringBuilder(24);
        BranchTarget = AppendAddress(text, target);
        return text.ToString();
    }

    // A linked file's addresses stand bare with their symbol behind; a bare window's with 0x.
    private string? AppendAddress(StringBuilder to, ulong address)
    {
        var name = Symbols?.Invoke(address);
        if (name is null) to.Append("0x");
        to.Append(address.ToString("x", CultureInfo.InvariantCulture));
        if (name is not null) to.Append(" <").Append(name).Append('>');
        return name;
    }
}
