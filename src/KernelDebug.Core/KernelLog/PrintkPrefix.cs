namespace KernelDebug.KernelLog;

/// <summary>The prefix of one line, token by token. A token that is not known ends it.</summary>
internal ref struct PrintkPrefix(ReadOnlySpan<char> line)
{
    private const int MaxTokens = 8;
    private readonly ReadOnlySpan<char> _line = line;

    /// <summary>Column where the message begins.</summary>
    public int End { get; private set; }
    /// <summary>The innermost stamp as printed.</summary>
    public ReadOnlySpan<char> Time { get; private set; }
    public double? Seconds { get; private set; }
    public ReadOnlySpan<char> Caller { get; private set; }
    public int? Level { get; private set; }
    /// <summary>A <c>/dev/kmsg</c> or extended netconsole record, whose text carries <c>\x20</c> escapes.</summary>
    public bool IsKmsgRecord { get; private set; }

    public void Scan()
    {
        int at = Lead();
        if (ScanFrom(at))
        {
            return;
        }
        // A console shared with user space glues its text before a line: "Segmentation fau[   15.535157][   T69]  do_exit+0x...".
        at = FindStampInside();
        if (at > 0)
        {
            ScanFrom(at);
        }
    }

    private bool ScanFrom(int at)
    {
        bool any = false;
        for (int i = 0; i < MaxTokens; i++)
        {
            int token = SkipEscapes(at);
            if (!TryToken(ref token))
            {
                break;
            }
            any = true;
            at = token;
        }
        if (any)
        {
            End = at;
        }
        return any;
    }

    // Quoted ("> ") or indented pastes: the lead is the prefix's only where a stamp or a level follows.
    private readonly int Lead()
    {
        int at = 0;
        while (at < _line.Length && _line[at] is ' ' or '\t' or '>' or '|' or '\ufeff')
        {
            at++;
        }
        return at;
    }

    private readonly int SkipEscapes(int at)
    {
        int length;
        while ((length = TerminalText.SequenceLength(_line, at)) > 0)
        {
            at += length;
        }
        return at;
    }

    private bool TryToken(ref int at)
    {
        if (at >= _line.Length)
        {
            return false;
        }
        char c = _line[at];
        if (c == '[')
        {
            return TryBracket(ref at);
        }
        if (c == '<')
        {
            return TryLevel(ref at);
        }
        if (char.IsAsciiDigit(c))
        {
            return TryRecord(ref at) || TryCalendar(ref at) || TryUnixTime(ref at) || TryLocalCalendar(ref at);
        }
        return char.IsAsciiLetter(c) && (TryDecodedLevel(ref at) || TryCalendar(ref at) || TryTag(ref at, maxTokens: 1))
            || char.IsLetter(c) && TryLocalCalendar(ref at);
    }

    // "<4>": the syslog priority, facility * 8 + level.
    private bool TryLevel(ref int at)
    {
        int end = HexText.EndOfDigits(_line, at + 1);
        if (Level is not null || end - at is < 2 or > 5 || end >= _line.Length || _line[end] != '>')
        {
            return false;
        }
        _ = HexText.TryParseInt(_line[(at + 1)..end], out int priority);
        Level = priority & 7;
        at = end + 1;
        return true;
    }

    private bool TryBracket(ref int at)
    {
        var rest = _line[(at + 1)..];
        int length = rest[..Math.Min(rest.Length, 64)].IndexOf(']');
        if (length <= 0)
        {
            return false;
        }
        var inner = rest[..length];
        if (inner[^1] == '>' && inner.LastIndexOf('<') is > 0 and int delta)
        {
            // dmesg -d: "[    8.204697 <    2.994966>]".
            inner = inner[..delta];
        }
        inner = inner.Trim(' ');
        if (StampText.IsCaller(inner))
        {
            Caller = inner;
        }
        else if (StampText.TrySeconds(inner, out double seconds))
        {
            Seconds = seconds;
            Time = inner;
        }
        else if (StampText.IsRelative(inner) || StampText.IsDate(inner))
        {
            Time = inner;
        }
        else
        {
            return false;
        }
        at += length + 2;
        int next = SkipEscapes(at);
        if (next < _line.Length && _line[next] == '[' && IsBracketToken(next))
        {
            return true;
        }
        SkipBlank(ref at);
        // journalctl -o short-monotonic: "[    5.195036] host kernel: ".
        if (!TryTag(ref at, maxTokens: 2))
        {
            at = VendorContext.End(_line, at);
        }
        return true;
    }

    private readonly bool IsBracketToken(int at)
    {
        var probe = new PrintkPrefix(_line);
        return probe.TryBracket(ref at);
    }

    // dmesg -x: "kern  :warn  : ".
    private bool TryDecodedLevel(ref int at)
    {
        int i = at;
        if (!TryWord(ref i, out var facility) || !StampText.IsFacility(facility)
            || !TryWord(ref i, out var level) || StampText.LevelOf(level) is not int value)
        {
            return false;
        }
        Level = value;
        at = i;
        SkipBlank(ref at);
        return true;
    }

    private readonly bool TryWord(ref int at, out ReadOnlySpan<char> word)
    {
        int start = at;
        while (at < _line.Length && at - start < 16 && (char.IsAsciiLetterOrDigit(_line[at])))
        {
            at++;
        }
        word = _line[start..at];
        while (at < _line.Length && _line[at] == ' ')
        {
            at++;
        }
        return at < _line.Length && _line[at++] == ':';
    }

    // A stamp of syslog, journald, ts(1) or a container runtime. Without a zone word or a "kernel:" behind it a syslog date may
    // begin any sentence, so it counts only where a tag or another stamp follows; an ISO stamp stands by itself.
    private bool TryCalendar(ref int at)
    {
        int end = StampText.EndOfCalendar(_line, at, out bool isIso);
        if (end < 0 || end < _line.Length && _line[end] != ' ')
        {
            return false;
        }
        int next = end;
        SkipBlank(ref next);
        bool hasTag = TryTag(ref next, maxTokens: 3);
        if (!hasTag)
        {
            int stamp = SkipEscapes(SymbolReferenceScanner.EndOfBlanks(_line, next));
            bool hasStamp = stamp < _line.Length && _line[stamp] == '[' && IsBracketToken(stamp);
            if (hasStamp)
            {
                next = stamp;
            }
            else if (!isIso)
            {
                // Two blanks are left where somebody took "host kernel:" out from between them.
                if (next + 1 >= _line.Length || _line[next] != ' ')
                {
                    return false;
                }
                next++;
            }
        }
        if (!hasTag && isIso)
        {
            SkipContainerStream(ref next);
        }
        if (Seconds is null)
        {
            Time = _line[at..end];
        }
        at = next;
        return true;
    }

    // A month in the user's language, which journalctl prints: "vas. 19 10:20:12 host kernel: ". Believed by the tag behind it.
    private bool TryLocalCalendar(ref int at)
    {
        int end = StampText.EndOfLocalCalendar(_line, at);
        if (end < 0 || end >= _line.Length || _line[end] != ' ')
        {
            return false;
        }
        int next = end + 1;
        if (!TryTag(ref next, maxTokens: 2))
        {
            return false;
        }
        Time = _line[at..end];
        at = next;
        return true;
    }

    // "host kernel: ", "kernel[0]: ", OpenWrt's "kern.warn kernel: ", or "kernel: " alone.
    private readonly bool TryTag(ref int at, int maxTokens)
    {
        int i = at;
        for (int token = 0; token < maxTokens; token++)
        {
            var rest = _line[i..];
            if (rest.StartsWith("kernel", StringComparison.Ordinal))
            {
                int end = i + "kernel".Length;
                if (end < _line.Length && _line[end] == '[')
                {
                    int close = HexText.EndOfDigits(_line, end + 1);
                    end = close < _line.Length && _line[close] == ']' ? close + 1 : end;
                }
                if (end < _line.Length && _line[end] == ':' && (end + 1 == _line.Length || _line[end + 1] is ' ' or '\t'))
                {
                    at = end + 1;
                    SkipBlank(ref at);
                    return true;
                }
            }
            int space = rest.IndexOf(' ');
            if (space <= 0 || !StampText.IsHostName(rest[..space]))
            {
                return false;
            }
            i += space + 1;
        }
        return false;
    }

    // CRI log files: "2026-11-22T10:00:05.195036789Z stdout F text".
    private readonly void SkipContainerStream(ref int at)
    {
        var rest = _line[at..];
        if (rest.Length > 9 && (rest.StartsWith("stdout ", StringComparison.Ordinal) || rest.StartsWith("stderr ", StringComparison.Ordinal))
            && rest[7] is 'F' or 'P' && rest[8] == ' ')
        {
            at += 9;
        }
    }

    // journalctl -o short-unix: "1795341605.195036 host kernel: ".
    private bool TryUnixTime(ref int at)
    {
        int end = HexText.EndOfDigits(_line, at);
        if (end - at is < 9 or > 11 || end >= _line.Length || _line[end] != '.')
        {
            return false;
        }
        end = HexText.EndOfDigits(_line, end + 1);
        int next = end;
        SkipBlank(ref next);
        if (!TryTag(ref next, maxTokens: 3))
        {
            return false;
        }
        Time = _line[at..end];
        at = next;
        return true;
    }

    // "4,1234,5678901,-[,caller=T100];text": /dev/kmsg, extended netconsole; the latter may put the kernel's release first.
    private bool TryRecord(ref int at)
    {
        int semicolon = _line[at..].IndexOf(';');
        if (semicolon < 0)
        {
            return false;
        }
        var head = _line.Slice(at, semicolon);
        var fields = head;
        if (!TryDecimalField(ref fields, out ulong priority))
        {
            fields = head;
            int comma = fields.IndexOf(',');
            if (comma < 0 || !fields[..comma].Contains('.') || fields[..comma].Contains(' '))
            {
                return false;
            }
            fields = fields[(comma + 1)..];
            if (!TryDecimalField(ref fields, out priority))
            {
                return false;
            }
        }
        if (!TryDecimalField(ref fields, out _))
        {
            return false;
        }
        var time = fields;
        if (!TryDecimalField(ref fields, out ulong microseconds) || fields.IsEmpty || fields[0] is not ('-' or 'c' or '+')
            || fields.Length > 1 && fields[1] != ',')
        {
            return false;
        }
        Level = (int)(priority & 7);
        Time = time[..time.IndexOf(',')];
        Seconds = microseconds / 1e6;
        IsKmsgRecord = true;
        int caller = fields.IndexOf(",caller=", StringComparison.Ordinal);
        if (caller >= 0)
        {
            var name = fields[(caller + 8)..];
            int end = name.IndexOf(',');
            name = end < 0 ? name : name[..end];
            Caller = StampText.IsCaller(name) ? name : Caller;
        }
        at += semicolon + 1;
        return true;
    }

    private static bool TryDecimalField(ref ReadOnlySpan<char> fields, out ulong value)
    {
        value = 0;
        int comma = fields.IndexOf(',');
        if (comma <= 0 || !HexText.TryParseDecimal(fields[..comma], out value))
        {
            return false;
        }
        fields = fields[(comma + 1)..];
        return true;
    }

    private readonly int FindStampInside()
    {
        int at = 1;
        while (at < _line.Length)
        {
            int bracket = _line[at..].IndexOf('[');
            if (bracket < 0)
            {
                return -1;
            }
            at += bracket;
            int digits = at + 1;
            while (digits < _line.Length && _line[digits] == ' ')
            {
                digits++;
            }
            int dot = HexText.EndOfDigits(_line, digits);
            int close = dot < _line.Length && _line[dot] == '.' ? HexText.EndOfDigits(_line, dot + 1) : dot;
            // printk's own stamp only ("%5lu.%06lu"): looser forms inside a message are somebody's list.
            if (close < _line.Length && dot > digits && dot - at >= 6 && close == dot + 7 && _line[close] == ']')
            {
                return at;
            }
            at++;
        }
        return -1;
    }

    private readonly void SkipBlank(ref int at)
    {
        if (at < _line.Length && _line[at] == ' ')
        {
            at++;
        }
    }
}
