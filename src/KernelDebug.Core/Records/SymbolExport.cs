namespace KernelDebug.Records;

/// <summary>An object a symbol bundle was made of.</summary>
/// <param name="Name">The module's name; <c>vmlinux</c> for the kernel proper.</param>
/// <param name="Path">The file it was read from.</param>
/// <param name="BuildId">The build-id as lower-case hex; null where the file has none.</param>
/// <param name="Release">The kernel release it was built for; null where the file does not say.</param>
public sealed record ExportedObject(string Name, string Path, string? BuildId, string? Release)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>A symbol bundle that was written.</summary>
public sealed record SymbolExport
{
    /// <summary>The bundle.</summary>
    public required string Path { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Functions in it; a function that lies in several pieces counts once for each.</summary>
    public required int FunctionCount { get; init; }

    /// <summary>True where it has the functions of logs only.</summary>
    public required bool IsPartial { get; init; }

    /// <summary>The kernel release it is of; null where no object says.</summary>
    public string? Release => Objects.Select(one => one.Release).FirstOrDefault(release => release is not null);

    /// <summary>The objects, the vmlinux first.</summary>
    public required IReadOnlyList<ExportedObject> Objects { get; init; }

    /// <summary>The bundle's path.</summary>
    public override string ToString() => Path;
}
