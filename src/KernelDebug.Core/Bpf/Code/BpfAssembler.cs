using KernelDebug.IO;

namespace KernelDebug.Bpf.Code;

/// <summary>A place in a program that jumps lead to.</summary>
internal sealed class BpfLabel
{
    /// <summary>The instruction it stands before; negative until it is placed.</summary>
    public int Place { get; set; } = -1;

    /// <summary>True where a jump leads to it; the kernel refuses instructions that nothing leads to.</summary>
    public bool IsUsed { get; set; }
}

/// <summary>An instruction that is to hold the address of a map or a variable.</summary>
/// <param name="Offset">Bytes from the program's start.</param>
/// <param name="Symbol">The map's or variable's name.</param>
internal sealed record BpfReference(int Offset, string Symbol);

/// <summary>An instruction that is to lead to a place.</summary>
/// <param name="Instruction">Its index.</param>
/// <param name="Target">The place.</param>
internal sealed record BpfJump(int Instruction, BpfLabel Target);

/// <summary>Writes the instructions of one program, little-endian (Documentation/bpf/standardization/instruction-set.rst).</summary>
internal sealed class BpfAssembler
{
    private const byte LoadImmediate = 0x18, LoadMemory = 0x61, StoreImmediate = 0x62, StoreMemory = 0x63, Atomic = 0xdb;
    private const byte Arithmetic = 0x07, Jump = 0x05, FromRegister = 0x08, CallCode = 0x85, ExitCode = 0x95;
    private const int InstructionSize = 8;

    private readonly ByteBuffer _code = new();
    private readonly List<BpfReference> _references = [];
    private readonly List<BpfJump> _jumps = [];
    private readonly Dictionary<int, string> _comments = [];

    /// <summary>The addresses that the loader fills in.</summary>
    public IReadOnlyList<BpfReference> References => _references;

    /// <summary>Says what the next instructions are for.</summary>
    public void Comment(string text) => _comments.TryAdd(_code.Length, text);

    /// <summary>The instructions as text: where each begins, in eight bytes, what it is, and what it and the next are for.</summary>
    public IEnumerable<(int Place, string Text, string? Comment)> Lines()
    {
        byte[] code = ToArray();
        Dictionary<int, string> symbols = _references.ToDictionary(reference => reference.Offset, reference => reference.Symbol);
        int length;
        for (int at = 0; at < code.Length; at += length)
        {
            string text = BpfInstructionText.Of(code, at, symbols.GetValueOrDefault(at), out length);
            bool isCall = text.StartsWith("call 0x", StringComparison.Ordinal);
            string? named = isCall && (BpfHelper)System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at + 4)) is var helper ? helper.ToString() : null;
            string[] comments = [.. new[] { _comments.GetValueOrDefault(at), named }.OfType<string>()];
            yield return (at / InstructionSize, text, comments.Length == 0 ? null : string.Join("; ", comments));
        }
    }

    /// <summary>to = value, sign-extended.</summary>
    public void Move(BpfRegister to, int value) => Apply(BpfOperation.Move, to, value);

    /// <summary>to = from.</summary>
    public void Move(BpfRegister to, BpfRegister from) => Apply(BpfOperation.Move, to, from);

    /// <summary>to = to operation value, sign-extended.</summary>
    public void Apply(BpfOperation operation, BpfRegister to, int value) => Add((byte)(Arithmetic | (byte)operation), to, 0, 0, value);

    /// <summary>to = to operation from.</summary>
    public void Apply(BpfOperation operation, BpfRegister to, BpfRegister from) => Add((byte)(Arithmetic | FromRegister | (byte)operation), to, from, 0, 0);

    /// <summary>to = an address that the loader knows.</summary>
    public void LoadAddress(BpfRegister to, string symbol)
    {
        _references.Add(new(_code.Length, symbol));
        LoadConstant(to, 0);
    }

    /// <summary>to = value; takes the room of two instructions.</summary>
    public void LoadConstant(BpfRegister to, ulong value)
    {
        Add(LoadImmediate, to, 0, 0, (int)value);
        Add(0, 0, 0, 0, (int)(value >> 32));
    }

    /// <summary>to = memory at from + offset, zero-extended.</summary>
    public void Load(BpfWidth width, BpfRegister to, BpfRegister from, int offset) => Add((byte)(LoadMemory | (byte)width), to, from, checked((short)offset), 0);

    /// <summary>Memory at to + offset = from.</summary>
    public void Store(BpfWidth width, BpfRegister to, int offset, BpfRegister from) => Add((byte)(StoreMemory | (byte)width), to, from, checked((short)offset), 0);

    /// <summary>Memory at to + offset = value, sign-extended.</summary>
    public void Store(BpfWidth width, BpfRegister to, int offset, int value) => Add((byte)(StoreImmediate | (byte)width), to, 0, checked((short)offset), value);

    /// <summary>Adds to eight bytes of memory in one step, whoever else does.</summary>
    public void AddInMemory(BpfRegister to, int offset, BpfRegister value) => Add(Atomic, to, value, checked((short)offset), 0);

    /// <summary>The same; then value = what was there before.</summary>
    public void FetchAndAddInMemory(BpfRegister to, int offset, BpfRegister value)
    {
        const int Fetch = 1;
        Add(Atomic, to, value, checked((short)offset), Fetch);
    }

    /// <summary>R0 = a function of the kernel's, of R1 to R5.</summary>
    public void Call(BpfHelper function) => Add(CallCode, 0, 0, 0, (int)function);

    /// <summary>R0 = a function of the kernel's that has no number of its own (a kfunc), of R1 to R5.</summary>
    /// <param name="type">The id of the function in the kernel's types.</param>
    /// <param name="name">Its name.</param>
    public void CallKernel(uint type, string name)
    {
        Comment(name);
        Add(CallCode, 0, BpfInstructionText.ByType, 0, (int)type);
    }

    /// <summary>Ends the program with what is in R0.</summary>
    public void Exit() => Add(ExitCode, 0, 0, 0, 0);

    /// <summary>Goes to a place.</summary>
    public void GoTo(BpfLabel target) => GoTo(target, BpfCondition.Always, 0, 0);

    /// <summary>Goes to a place where the condition holds between a register and a value, sign-extended.</summary>
    public void GoTo(BpfLabel target, BpfCondition condition, BpfRegister left, int right)
    {
        Note(target);
        Add((byte)(Jump | (byte)condition), left, 0, 0, right);
    }

    /// <summary>Goes to a place where the condition holds between two registers.</summary>
    public void GoTo(BpfLabel target, BpfCondition condition, BpfRegister left, BpfRegister right)
    {
        Note(target);
        Add((byte)(Jump | FromRegister | (byte)condition), left, right, 0, 0);
    }

    /// <summary>Says where a label is: here.</summary>
    public void Place(BpfLabel label) => label.Place = _code.Length / InstructionSize;

    /// <summary>The instructions, 8 bytes each.</summary>
    /// <exception cref="InvalidOperationException">A label was not placed.</exception>
    /// <exception cref="OverflowException">A jump is too long.</exception>
    public byte[] ToArray()
    {
        byte[] code = _code.Span.ToArray();
        foreach (BpfJump jump in _jumps)
        {
            short distance = jump.Target.Place >= 0 ? checked((short)(jump.Target.Place - jump.Instruction - 1)) : throw new InvalidOperationException("a jump leads nowhere");
            System.Buffers.Binary.BinaryPrimitives.WriteInt16LittleEndian(code.AsSpan(jump.Instruction * InstructionSize + 2), distance);
        }

        return code;
    }

    /// <summary>The same with what the kernel makes addresses of: descriptors of maps, and of a variable that of its map and the offset in it.</summary>
    /// <param name="place">Where a map or variable is; the offset is null for a map itself.</param>
    public byte[] Link(Func<string, (int Map, int? Offset)> place)
    {
        // BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE, include/uapi/linux/bpf.h, in the place of the source register.
        const byte OfMap = 1 << 4, OfValue = 2 << 4;
        byte[] code = ToArray();
        foreach (BpfReference reference in _references)
        {
            (int map, int? offset) = place(reference.Symbol);
            Span<byte> instruction = code.AsSpan(reference.Offset, 2 * InstructionSize);
            instruction[1] |= offset is null ? OfMap : OfValue;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(instruction[4..], map);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(instruction[(InstructionSize + 4)..], offset ?? 0);
        }

        return code;
    }

    private void Note(BpfLabel target)
    {
        target.IsUsed = true;
        _jumps.Add(new(_code.Length / InstructionSize, target));
    }

    private void Add(byte code, BpfRegister to, BpfRegister from, short offset, int immediate)
    {
        _code.WriteByte(code);
        _code.WriteByte((byte)((byte)to | ((byte)from << 4)));
        _code.WriteUInt16((ushort)offset);
        _code.WriteUInt32((uint)immediate);
    }
}
