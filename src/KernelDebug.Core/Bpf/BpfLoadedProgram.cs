using KernelDebug.Bpf.Native;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>A program that is in the kernel without an object of libbpf's. Disposing unloads it, where it is not attached.</summary>
/// <param name="name">Its name.</param>
/// <param name="handle">Its descriptor.</param>
internal abstract class BpfLoadedProgram(BpfProgramName name, SafeFileHandle handle) : IDisposable
{
    /// <summary>How often the kernel left it out, since a program ran already on that CPU; 0 before v5.12, and of kprobes before v6.7.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    public long MissedCount => BpfInventory.MissedCount(handle);

    /// <summary>What it is called, and for.</summary>
    protected BpfProgramName Name => name;

    /// <summary>Its descriptor.</summary>
    protected SafeFileHandle Handle => handle;

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    /// <summary>Has the kernel do something with a program.</summary>
    /// <exception cref="BpfException">It refuses.</exception>
    protected static T Guard<T>(BpfProgramName name, string operation, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (LibbpfException cause)
        {
            throw new BpfException(operation, name.Name, cause, BpfRefusals.Explain(cause, name));
        }
    }

    /// <summary>Attaches it.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    protected BpfAttachment Attached(Func<IReadOnlyList<IDisposable>> attach) =>
        new(name.Name, name.SectionName, Guard(name, $"the program {name.Name} cannot be attached to {name.SectionName}", attach));
}
