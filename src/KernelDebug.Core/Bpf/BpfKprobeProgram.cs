using System.Globalization;
using KernelDebug.Bpf.Native;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>
/// A program for beginnings or ends of functions, by kprobes: those of one function, by an event of perf's, which every kernel has; or those of
/// many by one link, which the kernel changes all at once, and whose program is told which it is by a number. libbpf would take one function by
/// its name alone.
/// </summary>
internal sealed class BpfKprobeProgram : BpfLoadedProgram
{
    private const string PerfType = "/sys/bus/event_source/devices/kprobe/type";
    private const int Invalid = 22;

    /// <summary>Read once: thousands of functions ask. What could not be read is asked for again.</summary>
    private static readonly Lazy<uint> s_perfType = new(() => uint.Parse(File.ReadAllText(PerfType), CultureInfo.InvariantCulture), LazyThreadSafetyMode.PublicationOnly);

    private BpfKprobeProgram(BpfProgramName name, SafeFileHandle handle)
        : base(name, handle)
    {
    }

    private int Descriptor => (int)Handle.DangerousGetHandle();

    private bool IsReturn => Name.Section.Hook.StartsWith("kret", StringComparison.Ordinal);

    /// <summary>Hands a program to the verifier.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="section">What it is attached to, in libbpf's words: <c>kretprobe/vfs_open</c>, <c>kprobe.multi/tcp_*</c>.</param>
    /// <param name="code">Its instructions, with descriptors of maps where addresses are to be.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static BpfKprobeProgram Load(string name, string section, byte[] code)
    {
        var named = new BpfProgramName(name, section);
        int attachType = named.Section.Hook.EndsWith(".multi", StringComparison.Ordinal) ? BpfAttachType.ManyKprobes : 0;
        return new(named, Guard(named, $"{name} cannot be loaded", () => LoadApi.Load(BpfProgramType.Kprobe, name, code, attachType)));
    }

    /// <summary>Attaches it to one function.</summary>
    /// <param name="address">Where the function begins; null to go by the name in the section.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfAttachment Attach(ulong? address)
    {
        uint type;
        try
        {
            type = s_perfType.Value;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BpfException(
                $"the program {Name.Name} cannot be attached to {Name.SectionName}", Name.Name,
                new(BpfRefusalKind.NotSupported, $"the kernel was built without kprobes (CONFIG_KPROBE_EVENTS), or sysfs is not mounted: there is no {PerfType}", "Test-KernelDebug says what this kernel has."));
        }

        return Attached(() =>
        {
            SafeFileHandle probe = PerfEventApi.OpenKprobe(type, IsReturn, address is null ? Name.Section.Target : null, address ?? 0);
            try
            {
                return Link(probe) is { } link ? [link, probe] : [probe];
            }
            catch
            {
                probe.Dispose();
                throw;
            }
        });
    }

    /// <summary>Attaches it to many functions.</summary>
    /// <param name="functions">Where each begins, and the number that the program can ask for there.</param>
    /// <exception cref="BpfException">The kernel refuses one of them; none is attached then.</exception>
    public BpfAttachment Attach(IReadOnlyList<(ulong Address, ulong Cookie)> functions) =>
        Attached(() => [LinkApi.CreateKprobes(Descriptor, BpfAttachType.ManyKprobes, IsReturn, [.. functions.Select(one => one.Address)], [.. functions.Select(one => one.Cookie)])]);

    /// <summary>Has an event run this; null where the kernel does it without a link.</summary>
    private SafeFileHandle? Link(SafeFileHandle probe)
    {
        try
        {
            return LinkApi.Create(Descriptor, (int)probe.DangerousGetHandle(), BpfAttachType.PerfEvent);
        }
        catch (LibbpfException unknown) when (unknown.ErrorNumber == Invalid)
        {
            // Linux kernel commit b89fbfbb854c ("bpf: Implement minimal BPF perf link") (in v5.15).
            PerfEventApi.SetProgram(probe, Descriptor);
            return null;
        }
    }
}
