namespace KernelDebug.Bpf;

/// <summary>What the name of a program's section says (<c>SEC("fentry/tcp_connect")</c>): the hook, and where.</summary>
/// <param name="Hook">The hook without libbpf's marks for optional (<c>?</c>) and sleepable (<c>.s</c>) programs: <c>fentry</c>.</param>
/// <param name="Target">What it attaches to, such as a function; null where the name does not say.</param>
public sealed record BpfSection(string Hook, string? Target)
{
    /// <summary>Reads a section's name.</summary>
    public static BpfSection Parse(string section)
    {
        ArgumentNullException.ThrowIfNull(section);
        string bare = section.TrimStart('?');
        int slash = bare.IndexOf('/');
        string hook = slash < 0 ? bare : bare[..slash];
        string target = slash < 0 ? "" : bare[(slash + 1)..];
        return new(hook.EndsWith(".s", StringComparison.Ordinal) ? hook[..^2] : hook, target.Length == 0 ? null : target);
    }

    /// <inheritdoc/>
    public override string ToString() => Target is null ? Hook : $"{Hook}/{Target}";
}
