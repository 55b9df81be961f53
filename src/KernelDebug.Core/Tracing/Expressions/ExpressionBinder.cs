using System.Globalization;
using KernelDebug.Btf;

namespace KernelDebug.Tracing.Expressions;

/// <summary>Gives an expression the types of the kernel: paths become addresses and offsets, and what C or the kernel would not allow an error at its place.</summary>
internal sealed class ExpressionBinder
{
    /// <summary>How many numbers can wait on a program's stack while others are computed.</summary>
    public const int MostKeptNumbers = 20;

    private const string AskElsewhere = "Ask for a member of it, or cast it: (u64)x.";
    private readonly TraceScope _scope;
    private readonly string _text;

    private ExpressionBinder(TraceScope scope, string text)
    {
        _scope = scope;
        _text = text;
    }

    /// <summary>A value.</summary>
    /// <param name="scope">What it is about.</param>
    /// <param name="text">The text it was read from, for messages.</param>
    /// <param name="expression">What was read.</param>
    /// <exception cref="TraceExpressionException">It means nothing there.</exception>
    /// <exception cref="IO.BinaryFormatException">A type of the kernel's is damaged.</exception>
    public static TypedExpression Value(TraceScope scope, string text, TraceExpression expression)
    {
        var binder = new ExpressionBinder(scope, text);
        return binder.Bounded(binder.Bind(expression, null), expression);
    }

    /// <summary>A condition.</summary>
    /// <inheritdoc cref="Value"/>
    public static TypedCondition Condition(TraceScope scope, string text, TraceExpression expression)
    {
        var binder = new ExpressionBinder(scope, text);
        return (TypedCondition)binder.Bounded(binder.AsCondition(binder.Bind(expression, null), expression), expression);
    }

    /// <summary>That the name of the task that is running fits a pattern, whatever the arguments are called.</summary>
    /// <inheritdoc cref="Value"/>
    public static TypedCondition TaskLike(TraceScope scope, string text) =>
        new TextComparison(new TaskName(), new ExpressionBinder(scope, text).Pattern(text, isPattern: true, isCaseSensitive: false, new TextExpression(text, new(0, text.Length))));

    /// <summary>Refuses what would keep more numbers at once than a program has room for.</summary>
    private TypedExpression Bounded(TypedExpression bound, TraceExpression from) => KeptNumbers(bound) <= MostKeptNumbers
        ? bound
        : throw Wrong(from, $"More than {MostKeptNumbers} numbers are to be kept while others are computed", "Ask less at once, or put the longer part before the operator.");

    private static int KeptNumbers(TypedExpression value) => value switch
    {
        MemoryValue memory => KeptNumbers(memory.Pointer),
        AddressValue address => KeptNumbers(address.Pointer),
        CastValue cast => KeptNumbers(cast.Of),
        Calculation made => Both(made.Left, made.Right),
        NumberComparison compared => Both(compared.Left, compared.Right),
        TextComparison compared => KeptNumbers(compared.Text),
        Truth truth => KeptNumbers(truth.Of),
        Negation not => KeptNumbers(not.Of),
        Connection both => Math.Max(KeptNumbers(both.Left), KeptNumbers(both.Right)),
        _ => 0,
    };

    private static int Both(TypedExpression left, TypedExpression right) => Math.Max(KeptNumbers(left), right is ConstantNumber ? 0 : 1 + KeptNumbers(right));

    private TypedExpression Bind(TraceExpression expression, TraceType? hint) => Meant(expression, hint) with { Source = Text(expression) };

    private TypedExpression Meant(TraceExpression expression, TraceType? hint) => expression switch
    {
        NameExpression name => Name(name, hint),
        NumberExpression number => new ConstantNumber(number.Value),
        NullExpression => new ConstantNumber(0),
        MemberExpression member => Member(member),
        ElementExpression element => Element(element),
        PointeeExpression pointee => Pointee(pointee),
        CastExpression cast => Cast(cast),
        UnaryExpression unary => Unary(unary),
        BinaryExpression binary => Binary(binary),
        TextExpression text => throw Wrong(text, "A text is nothing by itself", "Compare it with a name: skb->dev->name -like 'eth*'."),
        _ => throw Wrong(expression, "Several values can be asked for with -in alone", "Write x -in 1, 2."),
    };

    private TypedExpression Name(NameExpression name, TraceType? hint)
    {
        if (_scope.Variables.FirstOrDefault(variable => variable.Name == name.Name) is { } known)
        {
            return known.Value ?? throw Wrong(name, $"{name.Name} of {_scope.Subject} cannot be had: {known.WhyNot}", "Ask for another.");
        }

        if (name.IsVariable && _scope.ShellVariable?.Invoke(name.Name) is { } value)
        {
            return Constant(value) ?? throw Wrong(name, $"${name.Name} is no argument of {_scope.Subject}, and as a variable of the shell no number", "Numbers are compared as they are; write a text in quotes.");
        }

        TypedExpression? own = name.Name switch
        {
            "pid" => new TaskNumber(TaskNumberKind.Process),
            "tid" => new TaskNumber(TaskNumberKind.Thread),
            "cpu" => new TaskNumber(TaskNumberKind.Processor),
            "cgroup" => new TaskNumber(TaskNumberKind.ControlGroup),
            "task" or "comm" => new TaskName(),
            _ => null,
        };
        if (own is not null)
        {
            return own;
        }

        if (Enumerator(name.Name, hint) is { } number)
        {
            return number;
        }

        throw Wrong(name, $"{_scope.Subject} has no argument {name.Name}", SimilarNames.Offer(name.Name, [.. _scope.Variables.Select(variable => variable.Name)], $"{_scope.Subject} takes no arguments."));
    }

    private ConstantNumber? Enumerator(string name, TraceType? hint)
    {
        if (hint?.Bare is BtfEnum wanted && wanted.Values.FirstOrDefault(value => value.Name == name) is { } own)
        {
            return Number(wanted, own);
        }

        for (BtfFile? file = _scope.Types; file is not null; file = file.Base)
        {
            for (uint id = file.FirstId; id < file.EndId; id++)
            {
                if (file.KindOf(id) is BtfKind.Enum or BtfKind.Enum64 && file[id] is BtfEnum known && known.Values.FirstOrDefault(value => value.Name == name) is { } found)
                {
                    return Number(known, found);
                }
            }
        }

        return null;

        static ConstantNumber Number(BtfEnum of, BtfEnumValue value) => new(of.IsSigned ? value.Value : value.Bits);
    }

    private TypedExpression Member(MemberExpression member)
    {
        TypedValue value = MemberAsDeclared(member, out BtfStruct structure);

        // The names of files are declared as bytes (include/linux/dcache.h).
        return structure.Name == "qstr" && member.Name == "name" && value.Type is { IsPointer: true, Target.Bare: BtfInt { ByteSize: 1 } } && CTypeNames.Find(_scope.Types, "char") is { } character
            ? new CastValue(value, new TraceType(character, 1))
            : value;
    }

    private TypedValue MemberAsDeclared(MemberExpression member, out BtfStruct structure)
    {
        TypedValue of = Typed(member.Of);
        bool isPointer = of.Type.IsPointer;
        TraceType holder = isPointer ? of.Type.Target!.Value : of.Type;
        if (holder.Structure is not { } known)
        {
            throw Wrong(
                member.Of,
                holder.Bare is BtfForward ? $"The types here only name {holder}, and have none of its members"
                : holder.IsPointer ? $"{Text(member.Of)} is a pointer to a pointer, {of.Type}"
                : holder.Array is not null ? $"{Text(member.Of)} is an array, {of.Type}"
                : $"{Text(member.Of)} is {of.Type}, which has no members",
                holder.IsPointer ? $"Follow it first: (*{Text(member.Of)})->{member.Name}."
                : holder.Array is not null ? $"Take an element: {Text(member.Of)}[0]."
                : $"Cast it to a pointer of what it is: ((struct NAME *){Text(member.Of)})->{member.Name}.");
        }

        structure = known;
        BtfMember found = structure.FindMember(member.Name) ?? throw Wrong(
            member.NamePlace, $"{structure} has no member {member.Name}", SimilarNames.Offer(member.Name, [.. structure.FlattenedMembers.Where(other => other.Name is not null).Select(other => other.Name!)], "It has no members."));
        var type = new TraceType(found.Type);
        BitRange? bits = found.IsBitField ? Bits(structure, found) : null;
        long offset = checked((long)found.ByteOffset);
        if (isPointer)
        {
            return new MemoryValue(of, offset, bits, type);
        }

        return of switch
        {
            MemoryValue memory => new MemoryValue(memory.Pointer, memory.Offset + offset, bits, type),
            SlotValue slot => new SlotValue(slot.Slot, slot.Offset + (int)offset, bits, type),
            _ => throw Wrong(member.Of, $"{Text(member.Of)} is no place in memory", AskElsewhere),
        };
    }

    private static BitRange Bits(BtfStruct structure, BtfMember member)
    {
        ulong start = member.BitOffset + (ulong)(member.OwnBits?.BitOffset ?? 0);
        return member.BitSize is > 0 and <= 64 and var count
            ? new BitRange((int)(start - (member.ByteOffset * 8)), (int)count)
            : throw structure.Malformed($"expected bit fields of 1 to 64 bits, have {member.Name}");
    }

    private MemoryValue Element(ElementExpression element)
    {
        TypedValue of = Typed(element.Of);
        TraceType target = of.Type.Target ?? throw Wrong(element.Of, $"{Text(element.Of)} is {of.Type}, and neither array nor pointer", AskElsewhere);
        ulong size = target.Size is > 0 and var known ? known : throw Wrong(element.Of, $"Elements of {Text(element.Of)}, {of.Type}, have no size", "Cast it first: ((u8 *)x)[0].");
        BtfArray? array = of.Type.Array;
        if (array is { Count: > 0 } && (element.Index < 0 || element.Index >= array.Count))
        {
            throw Wrong(element.IndexPlace, $"{Text(element.Of)} has the elements 0 to {array.Count - 1}", $"Ask for one of them; it is {of.Type}.");
        }

        long offset;
        try
        {
            offset = checked(element.Index * (long)size);
        }
        catch (OverflowException)
        {
            throw Wrong(element.IndexPlace, "The element is outside of all memory", "Ask for a nearer one.");
        }

        if (array is null)
        {
            return new MemoryValue(of, offset, null, target);
        }

        return of is MemoryValue memory
            ? new MemoryValue(memory.Pointer, memory.Offset + offset, null, target)
            : throw Wrong(element.Of, $"{Text(element.Of)} is no place in memory", AskElsewhere);
    }

    private MemoryValue Pointee(PointeeExpression pointee)
    {
        TypedValue of = Typed(pointee.Of);
        TraceType target = of.Type.Target ?? throw Wrong(pointee.Of, $"{Text(pointee.Of)} is {of.Type}, and no pointer", AskElsewhere);
        return target.Size is null
            ? throw Wrong(pointee, $"What {Text(pointee.Of)} points to, {target}, has no size", "Cast it first: *(u64 *)x.")
            : of.Type.IsPointer ? new MemoryValue(of, 0, null, target)
            : of is MemoryValue memory ? memory with { Type = target }
            : throw Wrong(pointee.Of, $"{Text(pointee.Of)} is no place in memory", AskElsewhere);
    }

    private CastValue Cast(CastExpression cast)
    {
        TypedExpression of = AsNumber(Bind(cast.Of, null), cast.Of);
        BtfType found = CTypeNames.Find(_scope.Types, cast.Type) ?? throw Wrong(
            cast.TypePlace, $"The types here have no {cast.Type}", "Types are named as in C: struct iphdr, u32, unsigned int; Get-BtfType finds them.");
        var type = new TraceType(found, cast.Pointers);
        return type.IsScalar ? new CastValue(of, type) : throw Wrong(cast.TypePlace, $"Nothing is cast to {type}: it is no number and no pointer", $"Cast to a pointer to it: ({cast.Type} *).");
    }

    private TypedExpression Unary(UnaryExpression unary)
    {
        TypedExpression of = Bind(unary.Of, null);
        switch (unary.Operator)
        {
            case TraceOperator.Not:
                return new Negation(AsCondition(of, unary.Of));
            case TraceOperator.BitNot:
                return new Calculation(TraceOperator.BitXor, AsNumber(of, unary.Of), new ConstantNumber(-1), IsUnsigned(of));
            default:
                return new Calculation(TraceOperator.Subtract, new ConstantNumber(0), AsNumber(of, unary.Of), IsUnsigned: false);
        }
    }

    private TypedExpression Binary(BinaryExpression binary)
    {
        switch (binary.Operator)
        {
            case TraceOperator.And or TraceOperator.Or or TraceOperator.Xor:
                return new Connection(binary.Operator, AsCondition(Bind(binary.Left, null), binary.Left), AsCondition(Bind(binary.Right, null), binary.Right));
            case TraceOperator.In or TraceOperator.NotIn:
                IEnumerable<TypedCondition> any = ((ListExpression)binary.Right).Items.Select(item => Compare(binary with { Operator = TraceOperator.Equal, Right = item }));
                TypedCondition all = any.Aggregate((left, right) => new Connection(TraceOperator.Or, left, right));
                return binary.Operator == TraceOperator.In ? all : new Negation(all);
            case <= TraceOperator.NotLike:
                return Compare(binary);
            default:
                TypedExpression first = AsNumber(Bind(binary.Left, null), binary.Left), second = AsNumber(Bind(binary.Right, null), binary.Right);
                return new Calculation(binary.Operator, first, second, IsUnsigned(first) || (binary.Operator is not (TraceOperator.ShiftLeft or TraceOperator.ShiftRight) && IsUnsigned(second)));
        }
    }

    private TypedCondition Compare(BinaryExpression binary)
    {
        bool isPattern = binary.Operator is TraceOperator.Like or TraceOperator.NotLike;
        bool isEquality = isPattern || binary.Operator is TraceOperator.Equal or TraceOperator.NotEqual;
        (TraceExpression left, TraceExpression right) = (binary.Left, binary.Right);
        string? text = TextOf(right);
        if (text is null && !isPattern && TextOf(left) is { } before)
        {
            (text, left, right) = (before, right, left);
        }

        if (text is null && isPattern)
        {
            throw Wrong(right, "A pattern is a text", "Write it in quotes: -like 'eth*'.");
        }

        if (text is null)
        {
            TypedExpression first = BindSide(left, right), second = BindSide(right, left);
            return new NumberComparison(binary.Operator, AsNumber(first, left), AsNumber(second, right));
        }

        TypedExpression of = Bind(left, null);
        if (!isEquality)
        {
            throw Wrong(binary.OperatorPlace, "Texts are equal or not, and have no order in the kernel", "Texts are compared with -eq, -ne, -like, -notlike, -in and -notin.");
        }

        if (of is TaskName or TypedValue { Type.IsText: true })
        {
            TypedCondition compared = new TextComparison(of, Pattern(text, isPattern, binary.IsCaseSensitive, right));
            return binary.Operator is TraceOperator.NotEqual or TraceOperator.NotLike ? new Negation(compared) : compared;
        }

        if (!isPattern && of is TypedValue { Type.Bare: BtfEnum values })
        {
            ConstantNumber number = values.Values.FirstOrDefault(value => value.Name == text) is { } named
                ? new ConstantNumber(values.IsSigned ? named.Value : named.Bits)
                : throw Wrong(right, $"{values} has no {text}", SimilarNames.Offer(text, [.. values.Values.Select(value => value.Name)], "It has no names."));
            return new NumberComparison(binary.Operator, of, number);
        }

        throw Wrong(left, $"{Text(left)} is {(of is TypedValue typed ? typed.Type.ToString() : "a number")}, and no text", "Texts are char *, char[] and task.");
    }

    /// <summary>A side of a comparison: a name may be one of the other side's enumeration.</summary>
    private TypedExpression BindSide(TraceExpression side, TraceExpression other) =>
        side is NameExpression && other is not NameExpression ? Bind(side, (Bind(other, null) as TypedValue)?.Type) : Bind(side, null);

    private string? TextOf(TraceExpression expression) => expression switch
    {
        TextExpression text => text.Value,
        NameExpression { IsVariable: true } name when _scope.Variables.All(variable => variable.Name != name.Name) => _scope.ShellVariable?.Invoke(name.Name) as string,
        _ => null,
    };

    private TextPattern Pattern(string text, bool isPattern, bool isCaseSensitive, TraceExpression place) => TextPattern.Parse(text, isPattern, isCaseSensitive, out (string Problem, string Remedy) wrong)
        ?? throw Wrong(place, wrong.Problem, wrong.Remedy);

    private TypedCondition AsCondition(TypedExpression bound, TraceExpression from) => bound as TypedCondition ?? new Truth(AsNumber(bound, from));

    /// <summary>What can be computed with: a number, or the address that an array stands for.</summary>
    private TypedExpression AsNumber(TypedExpression bound, TraceExpression from) => bound switch
    {
        TypedCondition => throw Wrong(from, $"{Text(from)} is true or false, and no number", "Comparisons bind tighter than -band and its like: put brackets around what belongs together, (flags -band 4) -eq 4."),
        TaskName => throw Wrong(from, "The task's name is a text", "Compare it with one: task -like 'kworker*'."),
        MemoryValue { Type.Array: not null } array => new AddressValue(array.Pointer, array.Offset, new TraceType(array.Type.Target!.Value.Base, array.Type.Target!.Value.Pointers + 1)),
        TypedValue value when !value.Type.IsScalar => throw Wrong(from, $"{Text(from)} is {value.Type}, and no number", AskElsewhere),
        _ => bound,
    };

    private TypedValue Typed(TraceExpression expression) => Bind(expression, null) as TypedValue
        ?? throw Wrong(expression, $"{Text(expression)} has no type of the kernel's", "Paths begin with an argument, or with a cast: ((struct NAME *)x)->member.");

    private static ConstantNumber? Constant(object value) => value switch
    {
        bool truth => new(truth ? 1 : 0),
        Enum or sbyte or short or int or long => new(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        byte or ushort or uint or ulong => new(Convert.ToUInt64(value, CultureInfo.InvariantCulture)),
        BtfAddress address => new(address.Value),
        BtfEnumNumber number => new(number.IsSigned ? number.Value : number.Bits),
        _ => null,
    };

    /// <summary>True where a value can be above what 63 bits hold.</summary>
    internal static bool IsUnsigned(TypedExpression value) => value switch
    {
        TypedValue typed => typed.Type.IsPointer || typed.Type is { IsSigned: false, Size: sizeof(ulong) },
        ConstantNumber number => number.Value > long.MaxValue,
        Calculation made => made.IsUnsigned,
        _ => false,
    };

    private string Text(TraceExpression expression) => _text.Substring(Math.Min(expression.Place.Start, _text.Length), Math.Max(0, Math.Min(expression.Place.Length, _text.Length - expression.Place.Start)));

    private TraceExpressionException Wrong(TraceExpression at, string problem, string remedy) => Wrong(at.Place, problem, remedy);

    private TraceExpressionException Wrong(TextPlace place, string problem, string remedy) => new(_text, place, problem, remedy);
}
