using KernelDebug.Bpf.Code;
using KernelDebug.Btf;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>A value that events have, with its place in their records: who writes it there, and who reads it.</summary>
/// <param name="Size">Bytes it takes.</param>
/// <param name="Value">What reads it, where it was there to be read.</param>
/// <param name="Write">Writes the instructions that put it there; where it cannot be read, they go to the label.</param>
internal sealed record TracedValue(int Size, TraceValue Value, Action<ExpressionCode, BpfAssembler, BpfLabel> Write)
{
    /// <summary>Bytes of a structure or array at most.</summary>
    public const int MostBytes = 1 << 14;

    /// <summary>Lays a value out.</summary>
    /// <param name="name">What the property is called.</param>
    /// <param name="value">The value.</param>
    /// <param name="at">Where its bytes begin: at a multiple of 8.</param>
    /// <param name="textSize">Characters of a text at most.</param>
    /// <param name="whyNot">Why it cannot be laid out.</param>
    /// <returns>null where it cannot.</returns>
    public static TracedValue? Of(string name, TypedExpression value, int at, int textSize, out string? whyNot)
    {
        whyNot = null;
        switch (value)
        {
            case TaskName:
                return new(TraceEventClass.TaskSize, TraceValues.Text(name, at, TraceEventClass.TaskSize), (_, code, _) =>
                {
                    PointAt(code, at);
                    code.Move(BpfRegister.R2, TraceEventClass.TaskSize);
                    code.Call(BpfHelper.GetCurrentTaskName);
                });
            case TypedValue { Type.IsText: true } text and (MemoryValue or SlotValue or CastValue) when text.Type.Array is null || text.Type.Array.Count == 0 || text.Type.Array.Count > (uint)textSize:
                return Text(name, text, at, textSize);
            case TypedValue { Type.IsScalar: true } scalar:
                return Scalar(name, scalar, at);
            case TypedValue typed:
                return Bytes(name, typed, at, textSize, out whyNot);
            case TypedCondition:
                return new(sizeof(ulong), TraceValues.Boolean(name, at), (expression, code, missing) => Store(expression, code, value, at, missing));
            default:
                return new(sizeof(ulong), TraceValues.Number(name, at, sizeof(ulong), !ExpressionBinder.IsUnsigned(value))!, (expression, code, missing) => Store(expression, code, value, at, missing));
        }
    }

    private static TracedValue Text(string name, TypedValue text, int at, int textSize) => new(
        TraceValues.SlotHeader + textSize + 2, TraceValues.TextSlot(name, at, textSize), (expression, code, missing) =>
        {
            expression.Text.LoadAddress(text, missing);
            expression.Text.Copy(() => PointAt(code, at + TraceValues.SlotHeader), textSize + 2);
            code.Store(BpfWidth.Four, TraceProgram.Record, at, BpfRegister.R0);
        });

    private static TracedValue Scalar(string name, TypedValue value, int at)
    {
        TraceType type = value.Type;
        TraceValue read = type.IsPointer ? TraceValues.Address(name, at) : TraceValues.Typed(name, at, type.Base, BtfValueReader.ResultOf(type.Base));
        return new(sizeof(ulong), read, (expression, code, missing) => Store(expression, code, value, at, missing));
    }

    private static TracedValue? Bytes(string name, TypedValue value, int at, int textSize, out string? whyNot)
    {
        whyNot = null;
        TraceType type = value.Type;
        if (type.Size is not { } all || all == 0)
        {
            whyNot = $"{type} has no size";
            return null;
        }

        bool isText = type.IsText;
        int size = (int)Math.Min(all, (ulong)MostBytes + 1);
        if (size > MostBytes)
        {
            whyNot = $"{type} has {all} bytes, and an event takes {MostBytes} of one value at most";
            return null;
        }

        TraceValue read = isText ? TraceValues.Text(name, at, size) : TraceValues.Record(name, at, size, type.Base);
        switch (value)
        {
            case MemoryValue memory:
                return new(size, read, (expression, code, missing) =>
                {
                    expression.LoadAddress(memory.Pointer, memory.Offset, missing);
                    expression.Comment(memory);
                    PointAt(code, at);
                    code.Move(BpfRegister.R2, size);
                    code.Call(BpfHelper.ReadKernel);
                    code.GoTo(missing, BpfCondition.NotEqual, BpfRegister.R0, 0);
                });
            case SlotValue { Offset: 0 } slot:
                int words = (size + sizeof(ulong) - 1) / sizeof(ulong);
                return new(words * sizeof(ulong), read, (expression, code, _) =>
                {
                    for (int i = 0; i < words; i++)
                    {
                        expression.LoadWord(slot.Slot + i);
                        code.Store(BpfWidth.Eight, TraceProgram.Record, at + (i * sizeof(ulong)), BpfRegister.R0);
                    }
                });
            default:
                whyNot = $"{type} is no place in memory";
                return null;
        }
    }

    private static void Store(ExpressionCode expression, BpfAssembler code, TypedExpression value, int at, BpfLabel missing)
    {
        expression.Load(value, missing);
        code.Store(BpfWidth.Eight, TraceProgram.Record, at, BpfRegister.R0);
    }

    private static void PointAt(BpfAssembler code, int at)
    {
        code.Move(BpfRegister.R1, TraceProgram.Record);
        code.Apply(BpfOperation.Add, BpfRegister.R1, at);
    }
}
