namespace KernelDebug.Tracing.Expressions;

/// <summary>What is asked, with the types of the kernel: a value that a program can compute.</summary>
internal abstract record TypedExpression
{
    /// <summary>As it was written; null for what was not.</summary>
    public string? Source { get; init; }
}

/// <summary>A value of a type.</summary>
/// <param name="Type">The type.</param>
internal abstract record TypedValue(TraceType Type) : TypedExpression;

/// <summary>A value that a function was called with or returned, in words of 8 bytes.</summary>
/// <param name="Slot">Its first word.</param>
/// <param name="Offset">Bytes from there: of a member of a structure given by value.</param>
/// <param name="Bits">Where it is a bit field: its bits, from <paramref name="Offset"/> on.</param>
/// <param name="Type">Its type.</param>
internal sealed record SlotValue(int Slot, int Offset, BitRange? Bits, TraceType Type) : TypedValue(Type)
{
    /// <summary>True for a whole argument, false for a part of one.</summary>
    public bool IsWhole { get; init; }

    /// <summary>True for what the function returned.</summary>
    public bool IsReturn { get; init; }
}

/// <summary>A value in the kernel's memory.</summary>
/// <param name="Pointer">The address it is seen from.</param>
/// <param name="Offset">Bytes from there.</param>
/// <param name="Bits">Where it is a bit field: its bits, from <paramref name="Offset"/> on.</param>
/// <param name="Type">Its type.</param>
internal sealed record MemoryValue(TypedExpression Pointer, long Offset, BitRange? Bits, TraceType Type) : TypedValue(Type);

/// <summary>The address of a value in memory: what an array is where a pointer is meant.</summary>
/// <param name="Pointer">The address it is seen from.</param>
/// <param name="Offset">Bytes from there.</param>
/// <param name="Type">The pointer's type.</param>
internal sealed record AddressValue(TypedExpression Pointer, long Offset, TraceType Type) : TypedValue(Type);

/// <summary>A value taken for one of another type.</summary>
/// <param name="Of">The value.</param>
/// <param name="Type">The type.</param>
internal sealed record CastValue(TypedExpression Of, TraceType Type) : TypedValue(Type);

/// <summary>Something of who is running: the process, the thread, the processor, the control group.</summary>
/// <param name="Kind">What.</param>
internal sealed record TaskNumber(TaskNumberKind Kind) : TypedExpression;

/// <summary>The name of the task that is running.</summary>
internal sealed record TaskName : TypedExpression;

/// <summary>What of who is running.</summary>
internal enum TaskNumberKind
{
    /// <summary>The process (<c>tgid</c>).</summary>
    Process,
    /// <summary>The thread (<c>pid</c> in the kernel).</summary>
    Thread,
    /// <summary>The processor.</summary>
    Processor,
    /// <summary>The control group: the inode of its directory.</summary>
    ControlGroup,
}

/// <summary>A number.</summary>
/// <param name="Value">Its value.</param>
internal sealed record ConstantNumber(Int128 Value) : TypedExpression;

/// <summary>A number made of others, modulo 2^64.</summary>
/// <param name="Operator">How.</param>
/// <param name="Left">The first.</param>
/// <param name="Right">The second.</param>
/// <param name="IsUnsigned">True where the result is taken as unsigned.</param>
internal sealed record Calculation(TraceOperator Operator, TypedExpression Left, TypedExpression Right, bool IsUnsigned) : TypedExpression;

/// <summary>True or false.</summary>
internal abstract record TypedCondition : TypedExpression;

/// <summary>A comparison of numbers by their values, whatever their types.</summary>
/// <param name="Operator">One of the six.</param>
/// <param name="Left">The first.</param>
/// <param name="Right">The second.</param>
internal sealed record NumberComparison(TraceOperator Operator, TypedExpression Left, TypedExpression Right) : TypedCondition;

/// <summary>A comparison of a text with a pattern.</summary>
/// <param name="Text">A <see cref="TypedValue"/> of text, or a <see cref="TaskName"/>.</param>
/// <param name="Pattern">The pattern.</param>
internal sealed record TextComparison(TypedExpression Text, TextPattern Pattern) : TypedCondition;

/// <summary>Whether a number is other than zero.</summary>
/// <param name="Of">The number.</param>
internal sealed record Truth(TypedExpression Of) : TypedCondition;

/// <summary>The opposite.</summary>
/// <param name="Of">Of what.</param>
internal sealed record Negation(TypedCondition Of) : TypedCondition;

/// <summary>One of two, or both, or either.</summary>
/// <param name="Operator"><see cref="TraceOperator.And"/>, <see cref="TraceOperator.Or"/> or <see cref="TraceOperator.Xor"/>.</param>
/// <param name="Left">The first.</param>
/// <param name="Right">The second.</param>
internal sealed record Connection(TraceOperator Operator, TypedCondition Left, TypedCondition Right) : TypedCondition;

/// <summary>The bits of a bit field.</summary>
/// <param name="Start">Bits before the first, counted from the least significant one.</param>
/// <param name="Count">Bits.</param>
internal readonly record struct BitRange(int Start, int Count)
{
    /// <summary>Whole bytes they lie in.</summary>
    public int Bytes => (Start + Count + 7) / 8;
}
