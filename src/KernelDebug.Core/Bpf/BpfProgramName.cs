namespace KernelDebug.Bpf;

/// <summary>What a program is called, and what it is for.</summary>
/// <param name="Name">The C function's name.</param>
/// <param name="SectionName">The name of its section: <c>fentry/tcp_connect</c>.</param>
internal sealed record BpfProgramName(string Name, string SectionName)
{
    /// <summary>What the section says: the hook, and where.</summary>
    public BpfSection Section { get; } = BpfSection.Parse(SectionName);
}
