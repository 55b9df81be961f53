using System.Globalization;
using KernelDebug.Bpf.Native;
using KernelDebug.Btf;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>Reads <c>struct bpf_link_info</c>: the union behind the first three words is by type.</summary>
internal static class BpfLinks
{
    private const int InfoSize = 64, Union = 16, TextSize = 256;

    // enum bpf_link_type.
    private const int RawTracepoint = 1, Tracing = 2, Cgroup = 3, Iterator = 4, NetworkNamespace = 5, Xdp = 6, PerfEvent = 7, KprobeMulti = 8, Tcx = 11, Netkit = 13;

    public static IReadOnlyList<BpfLinkInfo> List(BpfOwners owners) =>
        BpfInventory.Each(KernelObjectKind.Link, (id, item) => Read(item) with { Owners = owners.Of(KernelObjectKind.Link, id) });

    private static BpfLinkInfo Read(SafeFileHandle item)
    {
        Span<byte> bytes = stackalloc byte[InfoSize];
        bytes.Clear();
        _ = KernelObjectApi.Info(item, bytes);
        var info = new InfoBytes(bytes);
        int type = (int)info.UInt32(0);
        var link = new BpfLinkInfo { Type = BpfTypeNames.Link(type), Id = info.UInt32(4), ProgramId = info.UInt32(8) };
        switch (type)
        {
            case RawTracepoint:
                return link with { Target = Text(item, Union, Union + 8) };
            case Tracing:
                (string? name, string? module) = Function(info.UInt32(Union + 4), info.UInt32(Union + 8));
                return link with { AttachType = BpfTypeNames.Attach((int)info.UInt32(Union)), Target = name, Module = module };
            case Cgroup:
                return link with { AttachType = BpfTypeNames.Attach((int)info.UInt32(Union + 8)), Target = $"cgroup {info.UInt64(Union)}" };
            case Iterator:
                return link with { Target = Text(item, Union, Union + 8) };
            case NetworkNamespace:
                return link with { AttachType = BpfTypeNames.Attach((int)info.UInt32(Union + 4)), Target = $"netns {info.UInt32(Union)}" };
            case Xdp:
                return link with { Target = Interface(info.UInt32(Union)) };
            case Tcx or Netkit:
                return link with { AttachType = BpfTypeNames.Attach((int)info.UInt32(Union + 4)), Target = Interface(info.UInt32(Union)) };
            case KprobeMulti:
                // Since v6.6; 0 before.
                return link with { Target = info.UInt32(Union + 8) is > 0 and var count ? $"{count} functions" : null };
            case PerfEvent:
                return PerfTarget(link, item, (int)info.UInt32(Union));
            default:
                return link;
        }
    }

    /// <summary>Since v6.6; before, the kind is 0 and the kernel does not tell.</summary>
    private static BpfLinkInfo PerfTarget(BpfLinkInfo link, SafeFileHandle item, int kind)
    {
        // enum bpf_perf_event_type.
        const int Uprobe = 1, UprobeReturn = 2, Kprobe = 3, KprobeReturn = 4, Tracepoint = 5, Event = 6;
        const int Name = Union + 8, Length = Union + 16;
        string? word = kind switch
        {
            Uprobe => "uprobe", UprobeReturn => "uretprobe", Kprobe => "kprobe", KprobeReturn => "kretprobe", Tracepoint => "tracepoint", Event => "event", _ => null,
        };
        return link with { AttachType = word, Target = kind is Uprobe or UprobeReturn or Kprobe or KprobeReturn or Tracepoint ? Text(item, Name, Length) : null };
    }

    /// <summary>A text the kernel writes to where the struct points.</summary>
    private static string? Text(SafeFileHandle item, int pointerOffset, int lengthOffset) =>
        KernelObjectApi.InfoText(item, InfoSize, pointerOffset, lengthOffset, TextSize) is { Length: > 0 } text ? text : null;

    private static (string? Name, string? Module) Function(uint btf, uint type)
    {
        // Before v5.13 the kernel did not say.
        if (btf == 0 || type == 0 || KernelTypesApi.TryGet(btf) is not { IsKernel: true } known)
        {
            return (null, null);
        }

        string? module = known.Name == "vmlinux" ? null : known.Name;
        try
        {
            BtfFile types = BtfCache.OpenModule(module);
            return (type < types.EndId ? types[type].Name : null, module);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or IO.BinaryFormatException)
        {
            return (null, module);
        }
    }

    private static string Interface(uint index)
    {
        foreach (string folder in Directory.Exists("/sys/class/net") ? Directory.EnumerateDirectories("/sys/class/net") : [])
        {
            string file = Path.Combine(folder, "ifindex");
            if (File.Exists(file) && File.ReadAllText(file).Trim() == index.ToString(CultureInfo.InvariantCulture))
            {
                return Path.GetFileName(folder);
            }
        }

        return $"interface {index}";
    }
}
