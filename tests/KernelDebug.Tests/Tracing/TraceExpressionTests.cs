using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing.Expressions;
using Xunit;

namespace KernelDebug.Tests.Tracing;

public class TraceExpressionTests
{
    [Theory]
    [InlineData("skb->dev->name", "skb.dev.name")]
    [InlineData("$skb.cb[3]", "skb.cb[3]")]
    [InlineData("*count + 1", "(*count + 1)")]
    [InlineData("-1", "-1")]
    [InlineData("a - -0x10", "(a - -16)")]
    [InlineData("a-b", "(a - b)")]
    [InlineData("4kb", "4096")]
    [InlineData("((struct iphdr *)skb->data)->saddr", "((struct iphdr*)skb.data).saddr")]
    [InlineData("(unsigned int)a", "((unsigned int)a)")]
    [InlineData("(u32)a", "((u32)a)")]
    [InlineData("(a) * b", "(a * b)")]
    [InlineData("(a) - b", "(a - b)")]
    [InlineData("**p", "**p")]
    [InlineData("a -eq 1 -and b -ne 2 -or c", "(((a -eq 1) -and (b -ne 2)) -or c)")]
    [InlineData("a -or b -and c", "((a -or b) -and c)")]
    [InlineData("a -band 4 -eq 4", "(a -band (4 -eq 4))")]
    [InlineData("a + 2 * b -shl 1", "((a + (2 * b)) -shl 1)")]
    [InlineData("-not a -and !b", "(-not a -and -not b)")]
    [InlineData("a -in 1, 2, 3", "(a -in [1 2 3])")]
    [InlineData("a -notin (1, 2) -and b", "((a -notin [1 2]) -and b)")]
    [InlineData("a -in (1 + 2) * 3, 4", "(a -in [((1 + 2) * 3) 4])")]
    [InlineData("a -ceq 'it''s' -or a -like \"x\"", "((a -ceq \"it's\") -or (a -like \"x\"))")]
    [InlineData("a -EQ $Null -and b -eq $TRUE", "((a -eq null) -and (b -eq 1))")]
    [InlineData("$using:limit + 1", "(limit + 1)")]
    public void Text_IsReadAsPowerShellAndCHaveIt(string text, string expected) => Assert.Equal(expected, Show(TraceExpressionParser.Parse(text)));

    [Theory]
    [InlineData("a ==  1", 2, 2, "-eq")]
    [InlineData("a && b", 2, 2, "-and")]
    [InlineData("a -match 'x'", 2, 6, "-like")]
    [InlineData("a -gt", 5, 1, "rest")]
    [InlineData("a -gt 1)", 7, 1, "PowerShell")]
    [InlineData("'open", 0, 1, "Close")]
    [InlineData("a[b]", 2, 1, "number")]
    [InlineData("99999999999999999999", 0, 20, "Numbers")]
    [InlineData("a->->b", 3, 2, "C")]
    [InlineData("", 0, 1, "rest")]
    public void Mistake_IsAnErrorAtItsPlace(string text, int start, int length, string offered)
    {
        var wrong = Assert.Throws<TraceExpressionException>(() => TraceExpressionParser.Parse(text));
        Assert.Equal(new TextPlace(start, length), wrong.Place);
        Assert.Contains(offered, wrong.Remedy);
    }

    [Fact]
    public void Message_MarksThePlace() =>
        Assert.EndsWith(":\n  a ==  1\n    ~~", Assert.Throws<TraceExpressionException>(() => TraceExpressionParser.Parse("a ==  1")).Message);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("-not ", "")]
    [InlineData("*", "")]
    [InlineData("(u8)", "")]
    public void Depth_IsBounded(string before, string behind)
    {
        string text = string.Concat(Enumerable.Repeat(before, 10_000)) + "a" + string.Concat(Enumerable.Repeat(behind, 10_000));
        Assert.Throws<TraceExpressionException>(() => TraceExpressionParser.Parse(text));
        string shorter = string.Concat(Enumerable.Repeat(before, 200)) + "a" + string.Concat(Enumerable.Repeat(behind, 200));
        Assert.Contains("deep", Assert.Throws<TraceExpressionException>(() => TraceExpressionParser.Parse(shorter)).Problem);
    }

    [Theory]
    [InlineData("node->color", "memory node+60 enum color")]
    [InlineData("node->next->color", "memory (memory node+0 node_ptr)+60 enum color")]
    [InlineData("node.matrix[5]", "memory node+56 u32")]
    [InlineData("node->whole", "memory node+64 u64")]
    [InlineData("node->high", "memory node+68 u32")]
    [InlineData("node->named.right", "memory node+66 u16")]
    [InlineData("node->a", "memory node+72 bits 0..3 unsigned int")]
    [InlineData("node->b", "memory node+72 bits 3..8 int")]
    [InlineData("node[2].color", "memory node+428 enum color")]
    [InlineData("*names", "memory names+0 char *")]
    [InlineData("((struct node *)odd)->low", "memory (cast odd struct node *)+64 u32")]
    [InlineData("node->name + 1", "sum (address node+16 char *) 1")]
    public void Path_IsAPlaceInMemory(string text, string expected)
    {
        using BtfFile types = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        Assert.Equal(expected, Show(ExpressionBinder.Value(Scope(types), text, TraceExpressionParser.Parse(text)), types));
    }

    [Theory]
    [InlineData("nod->color", 0, 3, "node")]
    [InlineData("node->colour", 6, 6, "color")]
    [InlineData("node->matrix[6]", 13, 1, "0 to 5")]
    [InlineData("node->matrix[-1]", 13, 2, "0 to 5")]
    [InlineData("node->color.x", 0, 11, "no members")]
    [InlineData("node->unseen->x", 0, 12, "only name")]
    [InlineData("names->x", 0, 5, "pointer to a pointer")]
    [InlineData("node->name -gt 'x'", 11, 3, "no order")]
    [InlineData("node->color -eq 'REDD'", 16, 6, "RED")]
    [InlineData("(struct nod *)odd", 0, 14, "no struct nod")]
    [InlineData("(struct node)odd", 0, 13, "Nothing is cast")]
    [InlineData("node->a -band 4 -eq 4", 14, 7, "true or false")]
    [InlineData("node->matrix[0] -like 'x*'", 0, 15, "no text")]
    [InlineData("node->name -like '[a]*'", 17, 6, "Sets")]
    [InlineData("*node->a", 1, 7, "no pointer")]
    [InlineData("'text'", 0, 6, "nothing by itself")]
    [InlineData("return", 0, 6, "returns nothing")]
    public void WrongPath_IsAnErrorAtItsPlace(string text, int start, int length, string told)
    {
        using BtfFile types = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        var wrong = Assert.Throws<TraceExpressionException>(() => ExpressionBinder.Condition(Scope(types), text, TraceExpressionParser.Parse(text)));
        Assert.Equal(new TextPlace(start, length), wrong.Place);
        Assert.Contains(told, wrong.Problem + " " + wrong.Remedy);
    }

    [Fact]
    public void Numbers_ThatWait_AreBounded()
    {
        using BtfFile types = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        string text = string.Concat(Enumerable.Repeat("node->low + (", 30)) + "node->low" + new string(')', 30);
        Assert.Contains("kept", Assert.Throws<TraceExpressionException>(() => ExpressionBinder.Value(Scope(types), text, TraceExpressionParser.Parse(text))).Problem);
    }

    [Fact]
    public void ShellVariables_AreConstants_AndArgumentsGoBeforeThem()
    {
        using BtfFile types = BtfFile.Open(FixtureFiles.Path("btf/shapes.btf"));
        TraceScope scope = Scope(types) with { ShellVariable = name => name switch { "limit" => 7, "node" => 8, "text" => "x*", "odder" => new object(), _ => null } };
        Assert.Equal(7, Assert.IsType<ConstantNumber>(ExpressionBinder.Value(scope, "$limit", TraceExpressionParser.Parse("$limit"))).Value);
        Assert.IsType<SlotValue>(ExpressionBinder.Value(scope, "$node", TraceExpressionParser.Parse("$node")));
        Assert.IsType<TextComparison>(ExpressionBinder.Condition(scope, "$node.name -like $text", TraceExpressionParser.Parse("$node.name -like $text")));
        Assert.Throws<TraceExpressionException>(() => ExpressionBinder.Value(scope, "$odder", TraceExpressionParser.Parse("$odder")));

        // Without $ it is not the shell's.
        Assert.Throws<TraceExpressionException>(() => ExpressionBinder.Value(scope, "limit", TraceExpressionParser.Parse("limit")));
    }

    /// <summary>The arguments of the fixture's function: struct node *node, odd_t *odd, char **names.</summary>
    private static TraceScope Scope(BtfFile types)
    {
        BtfFunction function = types.Find<BtfFunction>("helper")!;
        return new TraceScope("helper", types,
        [
            .. function.Prototype.Parameters.Select((parameter, i) => new TraceVariable(parameter.Name!, new SlotValue(i, 0, null, new TraceType(parameter.Type)) { IsWhole = true })),
            new TraceVariable("return", null, "it returns nothing"),
        ]);
    }

    private static string Show(TypedExpression value, BtfFile types) => value switch
    {
        SlotValue slot => types.Find<BtfFunction>("helper")!.Prototype.Parameters[slot.Slot].Name!,
        MemoryValue memory => $"memory {Part(memory.Pointer, types)}+{memory.Offset} {(memory.Bits is { } bits ? $"bits {bits.Start}..{bits.Start + bits.Count} " : "")}{memory.Type}",
        AddressValue address => $"address {Part(address.Pointer, types)}+{address.Offset} {address.Type}",
        CastValue cast => $"cast {Part(cast.Of, types)} {cast.Type}",
        Calculation made => $"sum {Part(made.Left, types)} {Part(made.Right, types)}",
        ConstantNumber number => $"{number.Value}",
        _ => value.ToString(),
    };

    private static string Part(TypedExpression value, BtfFile types) => value is SlotValue or ConstantNumber ? Show(value, types) : $"({Show(value, types)})";

    private static string Show(TraceExpression expression) => expression switch
    {
        NameExpression name => name.Name,
        NumberExpression number => $"{number.Value}",
        TextExpression text => $"\"{text.Value}\"",
        NullExpression => "null",
        MemberExpression member => $"{Show(member.Of)}.{member.Name}",
        ElementExpression element => $"{Show(element.Of)}[{element.Index}]",
        PointeeExpression pointee => $"*{Show(pointee.Of)}",
        CastExpression cast => $"(({cast.Type}{new string('*', cast.Pointers)}){Show(cast.Of)})",
        UnaryExpression unary => $"{Sign(unary.Operator, false)} {Show(unary.Of)}",
        ListExpression list => $"[{string.Join(' ', list.Items.Select(Show))}]",
        BinaryExpression binary => $"({Show(binary.Left)} {Sign(binary.Operator, binary.IsCaseSensitive)} {Show(binary.Right)})",
        _ => throw new InvalidOperationException(expression.ToString()),
    };

    private static string Sign(TraceOperator what, bool isCaseSensitive) => what switch
    {
        TraceOperator.Equal => isCaseSensitive ? "-ceq" : "-eq",
        TraceOperator.NotEqual => "-ne",
        TraceOperator.Add => "+",
        TraceOperator.Subtract => "-",
        TraceOperator.Multiply => "*",
        TraceOperator.ShiftLeft => "-shl",
        TraceOperator.BitAnd => "-band",
        _ => "-" + what.ToString().ToLowerInvariant(),
    };
}
