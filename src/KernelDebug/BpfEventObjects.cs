using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Events as objects of PowerShell.</summary>
internal static class BpfEventObjects
{
    /// <summary>The members of its type as properties; a line as text; what has no type as the bytes and where they are from.</summary>
    public static object? Shown(object read)
    {
        if (read is TraceHistogram { By.Count: > 0 } histogram)
        {
            // What calls were told apart by is a property again, for what comes behind in the pipeline.
            var shown = new PSObject(histogram);
            foreach ((string name, object? member) in histogram.By.Where(member => shown.Properties[member.Key] is null))
            {
                shown.Properties.Add(new PSNoteProperty(name, member));
            }

            return shown;
        }

        if (read is not BpfEvent item)
        {
            return read;
        }

        object? value = item.Value;
        return value is byte[] && item.Type is null ? item : value;
    }

    /// <summary>What was not seen, in words.</summary>
    public static string DropText(BpfTraceDrops drops)
    {
        var parts = new List<string>();
        if (drops.ByReader > 0)
        {
            parts.Add($"{drops.ByReader} because the pipeline was too slow (-BufferSize holds more)");
        }

        if (drops.ByPerfBuffer > 0)
        {
            parts.Add($"{drops.ByPerfBuffer} by the kernel's perf buffer");
        }

        if (drops.ByProgram > 0)
        {
            parts.Add($"{drops.ByProgram} by the program, because its ring buffer was full");
        }

        if (drops.ByKeys > 0)
        {
            parts.Add($"{drops.ByKeys} because there were more different values to count by than there is room for");
        }

        if (drops.ByKernel > 0)
        {
            parts.Add($"{drops.ByKernel} by the kernel, which does not run a program where one runs already, and follows a limited number of probed calls to their end");
        }

        if (drops.Messages > 0)
        {
            parts.Add($"{drops.Messages} printed messages by the kernel's trace buffer");
        }

        return $"{drops.Total} events were dropped: {string.Join(", ", parts)}.";
    }
}
