using System.Globalization;
using System.Text.RegularExpressions;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>What a tracepoint records: tracefs' <c>events/CATEGORY/NAME/format</c> (Documentation/trace/events.rst, "Event formats").</summary>
/// <param name="Category">The subsystem.</param>
/// <param name="Name">The tracepoint.</param>
/// <param name="Fields">Its fields without those that all tracepoints have (<c>common_*</c>), in order.</param>
internal sealed partial record TracepointFormat(string Category, string Name, IReadOnlyList<TracepointField> Fields)
{
    /// <summary>What all records begin with: <c>struct trace_entry</c>.</summary>
    public const int CommonSize = 8;

    /// <summary>Bytes of a record that the kernel hands to programs at most (PERF_MAX_TRACE_SIZE).</summary>
    private const int MaxRecordSize = 8192;

    private const string Syscalls = "syscalls";

    /// <summary>True where the fields are a system call's arguments: registers of 8 bytes, and pointers into the caller's memory.</summary>
    public bool IsSystemCall => Category == Syscalls;

    /// <summary>Bytes of the record that are of fixed size.</summary>
    public int Size => Fields.Count == 0 ? CommonSize : Fields.Max(item => item.Offset + item.Size);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="BinaryFormatException">A field is described in another way.</exception>
    public static TracepointFormat Parse(string category, string name, string text, string path)
    {
        var fields = new List<TracepointField>();
        int at = 0;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("\tfield:", StringComparison.Ordinal))
            {
                TracepointField field = Field(line) is { Offset: >= 0, Size: >= 0 } read && read.Offset + (long)read.Size <= MaxRecordSize ? read : throw new BinaryFormatException(
                    path, "format", at, $"expected \"field:TYPE NAME; offset:N; size:N; signed:N;\" inside {MaxRecordSize} bytes, have \"{line.Trim()}\"");
                if (field.Offset >= CommonSize)
                {
                    fields.Add(field);
                }
            }

            at += line.Length + 1;
        }

        return new(category, name, fields);
    }

    /// <summary><c>sched:sched_switch</c>.</summary>
    public override string ToString() => $"{Category}:{Name}";

    private static TracepointField? Field(string line)
    {
        Match match = Pattern().Match(line);
        if (!match.Success || Number(match, "offset") is not { } offset || Number(match, "size") is not { } size)
        {
            return null;
        }

        string type = match.Groups["type"].Value.Trim();
        (TracepointData data, type) =
            type.StartsWith("__data_loc ", StringComparison.Ordinal) ? (TracepointData.FromStart, type["__data_loc ".Length..])
            : type.StartsWith("__rel_loc ", StringComparison.Ordinal) ? (TracepointData.FromField, type["__rel_loc ".Length..])
            : (TracepointData.InPlace, type);
        int? count = match.Groups["count"] is { Success: true } dimension
            ? int.TryParse(dimension.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null
            : data == TracepointData.InPlace ? 0 : null;
        return data != TracepointData.InPlace && size != sizeof(uint)
            ? null
            : new(type.EndsWith("[]", StringComparison.Ordinal) ? type[..^2].TrimEnd() : type, match.Groups["name"].Value, offset, size, match.Groups["signed"].Value == "1", count, data);
    }

    private static int? Number(Match match, string group) =>
        int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    [GeneratedRegex("""^\tfield:(?<type>[^;]*?[\s*\]])(?<name>[A-Za-z_]\w*)(\[(?<count>[^\];]*)\])?;\toffset:(?<offset>\d+);\tsize:(?<size>\d+);\tsigned:(?<signed>[01]);$""", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
