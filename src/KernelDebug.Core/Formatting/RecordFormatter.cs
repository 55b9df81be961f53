using System.Collections;
using System.Globalization;
using System.Text;
using KernelDebug.Btf;

namespace KernelDebug.Formatting;

/// <summary>The values of a record as one line: <c>pid=4711 comm=bash address=0xffff888004e1a000</c>.</summary>
public static class RecordFormatter
{
    /// <summary>Elements of an array that are shown; an ellipsis stands for the others.</summary>
    private const int MaxElements = 16;

    /// <summary>Makes the line. What is unknown is a question mark; text that would steer a terminal is made visible, and quoted where it has blanks.</summary>
    public static string Line(IEnumerable<KeyValuePair<string, object?>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var text = new StringBuilder();
        foreach ((string name, object? value) in values)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(ControlText.MakeNameVisible(name)).Append('=');
            Append(text, value);
        }

        return text.ToString();
    }

    /// <summary>A value as it is in such a line.</summary>
    public static string Value(object? value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append('?');
                break;
            case string words:
                string visible = ControlText.MakeNameVisible(words);
                text.Append(visible.Length == 0 || visible.Contains(' ', StringComparison.Ordinal) ? $"\"{visible}\"" : visible);
                break;
            case byte[] bytes:
                text.Append(Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, MaxElements)))).Append(bytes.Length > MaxElements ? "…" : "");
                break;
            case BtfRecordObject inner:
                text.Append('{').Append(Line(inner.GetMembers())).Append('}');
                break;
            case IList elements:
                text.Append('[');
                for (int i = 0; i < Math.Min(elements.Count, MaxElements); i++)
                {
                    text.Append(i == 0 ? "" : " ");
                    Append(text, elements[i]);
                }

                text.Append(elements.Count > MaxElements ? "…]" : "]");
                break;
            default:
                text.Append(ControlText.MakeNameVisible(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                break;
        }
    }
}
