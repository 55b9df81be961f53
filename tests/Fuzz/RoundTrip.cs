using System.Text;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Fuzz;

/// <summary>A log taken apart and put together: what reports say they were printed as, placed where they say, with what lies between, is the log.</summary>
internal static class RoundTrip
{
    /// <summary>What is wrong; null where all is well.</summary>
    public static string? Check(string text, out int reports)
    {
        byte[] input = Encoding.UTF8.GetBytes(text);
        IReadOnlyList<PanicTrace> traces = PanicTraceParser.ParseAll(text.Split('\n'));
        reports = traces.Count;
        var pieces = new List<(long Start, byte[] Bytes)>();
        foreach (PanicTrace trace in traces)
        {
            byte[] raw = Encoding.UTF8.GetBytes(trace.RawText);
            int at = 0;
            foreach (LogPiece piece in trace.Pieces)
            {
                long length = piece.EndOffset - piece.StartOffset;
                if (length < 0 || at + length > raw.Length)
                {
                    return $"line {trace.FirstLine}: the pieces are longer than the raw text";
                }

                pieces.Add((piece.StartOffset, raw[at..(at + (int)length)]));
                at += (int)length + 1;
            }

            if (at - 1 != raw.Length)
            {
                return $"line {trace.FirstLine}: the pieces have {at - 1} bytes, the raw text {raw.Length}";
            }

            if (trace.StartOffset != trace.Pieces[0].StartOffset || trace.EndOffset != trace.Pieces[^1].EndOffset)
            {
                return $"line {trace.FirstLine}: the report's offsets are not its pieces'";
            }
        }

        var whole = new MemoryStream(input.Length);
        foreach ((long start, byte[] bytes) in pieces.OrderBy(p => p.Start))
        {
            if (start < whole.Length || start > input.Length)
            {
                return $"offset {start}: pieces overlap or lie outside";
            }

            whole.Write(input, (int)whole.Length, (int)(start - whole.Length));
            whole.Write(bytes);
        }

        if (whole.Length > input.Length)
        {
            return "the pieces reach over the log's end";
        }

        whole.Write(input, (int)whole.Length, input.Length - (int)whole.Length);
        return whole.GetBuffer().AsSpan(0, (int)whole.Length).SequenceEqual(input) ? null : "the log put together is not the log";
    }
}
