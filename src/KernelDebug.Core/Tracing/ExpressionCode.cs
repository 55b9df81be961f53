using KernelDebug.Bpf.Code;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// Writes instructions for expressions. What goes through a pointer that is null, or to memory that is not there, goes to a label instead:
/// no value is ever made up. R0 to R5 and R8 are lost.
/// </summary>
internal sealed class ExpressionCode
{
    /// <summary>Bytes of the stack that it uses for numbers, from the frame's end; the first 16 it leaves to whoever writes the program.</summary>
    public const int StackUsed = SpillAt + (ExpressionBinder.MostKeptNumbers * sizeof(ulong));

    /// <summary>Where a number is copied to, from the frame's end.</summary>
    public const int ScalarAt = 24;

    private const int CopyAt = 32, SpillAt = 40;
    private const int RegisterBits = 64;

    private readonly BpfAssembler _code;
    private readonly TraceHook _hook;
    private int _spills;

    /// <summary>Begins to write.</summary>
    /// <param name="code">Where instructions are written.</param>
    /// <param name="hook">Where arguments are from.</param>
    public ExpressionCode(BpfAssembler code, TraceHook hook)
    {
        _code = code;
        _hook = hook;
        Text = new TextCode(code, this);
        Condition = new ConditionCode(code, this);
    }

    /// <summary>Writes those for conditions.</summary>
    public ConditionCode Condition { get; }

    /// <summary>Writes those for texts.</summary>
    public TextCode Text { get; }

    /// <summary>R0 = a number or address, all of its 64 bits.</summary>
    /// <param name="value">The value; scalars alone.</param>
    /// <param name="missing">Where to go where it cannot be read.</param>
    public void Load(TypedExpression value, BpfLabel missing) => Load(value, missing, isStep: false, isNumber: true);

    /// <summary>R0 = a word of what the function was called with, as it is.</summary>
    public void LoadWord(int word) => _hook.LoadWord(_code, word);

    /// <summary>R3 = an address.</summary>
    /// <param name="pointer">What it is counted from.</param>
    /// <param name="offset">Bytes from there.</param>
    /// <param name="missing">Where to go where the pointer cannot be read, or is null.</param>
    public void LoadAddress(TypedExpression pointer, long offset, BpfLabel missing)
    {
        Load(pointer, missing, isStep: true, isNumber: false);
        _code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
        _code.Move(BpfRegister.R3, BpfRegister.R0);
        AddOffset(BpfRegister.R3, offset);
    }

    /// <summary>Returns true where R0 is a pointer whose structure the verifier knows.</summary>
    private bool Load(TypedExpression value, BpfLabel missing, bool isStep, bool isNumber)
    {
        switch (value)
        {
            case ConstantNumber number:
                LoadConstant(BpfRegister.R0, number.Value);
                return false;
            case SlotValue slot:
                return LoadSlot(slot, isNumber);
            case MemoryValue memory:
                return LoadMemory(memory, missing, isStep, isNumber);
            case AddressValue address:
                Load(address.Pointer, missing, isStep: true, isNumber: true);
                _code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
                AddOffset(BpfRegister.R0, address.Offset);
                return false;
            case CastValue cast:
                Load(cast.Of, missing, isStep: false, isNumber: true);
                Extend(cast.Type, null);
                return false;
            case Calculation made:
                Calculate(made, missing);
                return false;
            case TaskNumber task:
                LoadTask(task.Kind);
                return false;
            case TypedCondition condition:
                BpfLabel yes = new(), no = new(), done = new();
                Condition.Branch(condition, yes, no);
                PlaceIfUsed(yes, 1, done);
                PlaceIfUsed(no, 0, done);
                _code.Place(done);
                return false;
            default:
                throw new InvalidOperationException($"{value.GetType().Name} is no number");
        }

        void PlaceIfUsed(BpfLabel label, int result, BpfLabel done)
        {
            if (label.IsUsed)
            {
                _code.Place(label);
                _code.Move(BpfRegister.R0, result);
                _code.GoTo(done);
            }
        }
    }

    private bool LoadSlot(SlotValue slot, bool isNumber)
    {
        Comment(slot);
        int word = slot.Slot + (slot.Offset / sizeof(ulong));
        bool isFollowed = _hook.FollowsTypes && !isNumber && slot.IsWhole && VerifierTypes.IsFollowed(slot.Type);

        // A pointer that the verifier has a type for is no number, and one to a type it has no use for is not loaded: both are copied.
        if (_hook.KnowsTypes && slot.Type.IsPointer && !isFollowed && !VerifierTypes.IsPlainPointer(slot.Type))
        {
            _code.Move(BpfRegister.R3, TraceProgram.Context);
            AddOffset(BpfRegister.R3, (long)word * sizeof(ulong));
            CopyScalar(sizeof(ulong));
            _code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ScalarAt);
            return false;
        }

        if (slot.IsReturn)
        {
            _hook.LoadResult(_code, word);
        }
        else
        {
            _hook.LoadWord(_code, word);
        }

        int shift = slot.Offset % sizeof(ulong) * 8;
        if (shift > 0)
        {
            _code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, shift);
        }

        Extend(slot.Type, slot.Bits);
        return isFollowed;
    }

    private bool LoadMemory(MemoryValue memory, BpfLabel missing, bool isStep, bool isNumber)
    {
        bool isTyped = Load(memory.Pointer, missing, isStep: true, isNumber: false);
        _code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
        Comment(memory);
        int size = (int)(memory.Bits?.Bytes ?? (int)memory.Type.Size!.Value);
        bool isPointer = memory.Type.IsStructurePointer;

        // The verifier of v7.2 takes pointers to what is no structure for pointers, too, and computes with none; that of v6.12 does not.
        bool isFollowed = !memory.Type.IsPointer || (!isNumber && (!isPointer || VerifierTypes.IsFollowed(memory.Type)));
        if (isTyped && isFollowed && memory is { Bits: null, Offset: <= short.MaxValue, Pointer: TypedValue { Type.Target.Structure: { } structure } } && memory.Offset % size == 0
            && VerifierTypes.Loads(structure, memory.Offset, memory.Type))
        {
            _code.Move(BpfRegister.R8, BpfRegister.R0);
            _code.Load(WidthOf(size), BpfRegister.R0, BpfRegister.R8, (int)memory.Offset);
            if (isStep)
            {
                return isPointer;
            }

            // Memory that is not there reads as zero: what is zero is read again by a call that tells.
            BpfLabel good = new();
            _code.GoTo(good, BpfCondition.NotEqual, BpfRegister.R0, 0);
            _code.Move(BpfRegister.R3, BpfRegister.R8);
            AddOffset(BpfRegister.R3, memory.Offset);
            ReadKernel(size, missing);
            _code.Move(BpfRegister.R0, 0);
            _code.Place(good);
            Extend(memory.Type, null);
            return false;
        }

        _code.Move(BpfRegister.R3, BpfRegister.R0);
        AddOffset(BpfRegister.R3, memory.Offset);
        if (!IsWidth(size))
        {
            _code.Store(BpfWidth.Eight, BpfRegister.Frame, -ScalarAt, 0);
        }

        if (size > sizeof(ulong))
        {
            LoadWideBits(memory, missing);
            return false;
        }

        ReadKernel(size, missing);
        _code.Load(IsWidth(size) ? WidthOf(size) : BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ScalarAt);
        Extend(memory.Type, memory.Bits);
        return false;
    }

    /// <summary>A bit field of more than 56 bits may lie in nine bytes: those of the last are put above the others.</summary>
    private void LoadWideBits(MemoryValue memory, BpfLabel missing)
    {
        BitRange bits = memory.Bits!.Value;
        _code.Move(BpfRegister.R8, BpfRegister.R3);
        ReadKernel(sizeof(ulong), missing);
        _code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ScalarAt);
        _code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, bits.Start);
        _code.Store(BpfWidth.Eight, BpfRegister.Frame, -CopyAt, BpfRegister.R0);
        _code.Move(BpfRegister.R3, BpfRegister.R8);
        AddOffset(BpfRegister.R3, sizeof(ulong));
        ReadKernel(1, missing);
        _code.Load(BpfWidth.One, BpfRegister.R1, BpfRegister.Frame, -ScalarAt);
        _code.Apply(BpfOperation.ShiftLeft, BpfRegister.R1, RegisterBits - bits.Start);
        _code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -CopyAt);
        _code.Apply(BpfOperation.Or, BpfRegister.R0, BpfRegister.R1);
        Extend(memory.Type, bits with { Start = 0 });
    }

    /// <summary>Reads bytes at R3 into the place for a scalar.</summary>
    private void ReadKernel(int size, BpfLabel missing)
    {
        CopyScalar(size);
        _code.GoTo(missing, BpfCondition.NotEqual, BpfRegister.R0, 0);
    }

    /// <summary>The same; R0 = 0, or an error.</summary>
    private void CopyScalar(int size)
    {
        _code.Move(BpfRegister.R1, BpfRegister.Frame);
        _code.Apply(BpfOperation.Add, BpfRegister.R1, -ScalarAt);
        _code.Move(BpfRegister.R2, size);
        _code.Call(BpfHelper.ReadKernel);
    }

    /// <summary>Says that the next instructions read a value.</summary>
    public void Comment(TypedValue value)
    {
        if (value.Source is { } text)
        {
            _code.Comment($"{text}: {value.Type}");
        }
    }

    private void LoadTask(TaskNumberKind kind)
    {
        _code.Call(kind switch
        {
            TaskNumberKind.Processor => BpfHelper.GetProcessorId,
            TaskNumberKind.ControlGroup => BpfHelper.GetCurrentControlGroup,
            _ => BpfHelper.GetCurrentIds,
        });
        if (kind == TaskNumberKind.ControlGroup)
        {
            return;
        }

        const int HalfBits = 32;
        if (kind != TaskNumberKind.Process)
        {
            _code.Apply(BpfOperation.ShiftLeft, BpfRegister.R0, HalfBits);
        }

        _code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, HalfBits);
    }

    private void Calculate(Calculation made, BpfLabel missing)
    {
        LoadBoth(made.Left, made.Right, missing);
        if (made.Operator is TraceOperator.ShiftLeft or TraceOperator.ShiftRight)
        {
            // As C# and PowerShell do; the kernel would take any number.
            _code.Apply(BpfOperation.And, BpfRegister.R1, RegisterBits - 1);
        }

        _code.Apply(
            made.Operator switch
            {
                TraceOperator.BitAnd => BpfOperation.And,
                TraceOperator.BitOr => BpfOperation.Or,
                TraceOperator.BitXor => BpfOperation.Xor,
                TraceOperator.ShiftLeft => BpfOperation.ShiftLeft,
                TraceOperator.ShiftRight => made.IsUnsigned ? BpfOperation.ShiftRight : BpfOperation.ShiftRightSigned,
                TraceOperator.Add => BpfOperation.Add,
                TraceOperator.Subtract => BpfOperation.Subtract,
                TraceOperator.Multiply => BpfOperation.Multiply,
                _ => throw new InvalidOperationException($"{made.Operator} computes nothing"),
            },
            BpfRegister.R0, BpfRegister.R1);
    }

    /// <summary>R0 and R1 = two numbers.</summary>
    public void LoadBoth(TypedExpression left, TypedExpression right, BpfLabel missing)
    {
        if (right is ConstantNumber constant)
        {
            Load(left, missing);
            LoadConstant(BpfRegister.R1, constant.Value);
            return;
        }

        int at = -(SpillAt + (++_spills * sizeof(ulong)));
        Load(left, missing);
        _code.Store(BpfWidth.Eight, BpfRegister.Frame, at, BpfRegister.R0);
        Load(right, missing);
        _code.Move(BpfRegister.R1, BpfRegister.R0);
        _code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, at);
        _spills--;
    }

    /// <summary>R0 = the value of a type in its lower bits, by its sign; of a bit field, in those bits.</summary>
    private void Extend(TraceType type, BitRange? bits)
    {
        int count = bits?.Count ?? (int)(type.Size ?? sizeof(ulong)) * 8;
        int above = RegisterBits - count - (bits?.Start ?? 0);
        if (above > 0)
        {
            _code.Apply(BpfOperation.ShiftLeft, BpfRegister.R0, above);
        }

        if (RegisterBits - count > 0)
        {
            _code.Apply(type.IsSigned ? BpfOperation.ShiftRightSigned : BpfOperation.ShiftRight, BpfRegister.R0, RegisterBits - count);
        }
    }

    private void AddOffset(BpfRegister register, long offset)
    {
        if (offset is >= int.MinValue and <= int.MaxValue)
        {
            if (offset != 0)
            {
                _code.Apply(BpfOperation.Add, register, (int)offset);
            }

            return;
        }

        BpfRegister other = register == BpfRegister.R3 ? BpfRegister.R4 : BpfRegister.R3;
        _code.LoadConstant(other, (ulong)offset);
        _code.Apply(BpfOperation.Add, register, other);
    }

    private void LoadConstant(BpfRegister register, Int128 value)
    {
        if (value >= int.MinValue && value <= int.MaxValue)
        {
            _code.Move(register, (int)value);
        }
        else
        {
            _code.LoadConstant(register, unchecked((ulong)value));
        }
    }

    private static bool IsWidth(int size) => size is 1 or 2 or 4 or 8;

    private static BpfWidth WidthOf(int size) => size switch
    {
        1 => BpfWidth.One,
        2 => BpfWidth.Two,
        4 => BpfWidth.Four,
        _ => BpfWidth.Eight,
    };
}
