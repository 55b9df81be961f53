namespace KernelDebug.Types;

/// <summary>Types and declarations as C writes them.</summary>
public static class TypeText
{
    private const int MaxDepth = 24;

    /// <summary>The name of a type, <c>struct sk_buff *</c>.</summary>
    public static string Of(DataType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Declare(type, "");
    }

    /// <summary>The name of a structure without its qualifiers: <c>struct sk_buff</c>, or that of the typedef where the structure has none, <c>atomic_t</c>.</summary>
    public static string OfAggregate(DataType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        DataType bare = type.Bare;
        DataType at = type;
        for (int depth = 0; bare.Name is null && at.Kind == TypeKind.Qualifier && depth < MaxDepth; depth++)
        {
            at = at.Target ?? DataType.Void;
        }

        return Of(bare.Name is null && at.Kind == TypeKind.Typedef ? at : bare);
    }

    /// <summary>A declaration of a name, <c>struct sk_buff *skb</c>.</summary>
    public static string Declare(DataType type, string name)
    {
        ArgumentNullException.ThrowIfNull(type);
        string declarator = name;
        DataType at = type;
        bool isPointer = false;
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            switch (at.Kind)
            {
                case TypeKind.PointerTo:
                    declarator = "*" + declarator;
                    isPointer = true;
                    at = at.Target ?? DataType.Void;
                    continue;
                case TypeKind.Array:
                    declarator = $"{Group(declarator, isPointer)}[{at.Count}]";
                    isPointer = false;
                    at = at.Target ?? DataType.Void;
                    continue;
                case TypeKind.Function:
                    declarator = $"{Group(declarator, isPointer)}()";
                    isPointer = false;
                    at = at.Target ?? DataType.Void;
                    continue;
                case TypeKind.Qualifier when (at.Target ?? DataType.Void).Kind == TypeKind.PointerTo:
                    // "* const": what is said of the pointer itself is of no use to a reader here.
                    at = at.Target!;
                    continue;
                default:
                    string head = Head(at);
                    return declarator.Length == 0 ? head : $"{head} {declarator}";
            }
        }

        return "?";
    }

    private static string Group(string declarator, bool isPointer) => isPointer ? $"({declarator})" : declarator;

    private static string Head(DataType type)
    {
        var words = new List<string>();
        DataType at = type;
        for (int depth = 0; at.Kind == TypeKind.Qualifier && depth < MaxDepth; depth++)
        {
            words.Add(at.Name ?? "const");
            at = at.Target ?? DataType.Void;
        }

        words.Add(at.Kind switch
        {
            TypeKind.Void => "void",
            TypeKind.Structure => at.Name is null ? "struct {...}" : $"struct {at.Name}",
            TypeKind.Union => at.Name is null ? "union {...}" : $"union {at.Name}",
            TypeKind.Enumeration => at.Name is null ? "enum {...}" : $"enum {at.Name}",
            TypeKind.PointerTo or TypeKind.Array or TypeKind.Function => Of(at),
            _ => at.Name ?? "?",
        });
        return string.Join(' ', words);
    }
}
