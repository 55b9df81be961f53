using System.Globalization;
using System.Text;
using Iced.Intel;

namespace KernelDebug.Disassembly;

/// <summary>
/// Writes a memory operand as objdump does: <c>0x8(%rax,%riz,1)</c> or <c>QWORD PTR [rax+riz*1+0x8]</c>, with the displacement
/// and the index as encoded, also where they are without effect.
/// </summary>
internal sealed class MemoryOperandFormatter(int bitness, bool att)
{
    private readonly StringBuilder text = new(48);

    /// <summary>What a rip-relative operand refers to; null after any other.</summary>
    public ulong? RelativeTarget { get; set; }

    /// <summary>The operand's text, size and segment included.</summary>
    public string Format(in InstructionEncoding encoding, in Instruction instruction, int operand)
    {
        text.Clear();
        if (!att) text.Append(MemorySizeNames.Of(encoding, instruction));
        var kind = instruction.GetOpKind(operand);
        if (kind == OpKind.Memory) Explicit(encoding, instruction);
        else Implied(encoding, kind);
        return text.ToString();
    }

    private void Explicit(in InstructionEncoding encoding, in Instruction instruction)
    {
        var segment = Segment(encoding);
        if (instruction.Mnemonic == Mnemonic.Xlatb)
        {
            Simple(segment ?? "ds", RegisterName(instruction.MemoryBase));
            return;
        }
        if (segment is not null) AppendSegment(segment);

        var baseName = RegisterName(instruction.MemoryBase);
        var indexName = RegisterName(instruction.MemoryIndex);
        var isRelative = instruction.IsIPRelativeMemoryOperand;
        var hasDisplacement = instruction.MemoryDisplSize > 0 || isRelative;
        var displacement = (long)instruction.MemoryDisplacement64;
        var wide = (encoding.HasPrefix(0x67) ? 32 : bitness) == 64;
        if (isRelative)
        {
            RelativeTarget = instruction.IPRelativeMemoryAddress;
            displacement = (int)(RelativeTarget.Value - instruction.NextIP);
        }
        else if (bitness == 32 || !wide)
        {
            displacement = instruction.MemoryBase.GetSize() == 2 || instruction.MemoryIndex.GetSize() == 2
                ? (short)displacement : (int)displacement;
        }

        if (encoding.HasSib && indexName is null && UnusedIndex(encoding, instruction, out var scale))
        {
            indexName = wide ? "riz" : "eiz";
        }
        else
        {
            scale = encoding.HasWordAddress ? 0 : instruction.MemoryIndexScale;
        }
        if (baseName is null && indexName is null) Absolute(instruction, segment, wide);
        else if (att) Att(baseName, indexName, scale, hasDisplacement, displacement);
        else Intel(baseName, indexName, scale, hasDisplacement, displacement, isRelative);
    }

    private void Att(string? baseName, string? indexName, int scale, bool hasDisplacement, long displacement)
    {
        if (hasDisplacement) AppendSigned(displacement);
        text.Append('(');
        if (baseName is not null) text.Append('%').Append(baseName);
        if (indexName is not null) text.Append(",%").Append(indexName);
        if (indexName is not null && scale > 0) text.Append(',').Append((char)('0' + scale));
        text.Append(')');
    }

    private void Intel(string? baseName, string? indexName, int scale, bool hasDisplacement, long displacement, bool isRelative)
    {
        text.Append('[').Append(baseName);
        if (indexName is not null)
        {
            if (baseName is not null) text.Append('+');
            text.Append(indexName);
            if (scale > 0) text.Append('*').Append((char)('0' + scale));
        }
        if (isRelative)
        {
            text.Append("+0x").Append(displacement.ToString("x", CultureInfo.InvariantCulture));
        }
        else if (hasDisplacement)
        {
            if (displacement >= 0) text.Append('+');
            AppendSigned(displacement);
        }
        text.Append(']');
    }

    private void Absolute(in Instruction instruction, string? segment, bool wide)
    {
        if (!att && segment is null) text.Append("ds:");
        var address = instruction.MemoryDisplacement64;
        if (!wide && bitness == 32) address = (uint)address;
        text.Append("0x").Append(address.ToString("x", CultureInfo.InvariantCulture));
    }

    private void Implied(in InstructionEncoding encoding, OpKind kind)
    {
        var register = kind switch
        {
            OpKind.MemorySegSI => "si",
            OpKind.MemorySegESI => "esi",
            OpKind.MemorySegRSI => "rsi",
            OpKind.MemorySegDI or OpKind.MemoryESDI => "di",
            OpKind.MemorySegEDI or OpKind.MemoryESEDI => "edi",
            _ => "rdi",
        };
        var isDestination = kind is OpKind.MemoryESDI or OpKind.MemoryESEDI or OpKind.MemoryESRDI;
        Simple(isDestination ? "es" : Segment(encoding) ?? "ds", register);
    }

    private void Simple(string segment, string? register)
    {
        AppendSegment(segment);
        if (att) text.Append("(%").Append(register).Append(')');
        else text.Append('[').Append(register).Append(']');
    }

    private void AppendSegment(string name)
    {
        if (att) text.Append('%');
        text.Append(name).Append(':');
    }

    private void AppendSigned(long value)
    {
        if (value < 0) text.Append('-');
        var magnitude = value < 0 ? 0UL - (ulong)value : (ulong)value;
        text.Append("0x").Append(magnitude.ToString("x", CultureInfo.InvariantCulture));
    }

    // A SIB byte that names no index; objdump shows it as riz unless rsp or r12 needed the byte to be a base at all.
    private static bool UnusedIndex(in InstructionEncoding encoding, in Instruction instruction, out int scale)
    {
        var sib = encoding.Bytes[encoding.ModRmIndex + 1];
        scale = 1 << (sib >> 6);
        if (instruction.MemoryBase == Register.None) return scale > 1;
        return (sib & 7) != 4 || scale > 1;
    }

    // 64-bit code knows FS and GS only.
    private string? Segment(in InstructionEncoding encoding)
    {
        for (var i = encoding.PrefixCount - 1; i >= 0; i--)
        {
            switch (encoding.Bytes[i])
            {
                case 0x64: return "fs";
                case 0x65: return "gs";
                case 0x26 when bitness == 32: return "es";
                case 0x2e when bitness == 32: return "cs";
                case 0x36 when bitness == 32: return "ss";
                case 0x3e when bitness == 32: return "ds";
            }
        }
        return null;
    }

    private static string? RegisterName(Register register) => register switch
    {
        Register.None => null,
        >= Register.RAX and <= Register.R15 => Names64[register - Register.RAX],
        >= Register.EAX and <= Register.R15D => Names32[register - Register.EAX],
        >= Register.AX and <= Register.DI => Names16[register - Register.AX],
        >= Register.XMM0 and <= Register.XMM31 => "xmm" + (register - Register.XMM0),
        >= Register.YMM0 and <= Register.YMM31 => "ymm" + (register - Register.YMM0),
        >= Register.ZMM0 and <= Register.ZMM31 => "zmm" + (register - Register.ZMM0),
        Register.RIP => "rip",
        Register.EIP => "eip",
        _ => register.ToString().ToLowerInvariant(),
    };

    private static readonly string[] Names64 =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
    private static readonly string[] Names32 =
        ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"];
    private static readonly string[] Names16 = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
}
