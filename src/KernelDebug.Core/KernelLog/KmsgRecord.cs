using System.Globalization;
using System.Text;

namespace KernelDebug.KernelLog;

/// <summary>
/// A record of <c>/dev/kmsg</c>, <c>4,1234,5678901,-,caller=T100;text</c> (Documentation/ABI/testing/dev-kmsg), as the lines that
/// <c>dmesg</c> shows for it.
/// </summary>
public static class KmsgRecord
{
    /// <summary>The lines: several where the message holds line feeds. What is no record comes back as it is.</summary>
    /// <param name="record">The record; its <c>KEY=value</c> lines are dropped.</param>
    public static IReadOnlyList<string> ToLines(string record)
    {
        ArgumentNullException.ThrowIfNull(record);
        int end = record.IndexOf('\n', StringComparison.Ordinal);
        string first = end < 0 ? record : record[..end];
        int semicolon = first.IndexOf(';', StringComparison.Ordinal);
        string[] fields = semicolon < 0 ? [] : first[..semicolon].Split(',');
        if (fields.Length < 4 || !ulong.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong microseconds))
        {
            return [first];
        }

        const string CallerField = "caller=";
        string? caller = Array.Find(fields, field => field.StartsWith(CallerField, StringComparison.Ordinal));
        string prefix = $"[{microseconds / 1_000_000,5}.{microseconds % 1_000_000:d6}]"
            + (caller is null ? " " : $"[{caller[CallerField.Length..],6}] ");
        return Unescape(first.AsSpan(semicolon + 1)).Split('\n').Select(line => prefix + line).ToArray();
    }

    /// <summary>
    /// Resolves <c>\x0a</c>, tab and what printk escapes though it prints (UTF-8 and the backslash itself); any other control
    /// character stays spelled out.
    /// </summary>
    private static string Unescape(ReadOnlySpan<char> text)
    {
        if (text.IndexOf('\\') < 0)
        {
            return text.ToString();
        }

        var bytes = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x'
                && byte.TryParse(text.Slice(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
                && value is (byte)'\n' or (byte)'\t' or (>= (byte)' ' and not 0x7f))
            {
                bytes.Add(value);
                i += 3;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Slice(i, 1).ToArray()));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
