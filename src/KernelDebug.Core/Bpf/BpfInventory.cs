using System.Globalization;
using KernelDebug.Bpf.Native;
using KernelDebug.Btf;
using KernelDebug.IO;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf;

/// <summary>What of BPF is in the running kernel: programs, maps, links. What goes while it is listed is left out.</summary>
public static class BpfInventory
{
    private const int ProgramInfoSize = 232, MissedAt = 208, MapInfoSize = 88, TagOffset = 8, TagSize = 8, NameSize = 16;

    /// <summary>All programs, by number, with what their links say.</summary>
    /// <exception cref="BpfException">This user may not list them, or the kernel has no BPF.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    public static IReadOnlyList<BpfProgramInfo> Programs() => Guard(() =>
    {
        var owners = new BpfOwners();
        ILookup<uint, string> links = BpfLinks.List(owners).ToLookup(link => link.ProgramId, link => link.ToString());
        DateTimeOffset boot = BootTime();
        return Each(KernelObjectKind.Program, (id, item) => Program(id, item, owners, links, boot));
    });

    /// <summary>All maps, by number.</summary>
    /// <inheritdoc cref="Programs" path="/exception"/>
    public static IReadOnlyList<BpfMapInfo> Maps() => Guard(() =>
    {
        var owners = new BpfOwners();
        var users = new Dictionary<uint, List<uint>>();
        foreach ((uint program, uint[] maps) in Each(KernelObjectKind.Program, (id, item) => Tuple.Create(id, MapIdsOf(item))).Select(pair => (pair.Item1, pair.Item2)))
        {
            foreach (uint map in maps)
            {
                (users.TryGetValue(map, out List<uint>? known) ? known : users[map] = []).Add(program);
            }
        }

        return Each(KernelObjectKind.Map, (id, item) => Map(item) with { ProgramIds = users.GetValueOrDefault(id) ?? [], Owners = owners.Of(KernelObjectKind.Map, id) });
    });

    /// <summary>All links, by number.</summary>
    /// <inheritdoc cref="Programs" path="/exception"/>
    public static IReadOnlyList<BpfLinkInfo> Links() => Guard(() => BpfLinks.List(new BpfOwners()));

    /// <summary>What there is to know of a map by its descriptor.</summary>
    internal static BpfMapInfo Map(SafeFileHandle item)
    {
        Span<byte> bytes = stackalloc byte[MapInfoSize];
        bytes.Clear();
        _ = KernelObjectApi.Info(item, bytes);
        var info = new InfoBytes(bytes);
        IReadOnlyDictionary<string, string> more = Descriptor(item);
        int type = (int)info.UInt32(0);
        return new BpfMapInfo
        {
            TypeNumber = type, Type = BpfTypeNames.Map(type), Id = info.UInt32(4), KeySize = info.UInt32(8), ValueSize = info.UInt32(12), MaxEntries = info.UInt32(16),
            Flags = info.UInt32(20), Name = info.Text(24, NameSize), BtfId = info.UInt32(64) is > 0 and var btf ? btf : null, KeyTypeId = info.UInt32(68), ValueTypeId = info.UInt32(72),
            Memory = Number(more, "memlock"), IsFrozen = Number(more, "frozen") is { } frozen ? frozen != 0 : null,
        };
    }

    /// <summary>The types some BTF in the kernel has; null where it is gone, or is not a program's own.</summary>
    internal static BtfFile? Types(uint id)
    {
        using SafeFileHandle? item = KernelObjectApi.Open(KernelObjectKind.Btf, id);
        if (item is null)
        {
            return null;
        }

        byte[] bytes = KernelObjectApi.ReadTypes(item);
        return BtfFile.Read(ByteSource.FromArray(bytes, $"BTF {id}"));
    }

    internal static IReadOnlyList<T> Each<T>(KernelObjectKind kind, Func<uint, SafeFileHandle, T> read) where T : class
    {
        var all = new List<T>();
        foreach (uint id in KernelObjectApi.Ids(kind))
        {
            using SafeFileHandle? item = KernelObjectApi.Open(kind, id);
            if (item is not null)
            {
                all.Add(read(id, item));
            }
        }

        return all;
    }

    internal static T Guard<T>(Func<T> work, string operation = "what is in the kernel cannot be listed")
    {
        try
        {
            return work();
        }
        catch (LibbpfException cause)
        {
            throw new BpfException(operation, null, cause, BpfRefusals.Explain(cause, null));
        }
    }

    /// <summary>How often the kernel left a program out.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    internal static long MissedCount(SafeFileHandle program) => Guard(() =>
    {
        Span<byte> bytes = stackalloc byte[ProgramInfoSize];
        bytes.Clear();
        _ = KernelObjectApi.Info(program, bytes);
        return (long)new InfoBytes(bytes).UInt64(MissedAt);
    });

    private static BpfProgramInfo Program(uint id, SafeFileHandle item, BpfOwners owners, ILookup<uint, string> links, DateTimeOffset boot)
    {
        Span<byte> bytes = stackalloc byte[ProgramInfoSize];
        bytes.Clear();
        _ = KernelObjectApi.Info(item, bytes);
        var info = new InfoBytes(bytes);
        uint? btf = info.UInt32(128) is > 0 and var number ? number : null;
        return new BpfProgramInfo
        {
            Id = id, Type = BpfTypeNames.Program((int)info.UInt32(0)), Name = FullName(item, info.Text(64, NameSize), btf), Tag = info.Hex(TagOffset, TagSize),
            CompiledSize = info.UInt32(16), InstructionCount = (int)(info.UInt32(20) / 8), LoadedAt = boot.AddTicks((long)(info.UInt64(40) / 100)), UserId = info.UInt32(48),
            BtfId = btf, RunTime = TimeSpan.FromTicks((long)(info.UInt64(192) / 100)), RunCount = info.UInt64(200), MissedCount = info.UInt64(MissedAt),
            MapIds = MapIdsOf(item), Memory = Number(Descriptor(item), "memlock"), AttachedTo = [.. links[id]], Owners = owners.Of(KernelObjectKind.Program, id),
        };
    }

    private static uint[] MapIdsOf(SafeFileHandle item)
    {
        Span<byte> bytes = stackalloc byte[64];
        bytes.Clear();
        _ = KernelObjectApi.Info(item, bytes);
        uint[] ids = new uint[new InfoBytes(bytes).UInt32(52)];
        if (ids.Length > 0)
        {
            KernelObjectApi.ReadMapIds(item, ids);
            Array.Sort(ids);
        }

        return ids;
    }

    /// <summary>The kernel keeps 15 bytes of a name; the types of the program's first function have all of it.</summary>
    private static string FullName(SafeFileHandle item, string name, uint? btf)
    {
        if (name.Length < NameSize - 1 || btf is null || KernelObjectApi.FirstFunctionType(item) is not { } type)
        {
            return name;
        }

        try
        {
            using BtfFile? types = Types(btf.Value);
            return types is not null && type < types.EndId && types[type].Name is { } full && full.StartsWith(name, StringComparison.Ordinal) ? full : name;
        }
        catch (BinaryFormatException)
        {
            return name;
        }
    }

    private static Dictionary<string, string> Descriptor(SafeFileHandle item)
    {
        var lines = new Dictionary<string, string>();
        foreach (string line in File.ReadLines($"/proc/self/fdinfo/{item.DangerousGetHandle()}"))
        {
            int colon = line.IndexOf(':');
            if (colon > 0)
            {
                lines[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return lines;
    }

    private static long? Number(IReadOnlyDictionary<string, string> lines, string name) =>
        lines.TryGetValue(name, out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static DateTimeOffset BootTime()
    {
        string line = File.ReadLines("/proc/uptime").First();
        double uptime = double.Parse(line.AsSpan(0, line.IndexOf(' ')), CultureInfo.InvariantCulture);
        return DateTimeOffset.Now.AddSeconds(-uptime);
    }
}
