using KernelDebug.IO;

namespace KernelDebug.Tracing.Expressions;

/// <summary>
/// Reads expressions: paths as C writes them, <c>((struct iphdr *)skb->data)->saddr</c>, and between them PowerShell's operators, which bind
/// as they do there: <c>-and</c>, <c>-or</c> and <c>-xor</c> alike and loosest, then <c>-band</c> and its like, comparisons, sums, products.
/// </summary>
public sealed class TraceExpressionParser
{
    /// <summary>What in brackets is a type whatever follows; of other names in brackets, (name) - 1 is a difference.</summary>
    private static readonly HashSet<string> s_typeWords = new(StringComparer.Ordinal)
    {
        "struct", "union", "enum", "unsigned", "signed", "const", "volatile", "void", "char", "short", "int", "long", "bool", "_Bool", "float", "double",
        "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "__u8", "__u16", "__u32", "__u64", "__s8", "__s16", "__s32", "__s64", "size_t", "ssize_t", "uintptr_t",
    };

    private readonly string _text;
    private readonly IReadOnlyList<Token> _tokens;
    private int _next;
    private int _depth;

    private TraceExpressionParser(string text)
    {
        _text = text;
        _tokens = TraceExpressionLexer.Split(text);
    }

    /// <summary>Reads an expression.</summary>
    /// <param name="text">All of it.</param>
    /// <exception cref="TraceExpressionException">It is none.</exception>
    public static TraceExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > ParserLimits.MaxTraceExpression)
        {
            throw new TraceExpressionException(
                text, new(ParserLimits.MaxTraceExpression, 1), $"An expression has at most {ParserLimits.MaxTraceExpression} characters, this one has {text.Length}", "Ask less at once.");
        }

        var parser = new TraceExpressionParser(text);
        TraceExpression parsed = parser.Logic();
        if (parser.Current.Kind != TokenKind.End)
        {
            throw parser.Unexpected("the end");
        }

        return parsed;
    }

    private Token Current => _tokens[_next];

    private TraceExpression Logic() => Binary(TraceExpressionLevel.Logic);

    private TraceExpression Binary(TraceExpressionLevel level)
    {
        if (level > TraceExpressionLevel.Product)
        {
            return Unary();
        }

        TraceExpression left = Binary(level + 1);
        while (LevelOf(Current) == level)
        {
            Token sign = Current;
            _next++;
            TraceOperator what = sign.Operator!.Value;
            TraceExpression right = what is TraceOperator.In or TraceOperator.NotIn ? List() : Binary(level + 1);
            left = new BinaryExpression(what, sign.IsCaseSensitive, left, right, sign.Place);
        }

        return left;
    }

    private ListExpression List()
    {
        // In brackets or not: (80, 443). Brackets that an operator follows are of the first value alone: (1 + 2) * 3, 4.
        int start = _next;
        if (TakeSign("("))
        {
            List<TraceExpression> items = Items();
            if (TakeSign(")") && LevelOf(Current) is not (TraceExpressionLevel.Sum or TraceExpressionLevel.Product) && !IsSign("->") && !IsSign(".") && !IsSign("[") && !IsSign(","))
            {
                return new ListExpression(items);
            }
        }

        _next = start;
        return new ListExpression(Items());
    }

    private List<TraceExpression> Items()
    {
        var items = new List<TraceExpression>();
        do
        {
            items.Add(Binary(TraceExpressionLevel.Sum));
        }
        while (TakeSign(","));
        return items;
    }

    private TraceExpression Unary()
    {
        Token first = Current;
        if (++_depth > ParserLimits.MaxTraceNesting)
        {
            throw new TraceExpressionException(_text, first.Place, $"Expressions are within each other at most {ParserLimits.MaxTraceNesting} deep", "Ask less at once.");
        }

        TraceExpression parsed;
        if (first.Operator is TraceOperator.Not or TraceOperator.BitNot or TraceOperator.Subtract)
        {
            _next++;
            TraceExpression operand = Unary();
            TextPlace place = first.Place.To(operand.Place);
            parsed = first.Operator == TraceOperator.Subtract && operand is NumberExpression number
                ? new NumberExpression(-number.Value, place)
                : new UnaryExpression(first.Operator.Value, operand, place);
        }
        else if (first.Operator == TraceOperator.Multiply)
        {
            _next++;
            TraceExpression pointer = Unary();
            parsed = new PointeeExpression(pointer, first.Place.To(pointer.Place));
        }
        else if (Cast() is { } cast)
        {
            TraceExpression value = Unary();
            parsed = new CastExpression(cast.Type, cast.Pointers, value, cast.Place, cast.Place.To(value.Place));
        }
        else
        {
            parsed = Path();
        }

        _depth--;
        return parsed;
    }

    private TraceExpression Path()
    {
        TraceExpression path = Primary();
        while (true)
        {
            if (TakeSign("->") || TakeSign("."))
            {
                Token name = Current.Kind == TokenKind.Name ? Current : throw Unexpected("a member's name");
                _next++;
                path = new MemberExpression(path, name.Text, name.Place, path.Place.To(name.Place));
            }
            else if (TakeSign("["))
            {
                Token number = Current;
                bool isNegative = number.Operator == TraceOperator.Subtract;
                if (isNegative)
                {
                    _next++;
                }

                if (Current.Kind != TokenKind.Number || Current.Number > int.MaxValue)
                {
                    throw new TraceExpressionException(_text, Current.Place, "An element is named by its number", "Write a number, such as [0].");
                }

                long index = (long)Current.Number * (isNegative ? -1 : 1);
                TextPlace indexPlace = number.Place.To(Current.Place);
                _next++;
                TextPlace end = Current.Place;
                Expect("]");
                path = new ElementExpression(path, index, indexPlace, path.Place.To(end));
            }
            else
            {
                return path;
            }
        }
    }

    private TraceExpression Primary()
    {
        Token first = Current;
        switch (first.Kind)
        {
            case TokenKind.Number:
                _next++;
                return new NumberExpression(first.Number, first.Place);
            case TokenKind.Text:
                _next++;
                return new TextExpression(first.Text, first.Place);
            case TokenKind.Name:
                _next++;
                return (first.Text.ToUpperInvariant(), first.IsVariable) switch
                {
                    ("NULL", true) => new NullExpression(first.Place),
                    ("TRUE", true) => new NumberExpression(1, first.Place),
                    ("FALSE", true) => new NumberExpression(0, first.Place),
                    _ when first is { Text: "NULL" } => new NullExpression(first.Place),
                    _ when first is { Text: "true" } => new NumberExpression(1, first.Place),
                    _ when first is { Text: "false" } => new NumberExpression(0, first.Place),
                    _ => new NameExpression(first.Text, first.IsVariable, first.Place),
                };
        }

        if (TakeSign("("))
        {
            TraceExpression inner = Logic();
            TextPlace end = Current.Place;
            Expect(")");
            return inner with { Place = first.Place.To(end) };
        }

        throw Unexpected("an argument, a number or a text");
    }

    /// <summary>A type in brackets, where what is in them can be no value.</summary>
    private (string Type, int Pointers, TextPlace Place)? Cast()
    {
        if (!IsSign("("))
        {
            return null;
        }

        int at = _next + 1;
        var words = new List<string>();
        while (_tokens[at] is { Kind: TokenKind.Name, IsVariable: false } word)
        {
            words.Add(word.Text);
            at++;
        }

        int pointers = 0;
        while (words.Count > 0 && _tokens[at].Operator == TraceOperator.Multiply)
        {
            pointers++;
            at++;
        }

        if (words.Count == 0 || _tokens[at].Text != ")" || _tokens[at].Kind != TokenKind.Sign)
        {
            return null;
        }

        // (name) may also be a value in brackets: it is a type where a value follows.
        Token after = _tokens[at + 1];
        bool isType = words.Count > 1 || pointers > 0 || s_typeWords.Contains(words[0])
            || after.Kind is TokenKind.Name or TokenKind.Number || (after.Kind == TokenKind.Sign && after.Text == "(");
        if (!isType)
        {
            return null;
        }

        TextPlace place = Current.Place.To(_tokens[at].Place);
        _next = at + 1;
        return (string.Join(' ', words.Where(word => word is not ("const" or "volatile"))), pointers, place);
    }

    private bool IsSign(string sign) => Current.Kind == TokenKind.Sign && Current.Text == sign;

    private bool TakeSign(string sign)
    {
        bool isIt = IsSign(sign);
        _next += isIt ? 1 : 0;
        return isIt;
    }

    private void Expect(string sign)
    {
        if (!TakeSign(sign))
        {
            throw Unexpected(sign);
        }
    }

    private TraceExpressionException Unexpected(string expected)
    {
        Token found = Current;
        if (found.Kind == TokenKind.Sign && TraceExpressionLexer.PowerShellOf(found.Text) is { } written)
        {
            return new(_text, found.Place, $"{found.Text} is C's operator", $"Write {written}, as PowerShell does.");
        }

        return found.Kind == TokenKind.End
            ? new(_text, found.Place, $"Expected {expected}, and the text ends", "Write the rest of it.")
            : new(_text, found.Place, $"Expected {expected}", "Paths are written as in C, skb->dev->name, and operators as in PowerShell, -gt.");
    }

    private static TraceExpressionLevel? LevelOf(Token token) => token.Operator switch
    {
        TraceOperator.And or TraceOperator.Or or TraceOperator.Xor => TraceExpressionLevel.Logic,
        TraceOperator.BitAnd or TraceOperator.BitOr or TraceOperator.BitXor => TraceExpressionLevel.Bits,
        TraceOperator.Add or TraceOperator.Subtract => TraceExpressionLevel.Sum,
        TraceOperator.Multiply => TraceExpressionLevel.Product,
        null or TraceOperator.Not or TraceOperator.BitNot => null,
        _ => TraceExpressionLevel.Comparison,
    };
}

/// <summary>How tightly operators bind, the loosest first.</summary>
internal enum TraceExpressionLevel
{
    Logic,
    Bits,
    Comparison,
    Sum,
    Product,
}
