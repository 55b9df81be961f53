using System.Buffers.Text;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>Reads lines of tracefs. A line that is not certain to be what it looks like is text.</summary>
public static class TraceLineParser
{
    /// <summary>The kernel prints a name with <c>%16s</c>, and none is longer (TASK_COMM_LEN): the hyphen behind it is always here, whatever the name holds.</summary>
    private const int Hyphen = 16;

    private const int TicksPerMicrosecond = 10;

    /// <summary>Reads one line, without the line feed at its end.</summary>
    /// <param name="line">The bytes as the kernel wrote them.</param>
    /// <param name="mayBeTrimmed">True for text that may have lost the blanks before the task's name.</param>
    public static TraceLine Parse(ReadOnlySpan<byte> line, bool mayBeTrimmed = false) =>
        TryEvent(line, Hyphen)
        ?? TryLost(line)
        ?? (mayBeTrimmed ? TryTrimmed(line) : null)
        ?? new TraceLine { Kind = TraceLineKind.Text, Text = LineText.Decode(line) };

    /// <summary>The same of a string.</summary>
    public static TraceLine Parse(string line, bool mayBeTrimmed = false) => Parse(Encoding.UTF8.GetBytes(line), mayBeTrimmed);

    /// <summary><c>CPU:1 [LOST 576 EVENTS]</c> (kernel/trace/trace.c, <c>print_trace_line</c>).</summary>
    private static TraceLine? TryLost(ReadOnlySpan<byte> line)
    {
        var rest = new Fields(line);
        if (!rest.Take("CPU:"u8) || rest.Number() is not { } cpu || cpu > int.MaxValue || !rest.Take(" [LOST "u8))
        {
            return null;
        }

        ulong? count = rest.Number();
        return rest.Take(count is null ? "EVENTS]"u8 : " EVENTS]"u8) && rest.Rest.IsEmpty
            ? new TraceLine { Kind = TraceLineKind.LostEvents, Cpu = (int)cpu, LostEvents = count, Text = LineText.Decode(line) }
            : null;
    }

    /// <summary>A line that has lost its first blanks, where one reading of it is possible and no other.</summary>
    private static TraceLine? TryTrimmed(ReadOnlySpan<byte> line)
    {
        TraceLine? found = null;
        for (int at = 1; at < Hyphen && at < line.Length; at++)
        {
            if (line[at] == '-' && TryEvent(line, at) is { } read)
            {
                if (found is not null)
                {
                    return null;
                }

                found = read;
            }
        }

        return found;
    }

    private static TraceLine? TryEvent(ReadOnlySpan<byte> line, int hyphen)
    {
        if (line.Length <= hyphen || line[hyphen] != '-')
        {
            return null;
        }

        var rest = new Fields(line[(hyphen + 1)..]);
        if (rest.Number() is not { } pid || pid > int.MaxValue || !rest.Blanks())
        {
            return null;
        }

        ulong? group = null;
        if (rest.Take("("u8))
        {
            _ = rest.Blanks();
            group = rest.Number();
            if (group > int.MaxValue || (group is null && !rest.Hyphens()) || !rest.Take(")"u8) || !rest.Blanks())
            {
                return null;
            }
        }

        if (!rest.Take("["u8) || rest.Number() is not { } cpu || cpu > int.MaxValue || !rest.Take("]"u8) || !rest.Blanks())
        {
            return null;
        }

        ReadOnlySpan<byte> word = rest.Word();
        TraceFlags? flags = null;
        if (!word.IsEmpty && word[^1] != ':')
        {
            flags = TraceFlags.Parse(LineText.Decode(word));
            word = rest.Blanks() ? rest.Word() : default;
        }

        return IsTime(word, out TimeSpan? time, out ulong? counter)
            ? Describe(rest.Rest, new TraceLine
            {
                Kind = TraceLineKind.Event,
                Task = LineText.Decode(line[..hyphen].TrimStart((byte)' ')),
                ProcessId = (int)pid,
                ThreadGroupId = (int?)group,
                Cpu = (int)cpu,
                Flags = flags,
                Time = time,
                Counter = counter,
                Text = LineText.Decode(line),
            })
            : null;
    }

    /// <summary><c>1234.567890:</c>, or a clock's own count.</summary>
    private static bool IsTime(ReadOnlySpan<byte> word, out TimeSpan? time, out ulong? counter)
    {
        (time, counter) = (null, null);
        if (word.Length < 2 || word[^1] != ':')
        {
            return false;
        }

        var fields = new Fields(word[..^1]);
        if (fields.Number() is not { } whole)
        {
            return false;
        }

        if (fields.Rest.IsEmpty)
        {
            counter = whole;
            return true;
        }

        const ulong MostSeconds = long.MaxValue / TimeSpan.TicksPerSecond - 1;
        if (whole > MostSeconds || !fields.Take("."u8) || fields.Rest.Length is not (6 or 9) || fields.Number() is not { } part || !fields.Rest.IsEmpty)
        {
            return false;
        }

        ulong ticks = word.Length - word.IndexOf((byte)'.') == 8 ? part * TicksPerMicrosecond : part / 100;
        time = TimeSpan.FromTicks((long)(whole * TimeSpan.TicksPerSecond + ticks));
        return true;
    }

    /// <summary>Takes the name off what is behind the time.</summary>
    private static TraceLine Describe(ReadOnlySpan<byte> rest, TraceLine line)
    {
        string text = LineText.Decode(rest.StartsWith(" "u8) ? rest[1..] : rest);
        int end = text.IndexOf(':', StringComparison.Ordinal);
        while (end >= 0 && end + 1 < text.Length && text[end + 1] != ' ')
        {
            end = text.IndexOf(':', end + 1);
        }

        if (end > 0 && IsName(text.AsSpan(0, end)))
        {
            return line with { Function = text[..end], Message = text[Math.Min(end + 2, text.Length)..] };
        }

        int caller = text.IndexOf(" <-", StringComparison.Ordinal);
        if (caller > 0)
        {
            int arguments = text.IndexOf('(', StringComparison.Ordinal);
            int length = arguments > 0 && arguments < caller ? arguments : caller;
            if (IsName(text.AsSpan(0, length)))
            {
                return line with { Function = text[..length], Message = text[length..].TrimStart() };
            }
        }

        return line with { Message = text };
    }

    /// <summary>A symbol or event, with <c>+0x10/0x20</c> or <c> [module]</c> where tracefs is set to print it.</summary>
    private static bool IsName(ReadOnlySpan<char> text)
    {
        int blank = text.IndexOf(' ');
        return blank < 0 ? !text.IsEmpty : blank > 0 && text[blank..].StartsWith(" [") && text[^1] == ']' && !text[(blank + 1)..].Contains(' ');
    }

    /// <summary>What is left of a line.</summary>
    private ref struct Fields(ReadOnlySpan<byte> rest)
    {
        public ReadOnlySpan<byte> Rest { get; private set; } = rest;

        public bool Take(ReadOnlySpan<byte> text)
        {
            bool isThere = Rest.StartsWith(text);
            Rest = isThere ? Rest[text.Length..] : Rest;
            return isThere;
        }

        public ulong? Number()
        {
            bool isNumber = !Rest.IsEmpty && char.IsAsciiDigit((char)Rest[0]) && Utf8Parser.TryParse(Rest, out ulong _, out _);
            if (!isNumber)
            {
                return null;
            }

            _ = Utf8Parser.TryParse(Rest, out ulong number, out int length);
            Rest = Rest[length..];
            return number;
        }

        public bool Blanks() => Skip((byte)' ');

        public bool Hyphens() => Skip((byte)'-');

        public ReadOnlySpan<byte> Word()
        {
            int end = Rest.IndexOf((byte)' ');
            ReadOnlySpan<byte> word = end < 0 ? Rest : Rest[..end];
            Rest = Rest[word.Length..];
            return word;
        }

        private bool Skip(byte each)
        {
            int end = Rest.IndexOfAnyExcept(each);
            int length = end < 0 ? Rest.Length : end;
            Rest = Rest[length..];
            return length > 0;
        }
    }
}
