using KernelDebug.Debuginfod;

namespace KernelDebug.Symbolization;

/// <summary>What the user says about files; everything may be left out.</summary>
public sealed record SymbolizerOptions
{
    /// <summary>The vmlinux to use; null to look for the one of the log's release and build-id.</summary>
    public string? Vmlinux { get; init; }

    /// <summary>Module files, and directories searched with all below them, before the usual places.</summary>
    public IReadOnlyList<string> ModulePaths { get; init; } = [];

    /// <summary>Directories with source, before the usual places.</summary>
    public IReadOnlyList<string> SourcePaths { get; init; } = [];

    /// <summary>The debuginfod servers and cache; null for those of the environment.</summary>
    public DebuginfodOptions? Debuginfod { get; init; }

    /// <summary>The kernel release; null to take the log's.</summary>
    public string? Release { get; init; }

    /// <summary>The directory taken off source paths; null for the one that holds the kernel's <c>init/main.c</c>.</summary>
    public string? BasePath { get; init; }

    /// <summary>Runtime minus link-time address of the kernel, in bytes; null to take the log's <c>Kernel Offset</c>.</summary>
    public ulong? KaslrOffset { get; init; }

    /// <summary>Use a file although its build-id or release is not the log's.</summary>
    public bool Force { get; init; }

    /// <summary>Look return addresses up as they are instead of at the call before them (the script's <c>-R</c>).</summary>
    public bool DecodeReturnAddress { get; init; }

    /// <summary>Root of the file system that is searched; empty for <c>/</c>.</summary>
    public string Root { get; init; } = "";

    /// <summary>The same, with the files that are here alone: no server is asked.</summary>
    public SymbolizerOptions WithoutServers() => this with { Debuginfod = (Debuginfod ?? DebuginfodOptions.FromEnvironment()) with { Servers = [] } };
}
