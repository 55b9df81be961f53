namespace KernelDebug.Tracing.Expressions;

/// <summary>A stretch of the text that an expression was read from.</summary>
/// <param name="Start">Its first character, counted from 0.</param>
/// <param name="Length">Characters.</param>
public readonly record struct TextPlace(int Start, int Length)
{
    /// <summary>From the beginning of this to the end of another.</summary>
    internal TextPlace To(TextPlace last) => new(Start, last.Start + last.Length - Start);
}

/// <summary>What an operator does.</summary>
public enum TraceOperator
{
    /// <summary><c>-eq</c>.</summary>
    Equal,
    /// <summary><c>-ne</c>.</summary>
    NotEqual,
    /// <summary><c>-gt</c>.</summary>
    Greater,
    /// <summary><c>-lt</c>.</summary>
    Less,
    /// <summary><c>-ge</c>.</summary>
    GreaterOrEqual,
    /// <summary><c>-le</c>.</summary>
    LessOrEqual,
    /// <summary><c>-like</c>.</summary>
    Like,
    /// <summary><c>-notlike</c>.</summary>
    NotLike,
    /// <summary><c>-in</c>.</summary>
    In,
    /// <summary><c>-notin</c>.</summary>
    NotIn,
    /// <summary><c>-and</c>.</summary>
    And,
    /// <summary><c>-or</c>.</summary>
    Or,
    /// <summary><c>-xor</c>.</summary>
    Xor,
    /// <summary><c>-not</c>, <c>!</c>.</summary>
    Not,
    /// <summary><c>-band</c>.</summary>
    BitAnd,
    /// <summary><c>-bor</c>.</summary>
    BitOr,
    /// <summary><c>-bxor</c>.</summary>
    BitXor,
    /// <summary><c>-bnot</c>.</summary>
    BitNot,
    /// <summary><c>-shl</c>.</summary>
    ShiftLeft,
    /// <summary><c>-shr</c>.</summary>
    ShiftRight,
    /// <summary><c>+</c>.</summary>
    Add,
    /// <summary><c>-</c>.</summary>
    Subtract,
    /// <summary><c>*</c>.</summary>
    Multiply,
}

/// <summary>
/// What is asked of a function's arguments, as a tree: paths of C over PowerShell's operators. Nothing is known of types here.
/// </summary>
/// <param name="Place">Where it was written.</param>
public abstract record TraceExpression(TextPlace Place);

/// <summary>An argument, or something that has a name of its own: <c>skb</c>, <c>return</c>, <c>TCP_ESTABLISHED</c>.</summary>
/// <param name="Name">The name, without <c>$</c>.</param>
/// <param name="IsVariable">True where it was written with <c>$</c>, so that it may be a variable of the shell too.</param>
/// <param name="Place">Where it was written.</param>
public sealed record NameExpression(string Name, bool IsVariable, TextPlace Place) : TraceExpression(Place);

/// <summary>A number.</summary>
/// <param name="Value">Its value: any of 64 bits, signed or not.</param>
/// <param name="Place">Where it was written.</param>
public sealed record NumberExpression(Int128 Value, TextPlace Place) : TraceExpression(Place);

/// <summary>A text in quotes.</summary>
/// <param name="Value">What is between them.</param>
/// <param name="Place">Where it was written.</param>
public sealed record TextExpression(string Value, TextPlace Place) : TraceExpression(Place);

/// <summary><c>$null</c> or <c>NULL</c>.</summary>
/// <param name="Place">Where it was written.</param>
public sealed record NullExpression(TextPlace Place) : TraceExpression(Place);

/// <summary>A member: <c>skb->len</c>, or <c>skb.len</c>, which goes through pointers too.</summary>
/// <param name="Of">What has it.</param>
/// <param name="Name">Its name.</param>
/// <param name="NamePlace">Where the name was written.</param>
/// <param name="Place">Where all of it was written.</param>
public sealed record MemberExpression(TraceExpression Of, string Name, TextPlace NamePlace, TextPlace Place) : TraceExpression(Place);

/// <summary>An element: <c>skb->cb[3]</c>.</summary>
/// <param name="Of">What has it.</param>
/// <param name="Index">Its number.</param>
/// <param name="IndexPlace">Where the number was written.</param>
/// <param name="Place">Where all of it was written.</param>
public sealed record ElementExpression(TraceExpression Of, long Index, TextPlace IndexPlace, TextPlace Place) : TraceExpression(Place);

/// <summary>What a pointer points to: <c>*count</c>.</summary>
/// <param name="Of">The pointer.</param>
/// <param name="Place">Where it was written.</param>
public sealed record PointeeExpression(TraceExpression Of, TextPlace Place) : TraceExpression(Place);

/// <summary>A value taken for one of another type: <c>(struct iphdr *)skb->data</c>.</summary>
/// <param name="Type">The type as C writes it, without the stars: <c>struct iphdr</c>.</param>
/// <param name="Pointers">The stars.</param>
/// <param name="Of">The value.</param>
/// <param name="TypePlace">Where the type was written.</param>
/// <param name="Place">Where all of it was written.</param>
public sealed record CastExpression(string Type, int Pointers, TraceExpression Of, TextPlace TypePlace, TextPlace Place) : TraceExpression(Place);

/// <summary>An operator before one operand: <c>-not x</c>, <c>-bnot x</c>, <c>-x</c>.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Of">The operand.</param>
/// <param name="Place">Where it was written.</param>
public sealed record UnaryExpression(TraceOperator Operator, TraceExpression Of, TextPlace Place) : TraceExpression(Place);

/// <summary>An operator between two operands.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="IsCaseSensitive">True for <c>-ceq</c>, <c>-clike</c> and the like, which tell capitals from small letters.</param>
/// <param name="Left">What is before it.</param>
/// <param name="Right">What is behind it.</param>
/// <param name="OperatorPlace">Where the operator was written.</param>
public sealed record BinaryExpression(TraceOperator Operator, bool IsCaseSensitive, TraceExpression Left, TraceExpression Right, TextPlace OperatorPlace)
    : TraceExpression(Left.Place.To(Right.Place));

/// <summary>Several values, for <c>-in</c>: <c>80, 443</c>.</summary>
/// <param name="Items">The values; one at least.</param>
public sealed record ListExpression(IReadOnlyList<TraceExpression> Items) : TraceExpression(Items[0].Place.To(Items[^1].Place));
