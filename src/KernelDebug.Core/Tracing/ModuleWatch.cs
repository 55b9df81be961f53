using System.Text;
using KernelDebug.Bpf;
using KernelDebug.IO;
using KernelDebug.Kallsyms;

namespace KernelDebug.Tracing;

/// <summary>A program that is not called any more, because what it probed is gone.</summary>
/// <param name="Program">The program's name.</param>
/// <param name="Module">The module that was unloaded; the probe does not come back with it.</param>
public sealed record BpfDeadProbe(string Program, string Module)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Program} in {Module}";
}

/// <summary>
/// Notices that a module was unloaded while kprobes were in it. The kernel lets it go, marks the probes as gone and leaves the links as they
/// are (kernel/kprobes.c, <c>kprobes_module_callback</c>); what holds other programs keeps the module loaded. A file of the module's folder in
/// sysfs, kept open, cannot be read any more when that very module is gone, also where it was loaded again since.
/// </summary>
internal sealed class ModuleWatch : IDisposable
{
    private readonly List<Watched> _watched = [];

    /// <summary>Looks where the probes of attached programs are.</summary>
    /// <param name="attachments">The programs.</param>
    public ModuleWatch(IEnumerable<BpfAttachment> attachments)
    {
        BpfAttachment[] probes = [.. attachments.Where(item => Function(item.Target).Length > 0)];
        if (probes.Length == 0)
        {
            return;
        }

        KallsymsTable symbols;
        try
        {
            symbols = KallsymsTable.Read("/proc/kallsyms");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            return;
        }

        foreach (BpfAttachment probe in probes)
        {
            if (ModuleOf(symbols, Function(probe.Target)) is { } module && Open($"/sys/module/{module}/initstate") is { } state)
            {
                _watched.Add(new(module, probe.Program, state));
            }
        }
    }

    /// <summary>The programs whose module is gone.</summary>
    public IReadOnlyList<BpfDeadProbe> Dead() => [.. _watched.Where(item => !IsThere(item.State)).Select(item => new BpfDeadProbe(item.Program, item.Module))];

    /// <inheritdoc/>
    public void Dispose() => _watched.ForEach(item => item.State.Dispose());

    /// <summary>The function of <c>kprobe/name</c>, <c>kretprobe/name</c> and <c>kprobe/name+offset</c>; empty for all other targets.</summary>
    private static string Function(string target) =>
        target.Split('/') is ["kprobe" or "kretprobe", var place] ? place.Split('+')[0] : "";

    /// <summary>Null for a function of the kernel's own, and where several have the name: which of them the kernel took, it does not tell.</summary>
    private static string? ModuleOf(KallsymsTable symbols, string function)
    {
        if (function.Split(':') is [var named, _])
        {
            return named;
        }

        string?[] modules = [.. symbols.Named(Encoding.UTF8.GetBytes(function)).Select(symbols.ModuleOf).Distinct()];
        return modules is [var only] ? only : null;
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>ENODEV is what reading gives when the module is gone (fs/kernfs/file.c, <c>kernfs_seq_start</c>).</summary>
    private static bool IsThere(FileStream state)
    {
        try
        {
            Span<byte> text = stackalloc byte[16];
            return RandomAccess.Read(state.SafeFileHandle, text, 0) > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private sealed record Watched(string Module, string Program, FileStream State);
}
