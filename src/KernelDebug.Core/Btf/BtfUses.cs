namespace KernelDebug.Btf;

/// <summary>
/// What a type must use to be found. Names of types are those <see cref="BtfFile.Find(string)"/> takes; of several, one is enough. What is left
/// empty is no condition, and all others must be met.
/// </summary>
public sealed record BtfUses
{
    /// <summary>Types a function takes: by value, or by pointers of any depth.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Types a structure or union has in it: as a member or element of an array, or within one that is.</summary>
    public IReadOnlyList<string> Contents { get; init; } = [];

    /// <summary>Types a member of a structure or union points to, by pointers of any depth.</summary>
    public IReadOnlyList<string> PointedTo { get; init; } = [];

    /// <summary>The condition the name of a member must meet, one of an anonymous member included; null for none. With <see cref="PointedTo"/>, both are of one member.</summary>
    public Func<string, bool>? Member { get; init; }

    /// <summary>True where functions are asked for.</summary>
    public bool AreOfFunctions => Parameters.Count > 0;

    /// <summary>True where structures and unions are asked for.</summary>
    public bool AreOfStructures => Contents.Count > 0 || PointedTo.Count > 0 || Member is not null;
}
