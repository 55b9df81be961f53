namespace KernelDebug.Demangling;

/// <summary>The tokens of a v0 name, and what productions share: bounds, lists, binders, backrefs.</summary>
internal sealed partial class RustV0Demangler
{
    /// <summary>The character at the cursor; NUL, which no production accepts, at the end.</summary>
    private char Peek() => _position < _symbol.Length ? _symbol[_position] : '\0';

    private char Next()
    {
        char c = Peek();
        _position += c == '\0' ? 0 : 1;
        return c;
    }

    private bool Eat(char c)
    {
        if (Peek() != c)
        {
            return false;
        }

        _position++;
        return true;
    }

    private bool Enter() => ++_depth <= MaxDepth && ++_productions <= MaxProductions;

    /// <summary>Ends what <see cref="Enter"/> began. After a failure nothing is read any more, so only success needs it.</summary>
    private bool Leave()
    {
        _depth--;
        return true;
    }

    private bool Write(string text)
    {
        if (_muted == 0)
        {
            _output.Append(text);
        }

        return _output.Length <= Demangler.MaxOutputLength;
    }

    private bool Muted(Func<bool> production)
    {
        _muted++;
        bool valid = production();
        _muted--;
        return valid;
    }

    private bool List(Func<bool> item, string separator, out int count)
    {
        // Ends: an item that is valid has consumed at least one character.
        for (count = 0; !Eat('E'); count++)
        {
            if ((count > 0 && !Write(separator)) || !item())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary><c>backref</c>, its <c>B</c> already read: reads a production at an earlier place.</summary>
    private bool Backref(Func<bool> production)
    {
        int tag = _position - 1;
        if (!Base62(out ulong target) || target >= (ulong)tag)
        {
            return false;
        }

        if (_muted > 0)
        {
            return true;
        }

        int after = _position;
        _position = (int)target;
        bool valid = production();
        _position = after;
        return valid;
    }

    /// <summary>An optional <c>binder</c> around a production: <c>for&lt;'a, 'b&gt; </c>.</summary>
    private bool Binder(Func<bool> production)
    {
        ulong count = 0;
        // Each bound lifetime is worth its mention at least; the cap keeps G and a large number from writing millions of names.
        if (Eat('G') && (!Base62(out count) || ++count > (ulong)_symbol.Length))
        {
            return false;
        }

        for (ulong i = 0; i < count; i++)
        {
            _boundLifetimes++;
            if (!Write(i == 0 ? "for<" : ", ") || !WriteLifetime(1))
            {
                return false;
            }
        }

        bool valid = (count == 0 || Write("> ")) && production();
        _boundLifetimes -= count;
        return valid;
    }

    /// <summary>Writes a lifetime.</summary>
    /// <param name="index">0 is <c>'_</c>; 1 is the one bound last, counting outwards.</param>
    private bool WriteLifetime(ulong index)
    {
        if (index == 0)
        {
            return Write("'_");
        }

        if (index > _boundLifetimes)
        {
            return false;
        }

        ulong fromOutermost = _boundLifetimes - index;
        return Write(fromOutermost < 26 ? $"'{(char)('a' + fromOutermost)}" : $"'_{fromOutermost}");
    }

    /// <summary><c>disambiguator</c>: 0 where there is none.</summary>
    private bool Disambiguator(out ulong value)
    {
        value = 0;
        return !Eat('s') || (Base62(out value) && ++value != 0);
    }

    /// <summary><c>base-62-number</c>: <c>_</c> is 0, <c>0_</c> is 1.</summary>
    private bool Base62(out ulong value)
    {
        value = 0;
        if (Eat('_'))
        {
            return true;
        }

        while (true)
        {
            char c = Next();
            if (c == '_')
            {
                return ++value != 0;
            }

            int digit = char.IsAsciiDigit(c) ? c - '0'
                : char.IsAsciiLetterLower(c) ? c - 'a' + 10
                : char.IsAsciiLetterUpper(c) ? c - 'A' + 36
                : -1;
            if (digit < 0 || value > (ulong.MaxValue - (ulong)digit) / 62)
            {
                return false;
            }

            value = (value * 62) + (ulong)digit;
        }
    }

    /// <summary><c>undisambiguated-identifier</c>.</summary>
    private bool Identifier(out string name)
    {
        name = "";
        bool isPunycode = Eat('u');
        if (!char.IsAsciiDigit(Peek()))
        {
            return false;
        }

        int length = Next() - '0';
        while (length != 0 && char.IsAsciiDigit(Peek()))
        {
            length = (length * 10) + (Next() - '0');
            if (length > _symbol.Length)
            {
                return false;
            }
        }

        // Parts the length from a name that starts with a digit or '_'.
        Eat('_');
        if (length > _symbol.Length - _position)
        {
            return false;
        }

        ReadOnlySpan<char> text = _symbol.AsSpan(_position, length);
        _position += length;
        if (!isPunycode)
        {
            name = text.ToString();
            return true;
        }

        int separator = text.LastIndexOf('_');
        ReadOnlySpan<char> ascii = separator < 0 ? default : text[..separator];
        ReadOnlySpan<char> deltas = text[(separator + 1)..];
        // Where the code cannot be decoded the name is still known in its encoded form.
        name = RustText.TryDecodePunycode(ascii, deltas) ?? $"punycode{{{(ascii.IsEmpty ? "" : $"{ascii}-")}{deltas}}}";
        return !deltas.IsEmpty;
    }
}
