using KernelDebug.Btf;

namespace KernelDebug.Tracing.Expressions;

/// <summary>A name that expressions can use: an argument, or what the function returns.</summary>
/// <param name="Name">The name.</param>
/// <param name="Value">What it is; null where it cannot be had.</param>
/// <param name="WhyNot">Why it cannot.</param>
internal sealed record TraceVariable(string Name, SlotValue? Value, string? WhyNot = null);

/// <summary>What expressions are about.</summary>
/// <param name="Subject">What has the arguments, for messages: a function's name.</param>
/// <param name="Types">The types that are named.</param>
/// <param name="Variables">The arguments.</param>
/// <param name="ShellVariable">The value of a variable of the shell, by name; null where there is none. Left out where there is no shell.</param>
internal sealed record TraceScope(string Subject, BtfFile Types, IReadOnlyList<TraceVariable> Variables, Func<string, object?>? ShellVariable = null)
{
    /// <summary>The name of what a function returned.</summary>
    public const string Return = "return";
}
