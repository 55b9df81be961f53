using System.Buffers.Binary;
using System.Globalization;

namespace KernelDebug.Bpf.Code;

/// <summary>The instructions that are generated, as text in the syntax of the kernel's documentation and of LLVM: <c>r1 = *(u64 *)(r6 + 0x8)</c>.</summary>
internal static class BpfInstructionText
{
    /// <summary>In the place of a call's source register: the function is named by its type's id (BPF_PSEUDO_KFUNC_CALL, include/uapi/linux/bpf.h).</summary>
    public const BpfRegister ByType = (BpfRegister)2;

    private const int Size = 8;
    private const byte LoadImmediate = 0x18, CallCode = 0x85, ExitCode = 0x95, FetchFlag = 1;
    private const int ClassMask = 0x07, LoadMemory = 0x01, StoreImmediate = 0x02, StoreRegister = 0x03, Jump = 0x05, FromRegister = 0x08, AtomicMode = 0xc0, ModeMask = 0xe0, OperationMask = 0xf0, WidthMask = 0x18;

    /// <summary>One instruction.</summary>
    /// <param name="code">The program.</param>
    /// <param name="at">Its first byte.</param>
    /// <param name="symbol">The map or counter whose address it loads; null for none.</param>
    /// <param name="length">Bytes it takes: 8, or 16.</param>
    public static string Of(ReadOnlySpan<byte> code, int at, string? symbol, out int length)
    {
        ReadOnlySpan<byte> bytes = code.Slice(at, Size);
        byte operation = bytes[0];
        string to = Register(bytes[1] & 0xf), from = Register(bytes[1] >> 4);
        short offset = BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]);
        int value = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        length = operation == LoadImmediate ? 2 * Size : Size;
        bool isRegister = (operation & FromRegister) != 0;
        string operand = isRegister ? from : Number(value);
        switch (operation)
        {
            case LoadImmediate:
                ulong all = (uint)value | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(code[(at + Size + 4)..]) << 32);
                return symbol is null ? $"{to} = {Number((long)all)} ll" : $"{to} = {symbol} ll";
            case CallCode:
                return bytes[1] >> 4 == (int)ByType ? string.Create(CultureInfo.InvariantCulture, $"call kernel-function#{value}") : $"call 0x{value:x}";
            case ExitCode:
                return "exit";
        }

        string width = (BpfWidth)(operation & WidthMask) switch { BpfWidth.One => "u8", BpfWidth.Two => "u16", BpfWidth.Four => "u32", _ => "u64" };
        switch (operation & ClassMask)
        {
            case LoadMemory:
                return $"{to} = *({width} *)({from} {Offset(offset)})";
            case StoreImmediate:
                return $"*({width} *)({to} {Offset(offset)}) = {Number(value)}";
            case StoreRegister when (operation & ModeMask) == AtomicMode:
                return value == FetchFlag ? $"{from} = atomic_fetch_add(({width} *)({to} {Offset(offset)}), {from})" : $"lock *({width} *)({to} {Offset(offset)}) += {from}";
            case StoreRegister:
                return $"*({width} *)({to} {Offset(offset)}) = {from}";
            case Jump when (operation & OperationMask) == (int)BpfCondition.Always:
                return $"goto {Distance(offset)}";
            case Jump:
                return $"if {to} {Condition((BpfCondition)(operation & OperationMask))} {operand} goto {Distance(offset)}";
            default:
                return $"{to} {Operation((BpfOperation)(operation & OperationMask))} {operand}";
        }
    }

    private static string Register(int number) => string.Create(CultureInfo.InvariantCulture, $"r{number}");

    private static string Number(long value) => value < 0 ? $"-0x{unchecked(0 - (ulong)value):x}" : $"0x{value:x}";

    private static string Offset(short offset) => offset < 0 ? $"- 0x{-offset:x}" : $"+ 0x{offset:x}";

    private static string Distance(short offset) => offset < 0 ? $"-0x{-offset:x}" : $"+0x{offset:x}";

    private static string Condition(BpfCondition condition) => condition switch
    {
        BpfCondition.Equal => "==",
        BpfCondition.NotEqual => "!=",
        BpfCondition.Greater => ">",
        BpfCondition.GreaterOrEqual => ">=",
        BpfCondition.Less => "<",
        BpfCondition.LessOrEqual => "<=",
        BpfCondition.SignedGreater => "s>",
        BpfCondition.SignedGreaterOrEqual => "s>=",
        BpfCondition.SignedLess => "s<",
        _ => "s<=",
    };

    private static string Operation(BpfOperation operation) => operation switch
    {
        BpfOperation.Add => "+=",
        BpfOperation.Subtract => "-=",
        BpfOperation.Multiply => "*=",
        BpfOperation.Or => "|=",
        BpfOperation.And => "&=",
        BpfOperation.Divide => "/=",
        BpfOperation.ShiftLeft => "<<=",
        BpfOperation.ShiftRight => ">>=",
        BpfOperation.Modulo => "%=",
        BpfOperation.Xor => "^=",
        BpfOperation.ShiftRightSigned => "s>>=",
        _ => "=",
    };
}
