namespace KernelDebug.Btf;

/// <summary>What became of a type or of a part of one.</summary>
[Flags]
public enum BtfChange
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>It is new.</summary>
    Added = 1,
    /// <summary>It is gone.</summary>
    Removed = 2,
    /// <summary>A member is at another place.</summary>
    Moved = 4,
    /// <summary>It takes more or fewer bytes or bits.</summary>
    Resized = 8,
    /// <summary>A member, parameter or typedef is of another type; an enumerator has another value.</summary>
    Retyped = 16,
    /// <summary>Parts of it changed.</summary>
    Changed = 32,
}

/// <summary>A member, enumerator or parameter that differs.</summary>
public sealed record BtfPartDifference
{
    /// <summary>Its name; a parameter without one is called by its place, from 1.</summary>
    public required string Name { get; init; }

    /// <summary>What became of it.</summary>
    public required BtfChange Change { get; init; }

    /// <summary>True where code that was compiled against the one works wrongly with the other.</summary>
    public required bool IsAbiBreak { get; init; }

    /// <summary>How it was declared; null where it is new.</summary>
    public string? OldDeclaration { get; init; }

    /// <summary>How it is declared; null where it is gone.</summary>
    public string? NewDeclaration { get; init; }

    /// <summary>Bits from the structure's start, as it was; null where it is new or no member.</summary>
    public ulong? OldBitOffset { get; init; }

    /// <summary>Bits from the structure's start, as it is; null where it is gone or no member.</summary>
    public ulong? NewBitOffset { get; init; }

    /// <summary>The name and what became of it.</summary>
    public override string ToString() => $"{Name}: {Change}";
}

/// <summary>A type or function that differs between two files.</summary>
public sealed record BtfTypeDifference
{
    /// <summary>Its name with its keyword: <c>struct sk_buff</c>; a function with its name alone.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required BtfKind Kind { get; init; }

    /// <summary>What became of it.</summary>
    public required BtfChange Change { get; init; }

    /// <summary>
    /// True where code that was compiled against the one works wrongly with the other: something is gone, lies elsewhere, takes another number
    /// of bytes, or is represented otherwise. A pointer to another type, or a member in what was free before, is a change and no break.
    /// </summary>
    public required bool IsAbiBreak { get; init; }

    /// <summary>Bytes it took; null where it is new or has no size.</summary>
    public ulong? OldSize { get; init; }

    /// <summary>Bytes it takes; null where it is gone or has no size.</summary>
    public ulong? NewSize { get; init; }

    /// <summary>The members, enumerators or parameters that differ.</summary>
    public IReadOnlyList<BtfPartDifference> Parts { get; init; } = [];

    /// <summary>The type as it was; null where it is new.</summary>
    public BtfType? OldType { get; init; }

    /// <summary>The type as it is; null where it is gone.</summary>
    public BtfType? NewType { get; init; }

    /// <summary>The name and what became of it.</summary>
    public override string ToString() => $"{Name}: {Change}";
}
