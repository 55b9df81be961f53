using System.Globalization;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// Types as C declares them, in the spelling of <c>bpftool btf dump format c</c> (libbpf's btf_dump): <c>const struct file_operations *fops</c>.
/// </summary>
public static class BtfDeclaration
{
    private static readonly Action<StringBuilder, BtfType> PlainNames = (text, type) => text.Append(NameOf(type));

    /// <summary>A type as it is spoken of: a named one by its name, a function with its name and parameters.</summary>
    /// <exception cref="BinaryFormatException">The type refers to what is not there, or goes on without end.</exception>
    public static string Of(BtfType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type switch
        {
            BtfFunction function => Declare(function.Prototype, function.Name ?? ""),
            BtfVariable variable => Declare(variable.Target, variable.Name ?? ""),
            BtfDeclarationTag tag => $"__attribute__((btf_decl_tag(\"{tag.Name}\")))",
            BtfDataSection or BtfUnknown => type.Name ?? "",
            _ => Declare(type, ""),
        };
    }

    /// <summary>The declaration of a name.</summary>
    /// <exception cref="BinaryFormatException">The type refers to what is not there, or goes on without end.</exception>
    public static string Declare(BtfType type, string name)
    {
        var text = new StringBuilder();
        Append(text, type, name, PlainNames);
        return text.ToString();
    }

    /// <summary>Appends the declaration of a name.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="type">The type.</param>
    /// <param name="name">The name; empty for none.</param>
    /// <param name="appendBase">
    /// Appends what is at the end of the chain of pointers, qualifiers, arrays and functions: a named type, or an anonymous one with its members.
    /// </param>
    /// <exception cref="BinaryFormatException">The type refers to what is not there, or goes on without end.</exception>
    public static void Append(StringBuilder text, BtfType type, string name, Action<StringBuilder, BtfType> appendBase) =>
        new Writer(text, appendBase, type).Declare(type, name, 0);

    /// <summary>A named type with its keyword: <c>struct sk_buff</c>, <c>u32</c>; without a name, the keyword and <c>{...}</c>.</summary>
    public static string NameOf(BtfType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        string? keyword = type switch
        {
            BtfStruct structure => structure.IsUnion ? "union" : "struct",
            BtfForward forward => forward.IsUnion ? "union" : "struct",
            BtfEnum => "enum",
            _ => null,
        };
        return keyword is null ? type.Name ?? "" : $"{keyword} {type.Name ?? "{...}"}";
    }

    private readonly struct Writer(StringBuilder text, Action<StringBuilder, BtfType> appendBase, BtfType root)
    {
        private readonly int _start = text.Length;

        public void Declare(BtfType type, string name, int depth)
        {
            if (depth > ParserLimits.MaxBtfNesting || text.Length - _start > ParserLimits.MaxDeclarationLength)
            {
                throw root.Malformed("expected a declaration that ends, have one that repeats itself");
            }

            var chain = new Stack<BtfType>();
            BtfType at = type;
            for (; at is BtfPointer or BtfModifier or BtfFunctionPrototype or BtfArray; at = at.Target!)
            {
                if (chain.Count == ParserLimits.MaxBtfChain)
                {
                    throw root.Malformed($"expected at most {ParserLimits.MaxBtfChain} links from a type to the one it is made of, have more");
                }

                chain.Push(at);
            }

            // Before the name of what is pointed to, qualifiers stand without a star to belong to.
            while (chain.TryPeek(out BtfType? next) && next is BtfModifier { Kind: not BtfKind.TypeTag })
            {
                text.Append(Word(chain.Pop())).Append(' ');
            }

            appendBase(text, at);
            Outer(chain, name, depth, afterStar: false);
        }

        // From the inside out: what is on the chain is popped in the order in which C writes it around the name. Behind a star, and behind
        // the parenthesis it stands in, no space separates what follows.
        private void Outer(Stack<BtfType> chain, string name, int depth, bool afterStar = true)
        {
            while (chain.TryPop(out BtfType? part))
            {
                switch (part)
                {
                    case BtfPointer:
                        text.Append(afterStar ? "*" : " *");
                        break;
                    case BtfModifier { Kind: BtfKind.TypeTag } tag:
                        text.Append(CultureInfo.InvariantCulture, $" __attribute__(({(tag.IsAttribute ? tag.Name : $"btf_type_tag(\"{tag.Name}\")")}))");
                        break;
                    case BtfModifier:
                        text.Append(' ').Append(Word(part));
                        break;
                    case BtfArray array:
                        Dimension(array, chain, name, depth, afterStar);
                        return;
                    case BtfFunctionPrototype prototype:
                        Parameters(prototype, chain, name, depth, afterStar);
                        return;
                }

                afterStar = part is BtfPointer;
            }

            AppendName(name, afterStar);
        }

        private void Dimension(BtfArray array, Stack<BtfType> chain, string name, int depth, bool afterStar)
        {
            DropQualifiers(chain);
            if (chain.Count == 0)
            {
                AppendName(name, afterStar);
            }
            else
            {
                bool isDimension = chain.Peek() is BtfArray;
                if (name.Length > 0 && !afterStar)
                {
                    text.Append(' ');
                }

                text.Append(isDimension ? "" : "(");
                Outer(chain, name, depth);
                text.Append(isDimension ? "" : ")");
            }

            text.Append(CultureInfo.InvariantCulture, $"[{array.Count}]");
        }

        private void Parameters(BtfFunctionPrototype prototype, Stack<BtfType> chain, string name, int depth, bool afterStar)
        {
            DropQualifiers(chain);
            if (chain.Count > 0)
            {
                text.Append(" (");
                Outer(chain, name, depth);
                text.Append(')');
            }
            else
            {
                AppendName(name, afterStar);
            }

            text.Append('(');
            for (int i = 0; i < prototype.Parameters.Count; i++)
            {
                text.Append(i > 0 ? ", " : "");
                Declare(prototype.Parameters[i].Type, prototype.Parameters[i].Name ?? "", depth + 1);
            }

            text.Append(prototype.IsVariadic ? ", ..." : prototype.Parameters.Count == 0 ? "void" : "").Append(')');
        }

        // GCC qualifies arrays and, for noreturn, functions, which C cannot write at this place.
        private static void DropQualifiers(Stack<BtfType> chain)
        {
            while (chain.TryPeek(out BtfType? next) && next is BtfModifier)
            {
                chain.Pop();
            }
        }

        private void AppendName(string name, bool afterStar) => text.Append(name.Length > 0 && !afterStar ? " " : "").Append(name);

        private static string Word(BtfType qualifier) => qualifier.Kind switch
        {
            BtfKind.Const => "const",
            BtfKind.Volatile => "volatile",
            _ => "restrict",
        };
    }
}
