using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Events as objects of PowerShell.</summary>
internal static class BpfEventObjects
{
    /// <summary>The members of its type as properties; a line as text; what has no type as the bytes and where they are from.</summary>
    public static object? Shown(object read)
    {
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

        if (drops.Messages > 0)
        {
            parts.Add($"{drops.Messages} printed messages by the kernel's trace buffer");
        }

        return $"{drops.Total} events were dropped: {string.Join(", ", parts)}.";
    }
}
