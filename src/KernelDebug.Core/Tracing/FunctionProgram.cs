using KernelDebug.Bpf.Code;

namespace KernelDebug.Tracing;

/// <summary>A generated program.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Section">What it is attached to.</param>
/// <param name="Code">Its instructions.</param>
internal sealed record GeneratedProgram(string Name, string Section, BpfAssembler Code);

/// <summary>The programs that were made for one function.</summary>
/// <param name="Programs">The programs.</param>
/// <param name="Events">What they send.</param>
/// <param name="Notes">What is to be known of them: arguments that cannot be had.</param>
internal sealed record FunctionProgram(IReadOnlyList<GeneratedProgram> Programs, TraceEventClass Events, IReadOnlyList<string> Notes)
{
    /// <summary>The map of calls that go on.</summary>
    public const string Calls = "calls";

    /// <summary>The map with room for a record of each function, one for each CPU.</summary>
    public const string Scratch = "scratch";

    /// <summary>The counter that samples are taken by.</summary>
    public const string Seen = "seen";

    /// <summary>True where an event is of a whole call, so that the maps for calls are needed.</summary>
    public bool IsOfWholeCalls => Programs.Count > 1;
}
