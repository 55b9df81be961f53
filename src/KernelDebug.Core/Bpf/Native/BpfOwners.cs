using System.Globalization;

namespace KernelDebug.Bpf.Native;

/// <summary>A process that holds a file descriptor of something of BPF.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="Name">Its name, as <c>ps</c> shows it (15 bytes at most).</param>
public sealed record BpfOwner(int ProcessId, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}({ProcessId})";
}

/// <summary>Who holds what: the file descriptors of all processes, once. Of other users' processes only root learns it.</summary>
internal sealed class BpfOwners
{
    private const string Processes = "/proc";
    private readonly Dictionary<(KernelObjectKind, uint), List<BpfOwner>> _owners = [];

    /// <summary>Looks through all processes.</summary>
    public BpfOwners()
    {
        foreach (string process in Directory.EnumerateDirectories(Processes))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
            {
                Read(process, processId);
            }
        }
    }

    /// <summary>The owners of one.</summary>
    public IReadOnlyList<BpfOwner> Of(KernelObjectKind kind, uint id) => _owners.GetValueOrDefault((kind, id)) ?? [];

    private void Read(string process, int processId)
    {
        try
        {
            string? name = null;
            foreach (string file in Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")))
            {
                // The kernel's names of such descriptors, and the line of fdinfo that has the number.
                (KernelObjectKind Kind, string Line)? held = new FileInfo(file).LinkTarget switch
                {
                    "anon_inode:bpf-prog" => (KernelObjectKind.Program, "prog_id:"),
                    "anon_inode:bpf-map" => (KernelObjectKind.Map, "map_id:"),
                    "anon_inode:bpf_link" or "anon_inode:bpf-link" => (KernelObjectKind.Link, "link_id:"),
                    "anon_inode:btf" => (KernelObjectKind.Btf, "btf_id:"),
                    _ => null,
                };
                if (held is not var (kind, line) || IdOf(Path.Combine(process, "fdinfo", Path.GetFileName(file)), line) is not { } id)
                {
                    continue;
                }

                var owner = new BpfOwner(processId, name ??= File.ReadAllText(Path.Combine(process, "comm")).TrimEnd('\n'));
                if (!_owners.TryGetValue((kind, id), out List<BpfOwner>? known))
                {
                    _owners.Add((kind, id), known = []);
                }

                if (!known.Contains(owner))
                {
                    known.Add(owner);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It ended, or is not this user's.
        }
    }

    private static uint? IdOf(string file, string line) =>
        File.ReadLines(file).FirstOrDefault(text => text.StartsWith(line, StringComparison.Ordinal)) is { } found
            && uint.TryParse(found.AsSpan(line.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : null;
}
