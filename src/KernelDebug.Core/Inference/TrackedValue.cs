using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>What is known of a register's content.</summary>
internal enum ValueKind
{
    /// <summary>It is the value of a C expression of a type, plus an offset in bytes.</summary>
    Expression,
    /// <summary>It is the address of an object that has a name, plus an offset in bytes.</summary>
    Object,
    /// <summary>It is the canonical frame address (the stack pointer before the call of this function) plus an offset.</summary>
    Frame,
    /// <summary>It is a number, which may be an address of the file.</summary>
    Constant,
    /// <summary>It is what a register had when the function was entered.</summary>
    Entry,
    /// <summary>It was loaded from a union: it is one of <see cref="TrackedValue.Choices"/>.</summary>
    Choice,
    /// <summary>It is the distance from a per-CPU variable to this or another CPU's copy of it.</summary>
    PerCpuOffset,
}

/// <summary>A register's content, as far as it is known.</summary>
/// <param name="Kind">What is known.</param>
/// <param name="Text">The C expression; null where several lead here, all of one type.</param>
/// <param name="Type">The expression's or object's type.</param>
/// <param name="Offset">Bytes added to it; the number of a constant; the DWARF number of an entry register.</param>
/// <param name="Root">The variable the expression begins with; null for none.</param>
internal sealed record TrackedValue(ValueKind Kind, string? Text, DataType? Type, long Offset, RootVariable? Root)
{
    /// <summary>The memory it was loaded from; null where it was not, or several lead here.</summary>
    public ResolvedPlace? Source { get; init; }

    /// <summary>What it may be, where it was loaded from a union: the pointers among the members.</summary>
    public IReadOnlyList<TrackedValue> Choices { get; init; } = [];

    public static TrackedValue Frame(long offset) => new(ValueKind.Frame, null, null, offset, null);

    public static TrackedValue Constant(ulong value) => new(ValueKind.Constant, null, null, (long)value, null);

    public static TrackedValue Entry(int register) => new(ValueKind.Entry, null, null, register, null);

    public static TrackedValue PerCpu { get; } = new(ValueKind.PerCpuOffset, null, null, 0, null);

    public static TrackedValue Of(string? text, DataType type, RootVariable? root, long offset = 0) => new(ValueKind.Expression, text, type, offset, root);

    public static TrackedValue AddressOf(string name, DataType type, RootVariable? root, long offset) => new(ValueKind.Object, name, type, offset, root);

    /// <summary>True where adding a number gives a value of this kind again.</summary>
    public bool IsAddress => Kind is ValueKind.Choice or ValueKind.Object or ValueKind.Frame or ValueKind.Constant || (Kind == ValueKind.Expression && Type?.Pointee is not null);

    /// <summary>The same, a number of bytes further.</summary>
    public TrackedValue? Plus(long bytes) => bytes == 0 ? this
        : !IsAddress ? null
        : this with { Offset = unchecked(Offset + bytes), Choices = Choices.Count == 0 ? [] : [.. Choices.Select(choice => choice.Plus(bytes)!)] };

    /// <summary>What holds where two ways meet: the common, and nothing where they differ in what it points to.</summary>
    public static TrackedValue? Join(TrackedValue? one, TrackedValue? other)
    {
        if (one is null || other is null || one.Kind != other.Kind || one.Offset != other.Offset)
        {
            return null;
        }

        if (!ReferenceEquals(one.Type, other.Type) && !DataType.AreSame(one.Type, other.Type))
        {
            return null;
        }

        if (one.Text == other.Text && one.Choices.Count == other.Choices.Count)
        {
            return one.Root == other.Root ? one : one with { Root = null, Source = null };
        }

        return one.Kind == ValueKind.Expression ? one with { Text = null, Root = null, Source = null } : null;
    }

    /// <summary>True where both say the same.</summary>
    public static bool AreEqual(TrackedValue? one, TrackedValue? other) => ReferenceEquals(one, other)
        || (one is not null && other is not null && one.Kind == other.Kind && one.Text == other.Text && one.Offset == other.Offset && one.Root == other.Root
            && (ReferenceEquals(one.Type, other.Type) || DataType.AreSame(one.Type, other.Type)));
}

/// <summary>A variable that an expression begins with: two of one name in different scopes are two.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Declaration"><c>struct sk_buff *skb</c>; null for what a call returned, which is no variable.</param>
/// <param name="Function">The function it is declared in; null for one outside all functions.</param>
/// <param name="Number">Tells those of one name apart.</param>
internal sealed record RootVariable(string Name, string? Declaration, string? Function, ulong Number);
