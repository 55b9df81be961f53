using System.Globalization;

namespace KernelDebug.Bpf;

/// <summary>What perf_event programs are run by: an event that every machine's perf knows, by perf(1)'s name for it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type"><c>enum perf_type_id</c>, include/uapi/linux/perf_event.h.</param>
/// <param name="Config"><c>enum perf_hw_id</c> or <c>enum perf_sw_ids</c>, there.</param>
/// <param name="Period">Events to a sample; null where samples are so many a second.</param>
internal sealed record PerfEvent(string Name, uint Type, ulong Config, long? Period)
{
    /// <summary>The time that passes on a CPU, busy or not.</summary>
    public const string CpuClock = "cpu-clock";

    private const uint Hardware = 0, Software = 1;

    private static readonly (string Name, uint Type, ulong Config)[] s_all =
    [
        ("cpu-cycles", Hardware, 0), ("instructions", Hardware, 1), ("cache-references", Hardware, 2), ("cache-misses", Hardware, 3),
        ("branch-instructions", Hardware, 4), ("branch-misses", Hardware, 5), ("bus-cycles", Hardware, 6), ("stalled-cycles-frontend", Hardware, 7),
        ("stalled-cycles-backend", Hardware, 8), ("ref-cycles", Hardware, 9), (CpuClock, Software, 0), ("task-clock", Software, 1), ("page-faults", Software, 2),
        ("context-switches", Software, 3), ("cpu-migrations", Software, 4), ("minor-faults", Software, 5), ("major-faults", Software, 6),
        ("alignment-faults", Software, 7), ("emulation-faults", Software, 8),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => s_all.Select(item => item.Name);

    /// <summary><c>page-faults</c> or, with a period, <c>page-faults:1</c>; null for what is neither.</summary>
    public static PerfEvent? Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon];
        long period = 0;
        bool isValid = colon < 0 || (long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out period) && period > 0);
        (string found, uint type, ulong config) = s_all.FirstOrDefault(item => item.Name == name);
        return isValid && found is not null ? new(name, type, config, colon < 0 ? null : period) : null;
    }
}
