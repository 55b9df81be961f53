using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>A generated program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Section">What it is attached to.</param>
/// <param name="Code">Its instructions.</param>
internal sealed record GeneratedProgram(string Name, string Section, BpfAssembler Code);

/// <summary>The function or tracepoint that a program is loaded for.</summary>
/// <param name="TypeId">The id of the function, or of the tracepoint's typedef.</param>
/// <param name="Module">The module whose types have it; null for the kernel's own.</param>
/// <param name="IsOfMany">True where its programs may be those of other functions, too.</param>
internal sealed record TraceTarget(uint TypeId, string? Module, bool IsOfMany = false);

/// <summary>Where kprobes of a function are.</summary>
/// <param name="Address">Where it begins; null where the kernel hides that, and they go by the name.</param>
/// <param name="IsOfMany">True where its programs may be those of other functions, too.</param>
internal sealed record KprobeTarget(ulong? Address, bool IsOfMany);

/// <summary>The programs that were made for one function.</summary>
/// <param name="Name">The function, or the tracepoint.</param>
/// <param name="Kind">The number of its events.</param>
/// <param name="Target">The same by its type; null where kprobes are in it.</param>
/// <param name="Kprobe">Where those are; null where there are none.</param>
/// <param name="Programs">The programs.</param>
/// <param name="Events">What they send.</param>
/// <param name="Notes">What is to be known of them: arguments that cannot be had.</param>
internal sealed record FunctionProgram(string Name, int Kind, TraceTarget? Target, KprobeTarget? Kprobe, IReadOnlyList<GeneratedProgram> Programs, TraceEventClass Events, IReadOnlyList<string> Notes)
{
    /// <summary>The map of calls that go on.</summary>
    public const string Calls = "calls";

    /// <summary>The map with room for a record of each function, one for each CPU.</summary>
    public const string Scratch = "scratch";

    /// <summary>The counter that samples are taken by.</summary>
    public const string Seen = "seen";

    /// <summary>Zero until all functions are attached: a trace of several begins with all of them.</summary>
    public const string Begun = "begun";

    /// <summary>Counts calls whose end was not seen.</summary>
    public const string Missed = "missed";

    /// <summary>The second that the limit of a rate counts in, what it has let through there, and all that it has not.</summary>
    public const string Second = "second", Taken = "taken", Limited = "limited";

    /// <summary>Equal for functions whose programs are the same.</summary>
    public string Shape => Kprobe is { IsOfMany: true } || Target is { IsOfMany: true }
        ? $"{Target?.Module}/" + Convert.ToHexString(SHA256.HashData([.. Programs.SelectMany(program => program.Code.ToArray().Concat(Encoding.UTF8.GetBytes(string.Join(' ', program.Code.References))))]))
        : Kind.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the key ends in its records that calls are counted by.</summary>
    public int CountedEnd { get; init; }

    /// <summary>True where an event is of a whole call, so that the maps for calls are needed.</summary>
    public bool IsOfWholeCalls { get; init; }
}
