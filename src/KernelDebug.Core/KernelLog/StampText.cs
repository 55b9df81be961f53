namespace KernelDebug.KernelLog;

/// <summary>The shapes of stamps, callers, facilities and host names.</summary>
internal static class StampText
{
    /// <summary><c>T123</c> or <c>C0</c>: printk's caller (CONFIG_PRINTK_CALLER).</summary>
    public static bool IsCaller(ReadOnlySpan<char> text) =>
        text.Length is > 1 and <= 11 && text[0] is 'T' or 'C' && HexText.EndOfDigits(text, 1) == text.Length;

    /// <summary><c>12.345678</c>: seconds since boot; Android's kernels append <c>@cpu</c>.</summary>
    public static bool TrySeconds(ReadOnlySpan<char> text, out double seconds)
    {
        seconds = 0;
        int cpu = text.IndexOf('@');
        if (cpu > 0 && HexText.EndOfDigits(text, cpu + 1) == text.Length)
        {
            text = text[..cpu];
        }
        int dot = HexText.EndOfDigits(text, 0);
        if (dot is 0 or > 12 || dot + 1 >= text.Length || text[dot] != '.' || text.Length - dot > 10
            || HexText.EndOfDigits(text, dot + 1) != text.Length)
        {
            return false;
        }
        _ = HexText.TryParseDecimal(text[..dot], out ulong whole);
        _ = HexText.TryParseDecimal(text[(dot + 1)..], out ulong fraction);
        double scale = 1;
        for (int i = dot + 1; i < text.Length; i++)
        {
            scale *= 10;
        }
        seconds = whole + fraction / scale;
        return true;
    }

    /// <summary><c>+0.004968</c>: dmesg -e.</summary>
    public static bool IsRelative(ReadOnlySpan<char> text) => text.Length > 1 && text[0] == '+' && TrySeconds(text[1..].TrimStart(' '), out _);

    /// <summary>
    /// A wall-clock stamp in brackets: <c>Nov22 09:28</c> (dmesg -e), <c>Sun Nov 22 09:28:45 2026</c> (-T), an ISO date, or
    /// the time of day some serial loggers write.
    /// </summary>
    public static bool IsDate(ReadOnlySpan<char> text)
    {
        if (EndOfCalendar(text, 0, out _) == text.Length || EndOfTime(text, 0) == text.Length)
        {
            return true;
        }
        int at = IsWeekday(text) ? 4 : 0;
        if (at >= text.Length || !IsMonth(text[at..]))
        {
            return false;
        }
        bool colon = false;
        foreach (char c in text[(at + 3)..])
        {
            colon |= c == ':';
            if (c is not (':' or ' ' or '+' or '-') && !char.IsAsciiDigit(c))
            {
                return false;
            }
        }
        return colon;
    }

    /// <summary>Column after a date and time of syslog, journald or ISO 8601 at <paramref name="at"/>; -1 where there is none.</summary>
    public static int EndOfCalendar(ReadOnlySpan<char> text, int at, out bool isIso)
    {
        isIso = false;
        int i = at;
        if (i < text.Length && IsWeekday(text[i..]) && text.Length > i + 3 && text[i + 3] == ' ')
        {
            i += 4;
        }
        if (i >= text.Length)
        {
            return -1;
        }
        return char.IsAsciiDigit(text[i]) ? EndOfIso(text, i, out isIso) : EndOfSyslog(text, i);
    }

    /// <summary>Column after <c>vas. 19 10:20:12</c>, whose month is a word of any language, at <paramref name="at"/>; -1 where there is none.</summary>
    public static int EndOfLocalCalendar(ReadOnlySpan<char> text, int at)
    {
        const int longestMonth = 16;
        var rest = text[at..];
        int month = rest[..Math.Min(rest.Length, longestMonth)].IndexOf(' ');
        return month < 1 ? -1 : EndOfDayAndTime(text, at + month);
    }

    /// <summary>A syslog facility as <c>dmesg -x</c> names it.</summary>
    public static bool IsFacility(ReadOnlySpan<char> text) =>
        text is "kern" or "user" or "mail" or "daemon" or "auth" or "syslog" or "lpr" or "news" or "uucp" or "cron" or "authpriv" or "ftp"
        || text.Length == 6 && text.StartsWith("local", StringComparison.Ordinal);

    /// <summary>The number of a syslog level's name; null for another word.</summary>
    public static int? LevelOf(ReadOnlySpan<char> text) => text switch
    {
        "emerg" => 0, "alert" => 1, "crit" => 2, "err" => 3, "warn" => 4, "notice" => 5, "info" => 6, "debug" => 7, _ => null,
    };

    /// <summary>A token that may be a host's name (or syslog's <c>kern.warn</c>).</summary>
    public static bool IsHostName(ReadOnlySpan<char> text)
    {
        if (text.Length > 255)
        {
            return false;
        }
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
            {
                return false;
            }
        }
        return true;
    }

    // "Nov 22 10:00:05[.195036][ 2026]"; the day may be padded with a blank.
    private static int EndOfSyslog(ReadOnlySpan<char> text, int at)
    {
        if (!IsMonth(text[at..]) || at + 3 >= text.Length || text[at + 3] != ' ')
        {
            return -1;
        }
        int end = EndOfDayAndTime(text, at + 3);
        if (end > 0 && end + 5 <= text.Length && text[end] == ' ' && HexText.EndOfDigits(text, end + 1) == end + 5)
        {
            return end + 5;
        }
        return end;
    }

    // " 22 10:00:05[.195036]"
    private static int EndOfDayAndTime(ReadOnlySpan<char> text, int at)
    {
        at = SymbolReferenceScanner.EndOfBlanks(text, at);
        int end = HexText.EndOfDigits(text, at);
        return end - at is < 1 or > 2 || end >= text.Length || text[end] != ' ' ? -1 : EndOfTime(text, end + 1);
    }

    // "2026-11-22T10:00:05[,.]195036+00:00", a blank for the T, "Z", "+0000", " UTC".
    private static int EndOfIso(ReadOnlySpan<char> text, int at, out bool isIso)
    {
        isIso = true;
        if (text.Length < at + 19 || HexText.EndOfDigits(text, at) != at + 4 || text[at + 4] is not ('-' or '/')
            || HexText.EndOfDigits(text, at + 5) != at + 7 || text[at + 7] != text[at + 4]
            || HexText.EndOfDigits(text, at + 8) != at + 10 || text[at + 10] is not ('T' or ' '))
        {
            return -1;
        }
        int end = EndOfTime(text, at + 11);
        if (end < 0 || end >= text.Length)
        {
            return end;
        }
        if (text[end] == 'Z')
        {
            return end + 1;
        }
        if (text[end] is '+' or '-')
        {
            int zone = HexText.EndOfDigits(text, end + 1);
            zone = zone == end + 3 && zone < text.Length && text[zone] == ':' ? HexText.EndOfDigits(text, zone + 1) : zone;
            return zone - end is 3 or 5 or 6 ? zone : end;
        }
        return text[end..].StartsWith(" UTC", StringComparison.Ordinal) ? end + 4 : end;
    }

    private static int EndOfTime(ReadOnlySpan<char> text, int at)
    {
        if (text.Length < at + 8 || HexText.EndOfDigits(text, at) != at + 2 || text[at + 2] != ':'
            || HexText.EndOfDigits(text, at + 3) != at + 5 || text[at + 5] != ':' || HexText.EndOfDigits(text, at + 6) != at + 8)
        {
            return -1;
        }
        return text.Length > at + 9 && text[at + 8] is '.' or ',' ? Math.Max(at + 8, HexText.EndOfDigits(text, at + 9)) : at + 8;
    }

    private static bool IsWeekday(ReadOnlySpan<char> text) =>
        text.Length > 3 && text[..3] is "Mon" or "Tue" or "Wed" or "Thu" or "Fri" or "Sat" or "Sun";

    private static bool IsMonth(ReadOnlySpan<char> text) =>
        text.Length > 3 && text[..3] is "Jan" or "Feb" or "Mar" or "Apr" or "May" or "Jun" or "Jul" or "Aug" or "Sep" or "Oct" or "Nov" or "Dec";
}
