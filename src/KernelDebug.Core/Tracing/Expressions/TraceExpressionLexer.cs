using System.Globalization;

namespace KernelDebug.Tracing.Expressions;

/// <summary>What a piece of an expression is.</summary>
internal enum TokenKind
{
    Name,
    Number,
    Text,
    Operator,
    Sign,
    End,
}

/// <summary>A piece of an expression.</summary>
internal sealed record Token(TokenKind Kind, string Text, TextPlace Place)
{
    public Int128 Number { get; init; }
    public TraceOperator? Operator { get; init; }
    public bool IsCaseSensitive { get; init; }
    public bool IsVariable { get; init; }
}

/// <summary>Splits the text of an expression into names, numbers, texts in quotes, operators and signs.</summary>
internal sealed class TraceExpressionLexer
{
    private static readonly Dictionary<string, TraceOperator> s_operators = new(StringComparer.OrdinalIgnoreCase)
    {
        ["eq"] = TraceOperator.Equal, ["ne"] = TraceOperator.NotEqual, ["gt"] = TraceOperator.Greater, ["lt"] = TraceOperator.Less,
        ["ge"] = TraceOperator.GreaterOrEqual, ["le"] = TraceOperator.LessOrEqual, ["like"] = TraceOperator.Like, ["notlike"] = TraceOperator.NotLike,
        ["in"] = TraceOperator.In, ["notin"] = TraceOperator.NotIn, ["and"] = TraceOperator.And, ["or"] = TraceOperator.Or,
        ["xor"] = TraceOperator.Xor, ["not"] = TraceOperator.Not, ["band"] = TraceOperator.BitAnd, ["bor"] = TraceOperator.BitOr,
        ["bxor"] = TraceOperator.BitXor, ["bnot"] = TraceOperator.BitNot, ["shl"] = TraceOperator.ShiftLeft, ["shr"] = TraceOperator.ShiftRight,
    };

    /// <summary>Operators of PowerShell's that a program in the kernel has no means for.</summary>
    private static readonly HashSet<string> s_others = new(StringComparer.OrdinalIgnoreCase)
    {
        "match", "notmatch", "contains", "notcontains", "replace", "split", "join", "is", "isnot", "as", "f", "cmatch", "imatch", "cnotmatch", "inotmatch",
        "ccontains", "icontains", "creplace", "ireplace",
    };

    private static readonly Dictionary<string, string> s_cOperators = new(StringComparer.Ordinal)
    {
        ["=="] = "-eq", ["!="] = "-ne", [">="] = "-ge", ["<="] = "-le", [">>"] = "-shr", ["<<"] = "-shl", ["&&"] = "-and", ["||"] = "-or",
        [">"] = "-gt", ["<"] = "-lt", ["&"] = "-band", ["|"] = "-bor", ["^"] = "-bxor", ["~"] = "-bnot", ["="] = "-eq",
    };

    private readonly string _text;
    private readonly List<Token> _tokens = [];

    private TraceExpressionLexer(string text) => _text = text;

    /// <summary>Splits it. The end is there twice, so that one can be looked beyond.</summary>
    /// <exception cref="TraceExpressionException">A number or text is none, or an operator cannot be asked.</exception>
    public static IReadOnlyList<Token> Split(string text) => new TraceExpressionLexer(text).Split();

    /// <summary>How PowerShell writes an operator of C; null for what is none.</summary>
    public static string? PowerShellOf(string sign) => s_cOperators.GetValueOrDefault(sign);

    private List<Token> Split()
    {
        int at = 0;
        while (true)
        {
            while (at < _text.Length && char.IsWhiteSpace(_text[at]))
            {
                at++;
            }

            if (at == _text.Length)
            {
                _tokens.Add(new(TokenKind.End, "", new(at, 1)));

                // What looks ahead by one finds the end again.
                _tokens.Add(_tokens[^1]);
                return _tokens;
            }

            _tokens.Add(Read(at));
            at += _tokens[^1].Place.Length;
        }
    }

    private Token Read(int at)
    {
        char first = _text[at];
        if (IsNameStart(first) || (first == '$' && at + 1 < _text.Length && IsNameStart(_text[at + 1])))
        {
            int start = first == '$' ? at + 1 : at;
            int end = EndOf(start, c => IsNameStart(c) || char.IsAsciiDigit(c));

            // Constants of the shell may be marked as such: $using:limit.
            if (first == '$' && _text[start..end].Equals("using", StringComparison.OrdinalIgnoreCase) && end + 1 < _text.Length && _text[end] == ':' && IsNameStart(_text[end + 1]))
            {
                start = end + 1;
                end = EndOf(start, c => IsNameStart(c) || char.IsAsciiDigit(c));
            }

            return new(TokenKind.Name, _text[start..end], new(at, end - at)) { IsVariable = first == '$' };
        }

        return char.IsAsciiDigit(first) ? ReadNumber(at)
            : first is '\'' or '"' ? ReadText(at)
            : ReadSign(at);
    }

    private Token ReadNumber(int at)
    {
        int end = EndOf(at, char.IsAsciiLetterOrDigit);
        string digits = _text[at..end];
        var place = new TextPlace(at, end - at);
        bool isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        int shift = isHex ? 0 : digits.ToUpperInvariant() switch
        {
            [.., 'K', 'B'] => 10,
            [.., 'M', 'B'] => 20,
            [.., 'G', 'B'] => 30,
            _ => 0,
        };
        ReadOnlySpan<char> plain = isHex ? digits.AsSpan(2) : shift > 0 ? digits.AsSpan(0, digits.Length - 2) : digits;
        return ulong.TryParse(plain, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && ((UInt128)value << shift) <= ulong.MaxValue
            ? new(TokenKind.Number, digits, place) { Number = (Int128)((UInt128)value << shift) }
            : throw new TraceExpressionException(_text, place, $"{digits} is no number of 64 bits", "Numbers are written 100, 0x64, 4kb, 1mb or 1gb.");
    }

    private Token ReadText(int at)
    {
        char quote = _text[at];
        var value = new System.Text.StringBuilder();
        for (int i = at + 1; i < _text.Length; i++)
        {
            if (_text[i] != quote)
            {
                value.Append(_text[i]);
            }
            else if (i + 1 < _text.Length && _text[i + 1] == quote)
            {
                value.Append(quote);
                i++;
            }
            else
            {
                return new(TokenKind.Text, value.ToString(), new(at, i + 1 - at));
            }
        }

        throw new TraceExpressionException(_text, new(at, 1), "The text has no end", $"Close it with {quote}.");
    }

    private Token ReadSign(int at)
    {
        if (_text[at] == '-' && at + 1 < _text.Length && _text[at + 1] == '>')
        {
            return new(TokenKind.Sign, "->", new(at, 2));
        }

        if (_text[at] == '-' && at + 1 < _text.Length && char.IsAsciiLetter(_text[at + 1]))
        {
            int end = EndOf(at + 1, char.IsAsciiLetter);
            string word = _text[(at + 1)..end];
            var place = new TextPlace(at, end - at);
            bool isWhole = end == _text.Length || !(IsNameStart(_text[end]) || char.IsAsciiDigit(_text[end]));
            if (isWhole && s_operators.TryGetValue(word, out TraceOperator named))
            {
                return new(TokenKind.Operator, "-" + word, place) { Operator = named };
            }

            // -ceq and -ieq: with and without regard to capitals.
            if (isWhole && word[0] is 'c' or 'C' or 'i' or 'I' && s_operators.TryGetValue(word[1..], out TraceOperator compared) && compared <= TraceOperator.NotIn)
            {
                return new(TokenKind.Operator, "-" + word, place) { Operator = compared, IsCaseSensitive = word[0] is 'c' or 'C' };
            }

            if (isWhole && s_others.Contains(word))
            {
                throw new TraceExpressionException(_text, place, $"-{word} cannot be asked in the kernel", "Of texts, -eq, -ne, -like, -notlike, -in and -notin can; ask the rest of the events: ... | Where-Object.");
            }
        }

        string two = at + 1 < _text.Length ? _text.Substring(at, 2) : "";
        if (s_cOperators.ContainsKey(two))
        {
            return new(TokenKind.Sign, two, new(at, 2));
        }

        TraceOperator? sign = _text[at] switch
        {
            '+' => TraceOperator.Add,
            '-' => TraceOperator.Subtract,
            '*' => TraceOperator.Multiply,
            '!' => TraceOperator.Not,
            _ => null,
        };
        return new(sign is null ? TokenKind.Sign : TokenKind.Operator, _text[at].ToString(), new(at, 1)) { Operator = sign };
    }

    private int EndOf(int at, Func<char, bool> belongs)
    {
        while (at < _text.Length && belongs(_text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';
}
