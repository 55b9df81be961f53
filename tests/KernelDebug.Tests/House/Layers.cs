namespace KernelDebug.Tests.House;

/// <summary>Which room of the engine may know which. docs/architecture.md has the reasons.</summary>
public static class Layers
{
    /// <summary>A room, and the rooms it may know.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<string>> Allowed { get; } = new Dictionary<string, IReadOnlySet<string>>
    {
        ["Records"] = Rooms(),
        ["IO"] = Rooms(RoomReferences.Native),
        ["Demangling"] = Rooms("IO"),
        ["Triage"] = Rooms("Demangling", "Disassembly", "Records"),
        ["KernelLog"] = Rooms("Triage", "Records"),
        ["Elf"] = Rooms("IO"),
        ["Debuginfod"] = Rooms(RoomReferences.Network, "Elf", "IO", "Records"),
        ["Types"] = Rooms(),
        ["Dwarf"] = Rooms("Types", "Elf", "IO", "Records"),
        ["Btf"] = Rooms("Bpf.Native", "Elf", "IO"),
        ["Bpf.Native"] = Rooms(RoomReferences.Native, "IO"),
        ["Bpf"] = Rooms("Bpf.Native", "Host", "Btf", "Elf", "IO"),
        ["Bpf.Code"] = Rooms("Bpf", "BtfEncoding", "Btf", "Elf", "IO"),
        ["Btf.CHeader"] = Rooms("Btf", "IO"),
        ["BtfEncoding"] = Rooms("Bpf.Native", "Btf", "Symbolization", "Dwarf", "Types", "Elf", "IO"),
        ["Inference"] = Rooms("Types", "Dwarf", "Elf", "IO", "Records"),
        ["Kallsyms"] = Rooms("IO"),
        ["Host"] = Rooms("IO"),
        ["Tracing.Expressions"] = Rooms("Formatting", "Btf", "IO"),
        ["Tracing"] = Rooms("Tracing.Expressions", "Bpf.Code", "Bpf", "Bpf.Native", "Formatting", "BtfEncoding", "Btf", "Btf.CHeader", "Symbolization", "Kallsyms", "Host", "Elf", "IO", "Records"),
        ["Doctor"] = Rooms("Tracing", "Bpf.Native", "Symbolization", "Debuginfod", "Btf", "Host", "IO", "Records"),
        ["Gsym"] = Rooms("IO", "Records"),
        ["Symbolization"] = Rooms("Debuginfod", "Demangling", "Kallsyms", "Dwarf", "Gsym", "Elf", "IO", "Records"),
        ["Disassembly"] = Rooms("Records"),
        ["Formatting"] = Rooms("Btf", "IO", "Records"),
        ["Decoding"] = Rooms("Formatting", "Disassembly", "Inference", "Symbolization", "Dwarf", "Elf", "KernelLog", "Triage", "IO", "Records"),
    };

    /// <summary>What breaks the table: an arrow it does not have, or a room it does not name.</summary>
    public static IReadOnlyList<string> Violations(
        IEnumerable<RoomReference> references, IReadOnlyDictionary<string, IReadOnlySet<string>> allowed) =>
        references.Where(reference => !allowed.TryGetValue(reference.FromRoom, out var rooms) || !rooms.Contains(reference.ToRoom))
            .Select(reference => reference.ToString()).Order(StringComparer.Ordinal).ToList();

    private static HashSet<string> Rooms(params string[] rooms) => new(rooms, StringComparer.Ordinal);
}
