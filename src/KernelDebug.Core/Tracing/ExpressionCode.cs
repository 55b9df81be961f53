using System.Runtime.InteropServices;
using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>
/// Writes instructions for expressions. What goes through a pointer that is null, or to memory that is not there, goes to a label instead:
/// no value is ever made up. R0 to R5 and R8 are lost; of the stack, what <see cref="StackUsed"/> says.
/// </summary>
/// <param name="code">Where they are written.</param>
/// <param name="hook">Where arguments are from.</param>
internal sealed class ExpressionCode(BpfAssembler code, TraceHook hook)
{
    /// <summary>The bytes below the frame's end that are kept out of its use: 16 for whoever writes the program.</summary>
    public const int StackKept = 16;

    /// <summary>Bytes of the stack that it may use, from the frame's end, those kept included.</summary>
    public const int StackUsed = TextAt;

    private const int ScalarAt = 24, CopyAt = 32, SpillAt = 40;
    private const int TextAt = SpillAt + (ExpressionBinder.MostKeptNumbers * sizeof(ulong)) + TextBytes, TextBytes = 128;
    private const int RegisterBits = 64;
    private int _spills;

    /// <summary>R0 = a number or address, all of its 64 bits.</summary>
    /// <param name="value">The value; scalars alone.</param>
    /// <param name="missing">Where to go where it cannot be read.</param>
    public void Load(TypedExpression value, BpfLabel missing) => Load(value, missing, isStep: false, isNumber: true);

    /// <summary>R0 = a word of what the function was called with, as it is.</summary>
    public void LoadWord(int word) => hook.LoadWord(code, word);

    /// <summary>R3 = an address.</summary>
    /// <param name="pointer">What it is counted from.</param>
    /// <param name="offset">Bytes from there.</param>
    /// <param name="missing">Where to go where the pointer cannot be read, or is null.</param>
    public void LoadAddress(TypedExpression pointer, long offset, BpfLabel missing)
    {
        Load(pointer, missing, isStep: true, isNumber: false);
        code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(BpfRegister.R3, BpfRegister.R0);
        AddOffset(BpfRegister.R3, offset);
    }

    /// <summary>Goes to one of two places.</summary>
    public void Branch(TypedCondition condition, BpfLabel yes, BpfLabel no)
    {
        switch (condition)
        {
            case Negation not:
                Branch(not.Of, no, yes);
                break;
            case Connection { Operator: TraceOperator.Xor } either:
                BpfLabel first = new(), other = new();
                Branch(either.Left, first, other);
                code.Place(first);
                Branch(either.Right, no, yes);
                code.Place(other);
                Branch(either.Right, yes, no);
                break;
            case Connection both:
                BpfLabel next = new();
                Branch(both.Left, both.Operator == TraceOperator.And ? next : yes, both.Operator == TraceOperator.And ? no : next);
                code.Place(next);
                Branch(both.Right, yes, no);
                break;
            case Truth truth:
                Load(truth.Of, no);
                code.GoTo(yes, BpfCondition.NotEqual, BpfRegister.R0, 0);
                code.GoTo(no);
                break;
            case TextComparison text:
                Match(text, yes, no);
                break;
            default:
                Compare((NumberComparison)condition, yes, no);
                break;
        }
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
                code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
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
                Branch(condition, yes, no);
                PlaceIfUsed(yes, 1, done);
                PlaceIfUsed(no, 0, done);
                code.Place(done);
                return false;
            default:
                throw new InvalidOperationException($"{value.GetType().Name} is no number");
        }

        void PlaceIfUsed(BpfLabel label, int result, BpfLabel done)
        {
            if (label.IsUsed)
            {
                code.Place(label);
                code.Move(BpfRegister.R0, result);
                code.GoTo(done);
            }
        }
    }

    private bool LoadSlot(SlotValue slot, bool isNumber)
    {
        Comment(slot);
        int word = slot.Slot + (slot.Offset / sizeof(ulong));
        bool isFollowed = hook.FollowsTypes && !isNumber && slot.IsWhole && IsFollowed(slot.Type);

        // A pointer that the verifier has a type for is no number, and one to a type it has no use for is not loaded: both are copied.
        if (hook.KnowsTypes && slot.Type.IsPointer && !isFollowed && !IsPlainPointer(slot.Type))
        {
            code.Move(BpfRegister.R3, TraceProgram.Context);
            AddOffset(BpfRegister.R3, (long)word * sizeof(ulong));
            CopyScalar(sizeof(ulong));
            code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ScalarAt);
            return false;
        }

        hook.LoadWord(code, word);
        int shift = slot.Offset % sizeof(ulong) * 8;
        if (shift > 0)
        {
            code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, shift);
        }

        Extend(slot.Type, slot.Bits);
        return isFollowed;
    }

    private bool LoadMemory(MemoryValue memory, BpfLabel missing, bool isStep, bool isNumber)
    {
        bool isTyped = Load(memory.Pointer, missing, isStep: true, isNumber: false);
        code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
        Comment(memory);
        int size = (int)(memory.Bits?.Bytes ?? (int)memory.Type.Size!.Value);
        bool isPointer = memory.Type.IsStructurePointer;
        bool isFollowed = !isPointer || (!isNumber && IsFollowed(memory.Type));
        if (isTyped && memory is { IsPlainMember: true, Bits: null } && isFollowed && memory.Offset % size == 0 && memory.Offset is >= 0 and <= short.MaxValue)
        {
            code.Move(BpfRegister.R8, BpfRegister.R0);
            code.Load(WidthOf(size), BpfRegister.R0, BpfRegister.R8, (int)memory.Offset);
            if (isStep)
            {
                return isPointer;
            }

            // Memory that is not there reads as zero: what is zero is read again by a call that tells.
            BpfLabel good = new();
            code.GoTo(good, BpfCondition.NotEqual, BpfRegister.R0, 0);
            code.Move(BpfRegister.R3, BpfRegister.R8);
            AddOffset(BpfRegister.R3, memory.Offset);
            ReadKernel(size, missing);
            code.Move(BpfRegister.R0, 0);
            code.Place(good);
            Extend(memory.Type, null);
            return false;
        }

        code.Move(BpfRegister.R3, BpfRegister.R0);
        AddOffset(BpfRegister.R3, memory.Offset);
        if (!IsWidth(size))
        {
            code.Store(BpfWidth.Eight, BpfRegister.Frame, -ScalarAt, 0);
        }

        if (size > sizeof(ulong))
        {
            LoadWideBits(memory, missing);
            return false;
        }

        ReadKernel(size, missing);
        code.Load(IsWidth(size) ? WidthOf(size) : BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ScalarAt);
        Extend(memory.Type, memory.Bits);
        return false;
    }

    /// <summary>A bit field of more than 56 bits may lie in nine bytes: those of the last are put above the others.</summary>
    private void LoadWideBits(MemoryValue memory, BpfLabel missing)
    {
        BitRange bits = memory.Bits!.Value;
        code.Move(BpfRegister.R8, BpfRegister.R3);
        ReadKernel(sizeof(ulong), missing);
        code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -ScalarAt);
        code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, bits.Start);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -CopyAt, BpfRegister.R0);
        code.Move(BpfRegister.R3, BpfRegister.R8);
        AddOffset(BpfRegister.R3, sizeof(ulong));
        ReadKernel(1, missing);
        code.Load(BpfWidth.One, BpfRegister.R1, BpfRegister.Frame, -ScalarAt);
        code.Apply(BpfOperation.ShiftLeft, BpfRegister.R1, RegisterBits - bits.Start);
        code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, -CopyAt);
        code.Apply(BpfOperation.Or, BpfRegister.R0, BpfRegister.R1);
        Extend(memory.Type, bits with { Start = 0 });
    }

    /// <summary>Reads bytes at R3 into the place for a scalar.</summary>
    private void ReadKernel(int size, BpfLabel missing)
    {
        CopyScalar(size);
        code.GoTo(missing, BpfCondition.NotEqual, BpfRegister.R0, 0);
    }

    /// <summary>The same; R0 = 0, or an error.</summary>
    private void CopyScalar(int size)
    {
        code.Move(BpfRegister.R1, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R1, -ScalarAt);
        code.Move(BpfRegister.R2, size);
        code.Call(BpfHelper.ReadKernel);
    }

    /// <summary>Says that the next instructions read a value.</summary>
    public void Comment(TypedValue value)
    {
        if (value.Source is { } text)
        {
            code.Comment($"{text}: {value.Type}");
        }
    }

    private void LoadTask(TaskNumberKind kind)
    {
        code.Call(kind == TaskNumberKind.Processor ? BpfHelper.GetProcessorId : BpfHelper.GetCurrentIds);
        const int HalfBits = 32;
        if (kind != TaskNumberKind.Process)
        {
            code.Apply(BpfOperation.ShiftLeft, BpfRegister.R0, HalfBits);
        }

        code.Apply(BpfOperation.ShiftRight, BpfRegister.R0, HalfBits);
    }

    private void Calculate(Calculation made, BpfLabel missing)
    {
        LoadBoth(made.Left, made.Right, missing);
        if (made.Operator is TraceOperator.ShiftLeft or TraceOperator.ShiftRight)
        {
            // As C# and PowerShell do; the kernel would take any number.
            code.Apply(BpfOperation.And, BpfRegister.R1, RegisterBits - 1);
        }

        code.Apply(
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
    private void LoadBoth(TypedExpression left, TypedExpression right, BpfLabel missing)
    {
        if (right is ConstantNumber constant)
        {
            Load(left, missing);
            LoadConstant(BpfRegister.R1, constant.Value);
            return;
        }

        int at = -(SpillAt + (++_spills * sizeof(ulong)));
        Load(left, missing);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, at, BpfRegister.R0);
        Load(right, missing);
        code.Move(BpfRegister.R1, BpfRegister.R0);
        code.Load(BpfWidth.Eight, BpfRegister.R0, BpfRegister.Frame, at);
        _spills--;
    }

    private void Compare(NumberComparison compared, BpfLabel yes, BpfLabel no)
    {
        // What cannot be read is different from everything, and neither more nor less.
        BpfLabel missing = compared.Operator == TraceOperator.NotEqual ? yes : no;
        bool isLeftUnsigned = ExpressionBinder.IsUnsigned(compared.Left), isRightUnsigned = ExpressionBinder.IsUnsigned(compared.Right);
        LoadBoth(compared.Left, compared.Right, missing);
        bool isMixed = isLeftUnsigned != isRightUnsigned;
        if (isMixed)
        {
            // One side alone can be below zero, and is then below the other.
            bool isLeftLess = !isLeftUnsigned;
            bool holds = compared.Operator switch
            {
                TraceOperator.Equal => false,
                TraceOperator.NotEqual => true,
                TraceOperator.Less or TraceOperator.LessOrEqual => isLeftLess,
                _ => !isLeftLess,
            };
            code.GoTo(holds ? yes : no, BpfCondition.SignedLess, isLeftLess ? BpfRegister.R0 : BpfRegister.R1, 0);
        }

        bool isUnsigned = isMixed || isLeftUnsigned;
        BpfCondition condition = (compared.Operator, isUnsigned) switch
        {
            (TraceOperator.Equal, _) => BpfCondition.Equal,
            (TraceOperator.NotEqual, _) => BpfCondition.NotEqual,
            (TraceOperator.Greater, true) => BpfCondition.Greater,
            (TraceOperator.Greater, false) => BpfCondition.SignedGreater,
            (TraceOperator.GreaterOrEqual, true) => BpfCondition.GreaterOrEqual,
            (TraceOperator.GreaterOrEqual, false) => BpfCondition.SignedGreaterOrEqual,
            (TraceOperator.Less, true) => BpfCondition.Less,
            (TraceOperator.Less, false) => BpfCondition.SignedLess,
            (_, true) => BpfCondition.LessOrEqual,
            (_, false) => BpfCondition.SignedLessOrEqual,
        };
        code.GoTo(yes, condition, BpfRegister.R0, BpfRegister.R1);
        code.GoTo(no);
    }

    private void Match(TextComparison compared, BpfLabel yes, BpfLabel no)
    {
        int capacity = ReadText(compared.Text, no);

        // A text that fills all there is may have been cut, unless it is an array of its own length.
        bool isWhole = compared.Text is not TypedValue { Type.IsPointer: true };
        new TextMatcher(code, compared.Pattern, -TextAt, capacity, isWhole).Write(yes, no);
    }

    /// <summary>Copies a text to the stack, a NUL behind it. Returns the characters it has at most.</summary>
    private int ReadText(TypedExpression text, BpfLabel missing)
    {
        if (text is TaskName)
        {
            PointAtText(BpfRegister.R1);
            code.Move(BpfRegister.R2, TraceEventClass.TaskSize);
            code.Call(BpfHelper.GetCurrentTaskName);
            return TraceEventClass.TaskSize - 1;
        }

        var value = (TypedValue)text;
        if (value.Type.Array is { } array && value is MemoryValue memory && array.Count > 0)
        {
            int count = (int)Math.Min(array.Count, TextBytes - 1);
            LoadAddress(memory.Pointer, memory.Offset, missing);
            PointAtText(BpfRegister.R1);
            code.Move(BpfRegister.R2, count);
            code.Call(BpfHelper.ReadKernel);
            code.GoTo(missing, BpfCondition.NotEqual, BpfRegister.R0, 0);
            code.Store(BpfWidth.One, BpfRegister.Frame, -TextAt + count, 0);
            return count;
        }

        LoadTextAddress(value, missing);
        CopyText(() => PointAtText(BpfRegister.R1), TextBytes);
        code.GoTo(missing, BpfCondition.SignedLess, BpfRegister.R0, 0);
        return TextBytes - 1;
    }

    /// <summary>R3 = where a text begins: of a pointer to it, or of an array.</summary>
    public void LoadTextAddress(TypedValue text, BpfLabel missing)
    {
        if (text.Type.Array is not null)
        {
            (TypedExpression pointer, long offset) = text is MemoryValue memory ? (memory.Pointer, memory.Offset) : throw new InvalidOperationException("an array that is no place in memory");
            LoadAddress(pointer, offset, missing);
            return;
        }

        Load(text, missing);
        code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
        code.Move(BpfRegister.R3, BpfRegister.R0);
    }

    /// <summary>
    /// Copies the text at R3, a NUL behind it; R0 = bytes with the NUL, or an error below zero. Where the halves of the address space are the
    /// caller's and the kernel's, the address tells whose it is: types of most kernels do not.
    /// </summary>
    /// <param name="pointAt">Writes R1 = where to.</param>
    /// <param name="size">Bytes there.</param>
    public void CopyText(Action pointAt, int size)
    {
        BpfLabel user = new(), done = new();
        bool isSplit = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64 or Architecture.RiscV64 or Architecture.LoongArch64;
        if (isSplit)
        {
            code.GoTo(user, BpfCondition.SignedGreaterOrEqual, BpfRegister.R3, 0);
        }

        pointAt();
        code.Move(BpfRegister.R2, size);
        code.Call(BpfHelper.ReadKernelText);
        if (isSplit)
        {
            code.GoTo(done);
            code.Place(user);
            pointAt();
            code.Move(BpfRegister.R2, size);
            code.Call(BpfHelper.ReadUserText);
            code.Place(done);
        }
    }

    private void PointAtText(BpfRegister register)
    {
        code.Move(register, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, register, -TextAt);
    }

    /// <summary>R0 = the value of a type in its lower bits, by its sign; of a bit field, in those bits.</summary>
    private void Extend(TraceType type, BitRange? bits)
    {
        int count = bits?.Count ?? (int)(type.Size ?? sizeof(ulong)) * 8;
        int above = RegisterBits - count - (bits?.Start ?? 0);
        if (above > 0)
        {
            code.Apply(BpfOperation.ShiftLeft, BpfRegister.R0, above);
        }

        if (RegisterBits - count > 0)
        {
            code.Apply(type.IsSigned ? BpfOperation.ShiftRightSigned : BpfOperation.ShiftRight, BpfRegister.R0, RegisterBits - count);
        }
    }

    private void AddOffset(BpfRegister register, long offset)
    {
        if (offset is >= int.MinValue and <= int.MaxValue)
        {
            if (offset != 0)
            {
                code.Apply(BpfOperation.Add, register, (int)offset);
            }

            return;
        }

        BpfRegister other = register == BpfRegister.R3 ? BpfRegister.R4 : BpfRegister.R3;
        code.LoadConstant(other, (ulong)offset);
        code.Apply(BpfOperation.Add, register, other);
    }

    private void LoadConstant(BpfRegister register, Int128 value)
    {
        if (value >= int.MinValue && value <= int.MaxValue)
        {
            code.Move(register, (int)value);
        }
        else
        {
            code.LoadConstant(register, unchecked((ulong)value));
        }
    }

    /// <summary>True for a pointer to a structure that the verifier follows: not one that is marked as of another address space.</summary>
    private static bool IsFollowed(TraceType type)
    {
        if (type.Pointers > 0 || type.Base.Bare is not BtfPointer pointer)
        {
            return false;
        }

        for (BtfType? at = pointer.Target; at is BtfTypedef or BtfModifier; at = at.Target)
        {
            if (at.Kind == BtfKind.TypeTag)
            {
                return false;
            }
        }

        return pointer.Target.Bare is BtfStruct { IsUnion: false };
    }

    /// <summary>True for a pointer that is a number to the verifier: to void, as long as nothing qualifies it, or to integers (kernel/bpf/btf.c, <c>btf_ctx_access</c>).</summary>
    private static bool IsPlainPointer(TraceType type) => type.Pointers == 0 && type.Base.Bare is BtfPointer pointer && (pointer.Target is BtfVoid || pointer.Target.Bare is BtfInt);

    private static bool IsWidth(int size) => size is 1 or 2 or 4 or 8;

    private static BpfWidth WidthOf(int size) => size switch
    {
        1 => BpfWidth.One,
        2 => BpfWidth.Two,
        4 => BpfWidth.Four,
        _ => BpfWidth.Eight,
    };
}
