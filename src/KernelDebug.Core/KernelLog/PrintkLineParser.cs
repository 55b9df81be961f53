using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// Tells the kernel's message apart from what printk, dmesg, syslog, journald, pstore, netconsole, container runtimes and
/// terminals put before and behind it. Text without a known prefix passes untouched, as a message that begins at column 0.
/// </summary>
public static class PrintkLineParser
{
    /// <summary>Parses one line. Never throws on any text.</summary>
    /// <param name="raw">The line without its <c>\n</c>; a <c>\r</c> may still be there.</param>
    /// <param name="lineNumber">Its 1-based number in the input.</param>
    /// <param name="startOffset">Byte offset of its first byte; 0 where the input is no bytes.</param>
    /// <param name="endOffset">Byte offset after its last byte.</param>
    public static PrintkLine Parse(string raw, int lineNumber, long startOffset = 0, long endOffset = 0)
    {
        ArgumentNullException.ThrowIfNull(raw);
        int end = TerminalText.TrimEnd(raw);
        var prefix = new PrintkPrefix(raw.AsSpan(0, Math.Min(end, LogLimits.MaxPrefixLength)));
        prefix.Scan();
        int start = prefix.End;
        return new PrintkLine
        {
            LineNumber = lineNumber,
            StartOffset = startOffset,
            EndOffset = endOffset,
            RawText = raw,
            MessageStart = start,
            MessageEnd = Math.Max(start, end),
            CleanMessage = TerminalText.Clean(raw, start, Math.Max(start, end), prefix.IsKmsgRecord),
            TimeText = prefix.Time.Length == 0 ? null : prefix.Time.ToString(),
            SecondsSinceBoot = prefix.Seconds,
            Caller = prefix.Caller.Length == 0 ? null : prefix.Caller.ToString(),
            Level = prefix.Level,
        };
    }
}
