namespace KernelDebug.Records;

/// <summary>What a debug file is for.</summary>
public enum DebugFileKind
{
    /// <summary>The kernel proper, with debug information.</summary>
    Vmlinux,
    /// <summary>A module, with debug information.</summary>
    Module,
    /// <summary>Source text, or a tree of it.</summary>
    Source,
}

/// <summary>What became of one place where a debug file is or could be had.</summary>
public enum DebugFileStatus
{
    /// <summary>It is there and fits.</summary>
    Found,
    /// <summary>It was fetched just now, and fits.</summary>
    Downloaded,
    /// <summary>A server has it.</summary>
    Available,
    /// <summary>A package has it.</summary>
    Installable,
    /// <summary>Nothing is there.</summary>
    Absent,
    /// <summary>What is there is of another build.</summary>
    WrongBuild,
    /// <summary>It is the right build, stripped of its debug information.</summary>
    NoDebugInfo,
    /// <summary>What is there cannot be read.</summary>
    Unreadable,
    /// <summary>A server has it, larger than was allowed.</summary>
    TooLarge,
    /// <summary>A server could not be reached, or what it sent cannot be used.</summary>
    Failed,
    /// <summary>The place was not asked; the reason says why.</summary>
    NotAsked,
}

/// <summary>One place where a debug file is or could be had, and what became of it.</summary>
public sealed record DebugFile
{
    /// <summary>What it is for.</summary>
    public required DebugFileKind Kind { get; init; }
    /// <summary>The module's name, or the source file as the debug information has it; null for the kernel proper and for a source tree.</summary>
    public string? Name { get; init; }
    /// <summary>What became of the place.</summary>
    public required DebugFileStatus Status { get; init; }
    /// <summary>The file or directory here; null for a server that was not fetched from, and for a package.</summary>
    public string? Path { get; init; }
    /// <summary>The address at a server, without its password; null for other places.</summary>
    public string? Url { get; init; }
    /// <summary>The distribution's package; null for other places.</summary>
    public string? Package { get; init; }
    /// <summary>The command that installs <see cref="Package"/>; null where there is none.</summary>
    public string? Command { get; init; }
    /// <summary>Why it is not usable, or what is not certain about it; null where there is nothing to say.</summary>
    public string? Reason { get; init; }
    /// <summary>The build-id in lower-case hex: the file's own where it was read, else the one asked for; null where neither is known.</summary>
    public string? BuildId { get; init; }
    /// <summary>The kernel release: the file's own where it was read, else the one asked for; null where neither is known.</summary>
    public string? Release { get; init; }
    /// <summary>The size in bytes; null where not known.</summary>
    public long? Size { get; init; }
    /// <summary>True where it has debug information (<c>.debug_info</c>); null where it was not read.</summary>
    public bool? HasDebugInfo { get; init; }
    /// <summary>The place in one string: the path, else the address, else the package; <c>debuginfod</c> where no server could be asked.</summary>
    public string Location => Path ?? Url ?? Package ?? "debuginfod";
    /// <summary>True where the file is here and fits.</summary>
    public bool IsUsable => Status is DebugFileStatus.Found or DebugFileStatus.Downloaded;
    /// <summary>The place and what became of it.</summary>
    public override string ToString() => $"{Location}: {Status}{(Reason is null ? "" : $", {Reason}")}";
}
