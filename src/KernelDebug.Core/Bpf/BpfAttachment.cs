using KernelDebug.Bpf.Native;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>A program that is attached; disposing detaches it. So does the end of the process, except where <see cref="OutlivesProcess"/>.</summary>
public sealed class BpfAttachment : IDisposable
{
    private readonly IReadOnlyList<IDisposable> _parts;

    internal BpfAttachment(BpfProgram program, string target, params IReadOnlyList<IDisposable> parts)
        : this(program.Name, target, parts)
    {
    }

    internal BpfAttachment(string program, string target, params IReadOnlyList<IDisposable> parts)
    {
        Program = program;
        Target = target;
        _parts = parts;
    }

    /// <summary>The program's name.</summary>
    public string Program { get; }

    /// <summary>What it is attached to: <c>fentry/tcp_connect</c>, <c>xdp on eth0</c>.</summary>
    public string Target { get; }

    /// <summary>True for tc programs on kernels before v6.6: a filter stays where the process is killed.</summary>
    public bool OutlivesProcess => _parts.Any(part => part is TrafficControlFilter);

    /// <summary>The interface that a filter stays on (<see cref="OutlivesProcess"/>); null for all others.</summary>
    public string? FilterInterface { get; init; }

    /// <summary>True for programs of security hooks on a kernel that does not ask BPF: they are attached and never called.</summary>
    public bool IsNeverCalled { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Program} at {Target}";

    /// <summary>Detaches.</summary>
    public void Dispose()
    {
        foreach (IDisposable part in _parts)
        {
            part.Dispose();
        }
    }

    /// <summary>The file whose reading runs an iterator; null for programs of other types.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    internal SafeFileHandle? OpenIterator()
    {
        if (_parts is not [LinkHandle link] || !Target.StartsWith("iter/", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return LinkApi.OpenIterator(link);
        }
        catch (LibbpfException cause)
        {
            throw new BpfException($"{this} cannot be read", Program, cause, BpfRefusals.Explain(cause, null));
        }
    }
}
