using KernelDebug.Btf;

namespace KernelDebug.Tests.Tracing;

/// <summary>Makes expressions over arguments of the kernel's types: mostly such as mean something, a few that do not.</summary>
internal sealed class RandomExpression(Random random, BtfFile types, IReadOnlyList<BtfParameter> arguments)
{
    private static readonly string[] s_comparisons = ["-eq", "-ne", "-gt", "-lt", "-ge", "-le"];
    private static readonly string[] s_sums = ["+", "-", "*", "-band", "-bor", "-bxor", "-shl", "-shr"];
    private static readonly string[] s_casts = ["struct task_struct *", "struct sk_buff *", "u8", "s16", "unsigned long *", "int", "char *", "struct list_head *", "u64", "bool", "void *"];
    private static readonly string[] s_patterns = ["*", "eth?", "swap*", "*er/*", "k*w*", "?", "", "*a*b*c", "Bash", "*x"];
    private static readonly string[] s_numbers = ["0", "1", "-1", "255", "0x7fffffff", "0xffffffff", "-2147483649", "0xffffffffffffffff", "4kb", "0x8000000000000000"];

    /// <summary>A value.</summary>
    public string Value(int depth = 3) => random.Next(depth > 0 ? 8 : 4) switch
    {
        < 4 => Path(),
        4 => s_numbers[random.Next(s_numbers.Length)],
        5 => $"({Value(depth - 1)}) {s_sums[random.Next(s_sums.Length)]} ({Value(depth - 1)})",
        6 => $"({s_casts[random.Next(s_casts.Length)]})({Value(depth - 1)})",
        _ => $"-bnot ({Value(depth - 1)})",
    };

    /// <summary>A condition.</summary>
    public string Condition(int depth = 3) => random.Next(depth > 0 ? 9 : 5) switch
    {
        < 4 => $"({Value(1)}) {s_comparisons[random.Next(s_comparisons.Length)]} ({Value(1)})",
        4 => $"{Text()} {(random.Next(2) == 0 ? "-like" : "-cnotlike")} '{s_patterns[random.Next(s_patterns.Length)]}'",
        5 => $"({Condition(depth - 1)}) -and ({Condition(depth - 1)})",
        6 => $"({Condition(depth - 1)}) -or ({Condition(depth - 1)})",
        7 => $"({Condition(depth - 1)}) -xor -not ({Condition(depth - 1)})",
        _ => $"({Value(1)}) -in {s_numbers[random.Next(s_numbers.Length)]}, ({Value(1)})",
    };

    private string Text() => random.Next(3) == 0 ? "task" : Path(wantsText: true);

    private string Path(bool wantsText = false)
    {
        if (arguments.Count == 0)
        {
            return wantsText ? "task" : "pid";
        }

        BtfParameter first = arguments[random.Next(arguments.Count)];
        string path = first.Name ?? $"arg{arguments.ToList().IndexOf(first)}";
        BtfType type = first.Type;
        for (int steps = random.Next(7); steps > 0; steps--)
        {
            BtfType bare = type.Bare;
            bool isPointer = bare is BtfPointer;
            BtfType holder = isPointer ? bare.Target!.Bare : bare;
            if (holder is BtfStruct structure && structure.FlattenedMembers is { Count: > 0 } members)
            {
                BtfMember member = (wantsText ? members.FirstOrDefault(IsText) : null) ?? members[random.Next(members.Count)];
                if (member.Name is null)
                {
                    break;
                }

                path += (isPointer && random.Next(2) == 0 ? "->" : ".") + member.Name;
                type = member.Type;
                if (wantsText && IsText(member))
                {
                    return path;
                }
            }
            else if (bare is BtfArray array)
            {
                path += $"[{random.Next((int)Math.Min(array.Count + 1, 100))}]";
                type = array.Target;
            }
            else if (isPointer && holder.Size is > 0)
            {
                path = random.Next(2) == 0 ? $"(*{path})" : $"{path}[{random.Next(-3, 9)}]";
                type = bare.Target!;
            }
            else if (random.Next(2) == 0 && bare is not BtfStruct)
            {
                string name = random.Next(2) == 0 ? "task_struct" : "sk_buff";
                path = $"((struct {name} *){path})";
                type = types.Find("struct " + name)!;
                BtfStruct cast = (BtfStruct)type;
                BtfMember member = cast.FlattenedMembers[random.Next(cast.FlattenedMembers.Count)];
                path += "->" + (member.Name ?? "nothing");
                type = member.Type;
            }
            else
            {
                break;
            }
        }

        return path;
    }

    private static bool IsText(BtfMember member) => member.Type.Bare is BtfArray { Target.Bare: BtfInt { IsCharacter: true } } or BtfPointer { Target.Bare: BtfInt { IsCharacter: true } };
}
