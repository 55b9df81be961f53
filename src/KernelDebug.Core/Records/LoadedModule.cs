namespace KernelDebug.Records;

/// <summary>A module of the <c>Modules linked in:</c> list.</summary>
/// <param name="Name">The name.</param>
/// <param name="Flags">The letters in its parentheses, <c>OE</c>; empty where none.</param>
public sealed record LoadedModule(string Name, string Flags)
{
    /// <summary><c>O</c>: built out of the kernel's tree.</summary>
    public bool IsOutOfTree => Flags.Contains('O', StringComparison.Ordinal);
    /// <summary><c>name(flags)</c> as the kernel prints it.</summary>
    public override string ToString() => Flags.Length == 0 ? Name : $"{Name}({Flags})";
}
