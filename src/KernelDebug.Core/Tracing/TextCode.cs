using System.Runtime.InteropServices;
using KernelDebug.Bpf.Code;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>Writes instructions for texts: where they are, their copies, their comparison. R0 to R5 and R8 are lost.</summary>
/// <param name="code">Where they are written.</param>
/// <param name="values">Writes those for the pointers to them.</param>
internal sealed class TextCode(BpfAssembler code, ExpressionCode values)
{
    /// <summary>Bytes of the stack that it uses, those of numbers included.</summary>
    public const int StackUsed = ExpressionCode.StackUsed + Bytes;

    private const int Bytes = 128, At = StackUsed;

    /// <summary>Goes to one of two places.</summary>
    public void Match(TextComparison compared, BpfLabel yes, BpfLabel no)
    {
        (int capacity, bool isWhole) = Read(compared.Text, no);
        new TextMatcher(code, compared.Pattern, -At, capacity, isWhole).Write(yes, no);
    }

    /// <summary>R3 = where a text begins: of a pointer to it, or of an array.</summary>
    public void LoadAddress(TypedValue text, BpfLabel missing)
    {
        if (text.Type.Array is not null)
        {
            (TypedExpression pointer, long offset) = text is MemoryValue memory ? (memory.Pointer, memory.Offset) : throw new InvalidOperationException("an array that is no place in memory");
            values.LoadAddress(pointer, offset, missing);
        }
        else
        {
            values.Load(text, missing);
            code.GoTo(missing, BpfCondition.Equal, BpfRegister.R0, 0);
            code.Move(BpfRegister.R3, BpfRegister.R0);
        }
    }

    /// <summary>
    /// Copies the text at R3, a NUL behind it; R0 = bytes with the NUL, or an error below zero. Where the halves of the address space are the
    /// caller's and the kernel's, the address tells whose it is: types of most kernels do not.
    /// </summary>
    /// <param name="pointAt">Writes R1 = where to.</param>
    /// <param name="size">Bytes there.</param>
    public void Copy(Action pointAt, int size)
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

    /// <summary>Copies a text to the stack, a NUL behind it.</summary>
    /// <returns>The characters it has at most, and whether one of as many is all there: where there was no room for more it may have been cut.</returns>
    private (int Capacity, bool IsWhole) Read(TypedExpression text, BpfLabel missing)
    {
        if (text is TaskName)
        {
            PointAt();
            code.Move(BpfRegister.R2, TraceEventClass.TaskSize);
            code.Call(BpfHelper.GetCurrentTaskName);
            return (TraceEventClass.TaskSize - 1, true);
        }

        var value = (TypedValue)text;
        LoadAddress(value, missing);
        if (value.Type.Array is { Count: > 0 and < Bytes } array)
        {
            // An array need not have a NUL.
            int count = (int)array.Count;
            PointAt();
            code.Move(BpfRegister.R2, count);
            code.Call(BpfHelper.ReadKernel);
            code.GoTo(missing, BpfCondition.NotEqual, BpfRegister.R0, 0);
            code.Store(BpfWidth.One, BpfRegister.Frame, -At + count, 0);
            return (count, true);
        }

        Copy(PointAt, Bytes);
        code.GoTo(missing, BpfCondition.SignedLess, BpfRegister.R0, 0);
        return (Bytes - 1, false);
    }

    private void PointAt()
    {
        code.Move(BpfRegister.R1, BpfRegister.Frame);
        code.Apply(BpfOperation.Add, BpfRegister.R1, -At);
    }
}
