namespace KernelDebug.Records;

/// <summary>One line of a log, told apart from what printk, dmesg, syslog, journald or a serial terminal put before it.</summary>
public sealed record PrintkLine
{
    /// <summary>1-based line number in its input.</summary>
    public required int LineNumber { get; init; }
    /// <summary>Byte offset of its first byte in the input; 0 where the input is no bytes.</summary>
    public long StartOffset { get; init; }
    /// <summary>Byte offset after its last byte, its line feed not counted.</summary>
    public long EndOffset { get; init; }
    /// <summary>Lines of the input it is made of: more than one where a terminal wrapped it; <see cref="RawText"/> has them with their line feeds.</summary>
    public int LineCount { get; init; } = 1;
    /// <summary>UTF-16 units of the last of several lines; 0 where it is one.</summary>
    internal int LastRowLength { get; init; }
    /// <summary>The line as it came, without its line end.</summary>
    public required string RawText { get; init; }
    /// <summary>0-based column where the kernel's own message begins (its leading blanks belong to the message).</summary>
    public required int MessageStart { get; init; }
    /// <summary>Column after the message's last character (a trailing <c>\r</c> or colour reset is not the message's).</summary>
    public required int MessageEnd { get; init; }
    /// <summary>The message.</summary>
    public string Message => RawText[MessageStart..MessageEnd];
    /// <summary>The message with terminal escapes removed: what is parsed. Equal to <see cref="Message"/> where there are none.</summary>
    public required string CleanMessage { get; init; }
    /// <summary>The stamp as printed, without its brackets (<c>12.345678</c>, <c>+0.004968</c>, <c>Sun Nov 22 09:28:45 2026</c>); null where none.</summary>
    public string? TimeText { get; init; }
    /// <summary>Seconds since boot where the stamp is one; null otherwise.</summary>
    public double? SecondsSinceBoot { get; init; }
    /// <summary>printk's caller, <c>T123</c> (task) or <c>C0</c> (CPU); null where not printed.</summary>
    public string? Caller { get; init; }
    /// <summary>The syslog level 0 (emerg) to 7 (debug) where the line shows it; null otherwise.</summary>
    public int? Level { get; init; }
}
