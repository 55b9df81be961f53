using System.Text;

namespace KernelDebug.Demangling;

/// <summary>
/// Rust's v0 names (RFC 2603; the rustc book, "v0 Symbol Format"): <c>_R</c>, a path, the crate it was instantiated in, a vendor suffix.
/// The grammar is read and written out in one pass; each production returns false where the name does not fit it.
/// </summary>
/// <remarks>
/// Constants of other than integer, bool and char type, and pattern types, follow the compiler (compiler/rustc_symbol_mangling/src/v0.rs):
/// the book does not describe them yet.
/// </remarks>
internal sealed partial class RustV0Demangler
{
    private const string Prefix = "_R";

    /// <summary>Productions inside each other. rustc-demangle and LLVM stop at 500 as well.</summary>
    private const int MaxDepth = 500;

    /// <summary>Productions read in all: backrefs can ask for the same text over and over without writing any.</summary>
    private const int MaxProductions = 1 << 17;

    private readonly string _symbol;
    private readonly StringBuilder _output = new();
    private int _position;
    private int _depth;
    private int _productions;
    private int _muted;
    private ulong _boundLifetimes;

    private RustV0Demangler(string symbol) => _symbol = symbol;

    /// <summary>Demangles a name without its hashes; null when it is not a v0 name, is damaged, or breaks a bound.</summary>
    public static string? TryDemangle(string mangled)
    {
        if (!mangled.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        int end = Prefix.Length;
        while (end < mangled.Length && (char.IsAsciiLetterOrDigit(mangled[end]) || mangled[end] == '_'))
        {
            end++;
        }

        var demangler = new RustV0Demangler(mangled[Prefix.Length..end]);
        return CloneSuffix.TryFormat(mangled.AsSpan(end)) is { } clones && demangler.SymbolName() ? demangler._output + clones : null;
    }

    private bool SymbolName()
    {
        if (!Path(inValue: true))
        {
            return false;
        }

        // The crate a generic was instantiated in tells nothing about the function.
        return _position == _symbol.Length || (Muted(() => Path(inValue: false)) && _position == _symbol.Length);
    }

    /// <summary><c>path</c>.</summary>
    /// <param name="inValue">True where Rust's expression syntax rules: generic arguments are written <c>::&lt;T&gt;</c>.</param>
    private bool Path(bool inValue) => Enter() && PathBody(inValue) && Leave();

    private bool PathBody(bool inValue)
    {
        switch (Next())
        {
            case 'C':
                return Disambiguator(out _) && Identifier(out string crate) && Write(crate);
            case 'N':
                return NestedPath(inValue);
            case 'M':
                return ImplPath() && Write("<") && Type() && Write(">");
            case 'X':
                return ImplPath() && Write("<") && Type() && Write(" as ") && Path(inValue: false) && Write(">");
            case 'Y':
                return Write("<") && Type() && Write(" as ") && Path(inValue: false) && Write(">");
            case 'I':
                return Path(inValue) && Write(inValue ? "::<" : "<") && List(GenericArgument, ", ", out _) && Write(">");
            case 'B':
                return Backref(() => Path(inValue));
            default:
                return false;
        }
    }

    private bool NestedPath(bool inValue)
    {
        char space = Next();
        if (!char.IsAsciiLetter(space) || !Path(inValue) || !Disambiguator(out ulong index) || !Identifier(out string name))
        {
            return false;
        }

        if (char.IsAsciiLetterLower(space))
        {
            // The compiler's own spaces (types, values): only the name counts.
            return name.Length == 0 || (Write("::") && Write(name));
        }

        string kind = space switch { 'C' => "closure", 'S' => "shim", _ => space.ToString() };
        return Write(name.Length == 0 ? $"::{{{kind}#{index}}}" : $"::{{{kind}:{name}#{index}}}");
    }

    /// <summary>The module an impl stands in, which Rust's own syntax for the impl does not name.</summary>
    private bool ImplPath() => Disambiguator(out _) && Muted(() => Path(inValue: false));

    private bool GenericArgument()
    {
        return Eat('L') ? Base62(out ulong lifetime) && WriteLifetime(lifetime)
            : Eat('K') ? Constant(inValue: false)
            : Type();
    }

    private bool Type() => Enter() && TypeBody() && Leave();

    private bool TypeBody()
    {
        char tag = Next();
        if (BasicType(tag) is { } basic)
        {
            return Write(basic);
        }

        switch (tag)
        {
            case 'R':
                return Reference("");
            case 'Q':
                return Reference("mut ");
            case 'P':
                return Write("*const ") && Type();
            case 'O':
                return Write("*mut ") && Type();
            case 'S':
                return Write("[") && Type() && Write("]");
            case 'A':
                return Write("[") && Type() && Write("; ") && Constant(inValue: true) && Write("]");
            case 'T':
                return Write("(") && List(Type, ", ", out int count) && Write(count == 1 ? ",)" : ")");
            case 'F':
                return Binder(FunctionSignature);
            case 'D':
                return Write("dyn ") && Binder(() => List(DynTrait, " + ", out _)) && Eat('L') && Base62(out ulong lifetime)
                    && (lifetime == 0 || (Write(" + ") && WriteLifetime(lifetime)));
            case 'W':
                return Type() && Write(" is ") && Pattern();
            case 'B':
                return Backref(Type);
            default:
                _position--;
                return Path(inValue: false);
        }
    }

    private bool Reference(string mutability)
    {
        ulong lifetime = 0;
        return Write("&") && (!Eat('L') || Base62(out lifetime))
            && (lifetime == 0 || (WriteLifetime(lifetime) && Write(" ")))
            && Write(mutability) && Type();
    }

    private bool FunctionSignature()
    {
        if (Eat('U') && !Write("unsafe "))
        {
            return false;
        }

        if (Eat('K'))
        {
            string abi = "C";
            if (!Eat('C') && (Peek() == 'u' || !Identifier(out abi) || abi.Length == 0))
            {
                return false;
            }

            // The mangling has '_' for each '-' of "C-unwind".
            if (!Write("extern \"" + abi.Replace('_', '-') + "\" "))
            {
                return false;
            }
        }

        return Write("fn(") && List(Type, ", ", out _) && Write(")") && (Eat('u') || (Write(" -> ") && Type()));
    }

    private bool DynTrait()
    {
        if (!OpenTraitPath(out bool open))
        {
            return false;
        }

        while (Eat('p'))
        {
            if (!Write(open ? ", " : "<") || !Identifier(out string name) || !Write(name + " = ")
                || !(Eat('K') ? Constant(inValue: false) : Type()))
            {
                return false;
            }

            open = true;
        }

        return !open || Write(">");
    }

    /// <summary>A trait's path whose <c>&lt;...&gt;</c> is left open for associated types: <c>Fn&lt;u8, Output = ()&gt;</c>.</summary>
    private bool OpenTraitPath(out bool open)
    {
        open = false;
        if (Eat('I'))
        {
            open = true;
            return Path(inValue: false) && Write("<") && List(GenericArgument, ", ", out _);
        }

        if (Eat('B'))
        {
            bool opened = false;
            bool valid = Enter() && Backref(() => OpenTraitPath(out opened)) && Leave();
            open = opened;
            return valid;
        }

        return Path(inValue: false);
    }

    /// <summary>What a pattern type narrows its type to: <c>u32 is 1..=9</c>.</summary>
    private bool Pattern() => Enter() && PatternBody() && Leave();

    private bool PatternBody() => Next() switch
    {
        'R' => Constant(inValue: false) && Write("..=") && Constant(inValue: false),
        'O' => List(Pattern, " | ", out int count) && count > 0,
        'N' => Write("!null"),
        _ => false,
    };

    private static string? BasicType(char tag) => tag switch
    {
        'a' => "i8",
        'b' => "bool",
        'c' => "char",
        'd' => "f64",
        'e' => "str",
        'f' => "f32",
        'h' => "u8",
        'i' => "isize",
        'j' => "usize",
        'l' => "i32",
        'm' => "u32",
        'n' => "i128",
        'o' => "u128",
        'p' => "_",
        's' => "i16",
        't' => "u16",
        'u' => "()",
        'v' => "...",
        'x' => "i64",
        'y' => "u64",
        'z' => "!",
        _ => null,
    };
}
