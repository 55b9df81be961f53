using System.Globalization;

namespace KernelDebug.Records;

/// <summary>What the kernel was doing with the memory it stopped at.</summary>
public enum MemberAccessKind
{
    /// <summary>Not known.</summary>
    Unknown,
    /// <summary>Reading.</summary>
    Read,
    /// <summary>Writing.</summary>
    Write,
    /// <summary>Both in one instruction (<c>count++</c>, an atomic operation).</summary>
    ReadWrite,
    /// <summary>Calling the function that a pointer points to.</summary>
    Call,
    /// <summary>Linking or unlinking a list entry, which the kernel found damaged.</summary>
    ListEntry,
}

/// <summary>
/// Which member of which structure the instruction at a fault touched, by the types that debug information gives its registers; or why
/// that cannot be told.
/// </summary>
public sealed record MemberAccess
{
    /// <summary>What was done.</summary>
    public MemberAccessKind Kind { get; init; }
    /// <summary>Bytes touched; 0 where not known.</summary>
    public int Size { get; init; }
    /// <summary>The runtime address touched: the one the kernel printed, or for a general protection fault the one computed from registers; null where none is known.</summary>
    public ulong? Address { get; init; }
    /// <summary>The C expression, <c>skb->dev->name</c>; null where not known.</summary>
    public string? Expression { get; init; }
    /// <summary>The declaration of the variable the expression begins with, <c>struct sk_buff *skb</c>; null where it begins with none.</summary>
    public string? Variable { get; init; }
    /// <summary>The structure pointed to, <c>struct net_device</c>; null where the pointer is to none.</summary>
    public string? Struct { get; init; }
    /// <summary>The member, <c>name</c>, <c>stats.rx_bytes</c>, <c>slots[3].owner</c>; <c>{a, b}</c> where the bytes are of both; <c>(a|b)</c> where a union has several that fit.</summary>
    public string? Member { get; init; }
    /// <summary>Bytes from the start of <see cref="Struct"/> to the member; null where no member is known.</summary>
    public ulong? Offset { get; init; }
    /// <summary>The C expression of the pointer that was followed, <c>skb->dev</c>; null where not known.</summary>
    public string? BaseExpression { get; init; }
    /// <summary>The register that held the pointer, or an address inside what it points to, <c>RAX</c>; null where none did.</summary>
    public string? BaseRegister { get; init; }
    /// <summary>The pointer's value: where the structure would begin; null where not known.</summary>
    public ulong? BaseValue { get; init; }
    /// <summary>True where that pointer is NULL.</summary>
    public bool IsBaseNull => BaseValue == 0;
    /// <summary>What this rests on, a sentence each.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];
    /// <summary>Why the member is not known; null where it is.</summary>
    public string? Reason { get; init; }
    /// <summary>True where the structure's member, or what a pointer to a plain value points to, is known.</summary>
    public bool IsKnown => Expression is not null;

    /// <summary><c>struct sk_buff *skb: skb->dev->name (offset 0x10 of struct net_device), skb->dev is NULL</c>, or what little is known.</summary>
    public override string ToString()
    {
        if (Expression is null)
        {
            string place = Place is { } known ? $"{known}: " : "";
            return $"{place}{Reason}";
        }

        string variable = Variable is null ? "" : $"{Variable}: ";
        string member = Struct is null || Offset is not { } offset ? "" : $" (offset 0x{offset:x} of {Struct})";
        string state = BaseExpression is not null && BaseValue is { } value ? $", {BaseExpression} is {Describe(value)}" : "";
        return $"{variable}{Expression}{member}{state}";
    }

    /// <summary><c>NULL + 0x18</c>, <c>0xdead000000000100 + 0x8</c>: the register and what was added to it; null where no register is known.</summary>
    public string? Place { get; init; }

    /// <summary>A pointer's value in words where it is no pointer.</summary>
    public static string Describe(ulong value)
    {
        // Above all addresses, an errno (include/linux/err.h, MAX_ERRNO).
        const ulong LargestErrno = 4095;
        return value == 0 ? "NULL"
            : value >= unchecked(0UL - LargestErrno) ? string.Create(CultureInfo.InvariantCulture, $"the error pointer {unchecked((long)value)}")
            : $"0x{value:x}";
    }
}
