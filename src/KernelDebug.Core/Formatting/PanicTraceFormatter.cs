using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>Escape sequences around the parts of a report; all empty for plain text.</summary>
/// <param name="Title">Before the headline.</param>
/// <param name="Label">Before a label.</param>
/// <param name="OutOfTree">Before a frame of an out-of-tree module.</param>
/// <param name="Unreliable">Before a frame the unwinder does not vouch for, and before stack markers.</param>
/// <param name="Alert">Before what is wrong with the report itself.</param>
/// <param name="Reset">After each of them.</param>
public sealed record TraceStyle(string Title, string Label, string OutOfTree, string Unreliable, string Alert, string Reset)
{
    /// <summary>No colours.</summary>
    public static TraceStyle Plain { get; } = new("", "", "", "", "", "");
}

/// <summary>A report as text that reads at a glance: what, where, and the call trace with its source places.</summary>
public static class PanicTraceFormatter
{
    private const int LabelWidth = 11;
    private const int NamePercent = 45;
    private const int TwoColumnsFrom = 100;
    private const string FrameIndent = "   ";

    /// <summary>The text; lines are at most <paramref name="width"/> columns unless a single name is longer. No control character of the log.</summary>
    /// <param name="trace">The report, decoded or not.</param>
    /// <param name="width">Columns, at least 40.</param>
    /// <param name="style">Colours.</param>
    public static string Format(PanicTrace trace, int width, TraceStyle style)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(style);
        var text = new StringBuilder();
        var page = new Page(text, Math.Max(width, 40), style);
        page.Paragraph("", trace.Title, style.Title);
        page.Field("Headline", trace.Headline == trace.Title ? null : trace.Headline);
        page.Field("Guilty", Guilty(trace));
        page.Field("Access", Access(trace));
        page.Field("Error code", trace.DecodedRegisters.FirstOrDefault(register => register.Name is "ErrorCode" or "ESR" or "FSR" or "DSISR" or "TEID") is { } code ? ErrorCode(code) : null);
        page.Field("Corrupted", trace.IsCorrupted ? trace.CorruptedReason ?? "lines are missing, cut or mixed" : null, style.Alert);
        page.Field("Kernel", trace.KernelRelease is null ? null : trace.KernelRelease + (trace.KernelBuildId is null ? "" : $" ({trace.KernelBuildId})"));
        page.Field("Task", Task(trace));
        page.Field("Taint", trace.Taint?.ToString());
        page.Field("Hardware", trace.Hardware);
        page.Field("Modules", OutOfTreeModules(trace));
        page.Field("Log", $"{(trace.Path is null ? "" : trace.Path + ", ")}lines {trace.FirstLine} to {trace.LastLine}");
        int column = Column(trace, page.Width);
        if (trace.InstructionPointer is { } stop)
        {
            page.Heading("Stopped at");
            Frame(page, stop, column);
            if (FaultingInstruction(trace.Disassembly) is { } instruction)
            {
                page.Field("Executing", instruction);
            }

            page.Field("Accessing", trace.Member?.ToString());
        }

        if (trace.Diagnosis.Count > 0)
        {
            page.Heading("Diagnosis");
            foreach (DiagnosisFact fact in trace.Diagnosis)
            {
                page.Item(fact.ToString());
            }
        }

        if (trace.RegisterNotes.Count > 0)
        {
            page.Heading("Registers that point into the kernel");
            foreach (RegisterNote note in trace.RegisterNotes)
            {
                page.Item(note.ToString());
            }
        }

        if (trace.CallTrace.Count > 0)
        {
            page.Heading("Call trace");
            CallTrace(page, trace, column);
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary><c>name+0x25/0x30 [module]</c>, or the bare address.</summary>
    public static string Name(SymbolLocation location)
    {
        ArgumentNullException.ThrowIfNull(location);
        return ControlText.MakeNameVisible(location.ToString());
    }

    /// <summary>The innermost source place, with the function where it is not the frame's own; why there is none otherwise; empty where nothing was looked up.</summary>
    public static string Place(SymbolLocation location)
    {
        ArgumentNullException.ThrowIfNull(location);
        string place = location.Frames is [var inner, ..]
            ? (inner.IsInlined || (inner.Function is not null && inner.Function != location.Symbol) ? $"{inner.Function ?? "?"} at {inner.Place}" : inner.Place)
            : "";
        return ControlText.MakeNameVisible(location.Reason is { } reason && location.Frames.Count == 0 ? $"? {reason.Message}" : place);
    }

    private static string? Task(PanicTrace trace)
    {
        string[] parts =
        [
            trace.Comm ?? "",
            trace.ProcessId is { } id ? $"PID {id}" : "",
            trace.Cpu is { } cpu ? $"CPU {cpu}" : "",
        ];
        string joined = string.Join(", ", parts.Where(part => part.Length > 0));
        return joined.Length == 0 ? null : joined;
    }

    private static string? Guilty(PanicTrace trace) => trace.GuiltyFrame is not { } frame ? null : $"{frame.Location}{(frame.IsOutOfTree ? ", out of tree" : "")}";

    /// <summary>What was touched: a sanitizer's own account, or the address the processor refused.</summary>
    private static string? Access(PanicTrace trace)
    {
        string?[] parts = [trace.MemoryAccess?.ToString() ?? (trace.FaultAddress is { } address ? $"address 0x{address:x}" : null), trace.MemoryObject?.ToString()];
        string joined = string.Join(", object: ", parts.Where(part => !string.IsNullOrEmpty(part)));
        return joined.Length == 0 ? null : joined;
    }

    private static string ErrorCode(DecodedRegister code) => $"0x{code.Value:x}: {(code.Text.Length > 0 ? code.Text : string.Join(' ', code.Bits))}";

    private static string? OutOfTreeModules(PanicTrace trace)
    {
        string outside = string.Join(' ', trace.Modules.Where(module => module.IsOutOfTree));
        return trace.Modules.Count == 0 ? null : $"{trace.Modules.Count} loaded{(outside.Length == 0 ? "" : $", out of tree: {outside}")}";
    }

    /// <summary>The instruction that faulted, in words of its file where that is at hand, with names for what it calls.</summary>
    private static string? FaultingInstruction(CodeDisassembly? disassembly)
    {
        DisassembledInstruction? row = disassembly?.Function?.Instructions.FirstOrDefault(r => r.IsFaulting) ?? disassembly?.Aligned.FirstOrDefault(r => r.IsFaulting);
        return row?.Text.Replace('\t', ' ');
    }

    /// <summary>The column of the source places: right of most names, and never so far that a place has no room; on a narrow terminal below the names.</summary>
    private static int Column(PanicTrace trace, int width)
    {
        if (width < TwoColumnsFrom)
        {
            return FrameIndent.Length + 6;
        }

        int longest = trace.CallTrace.Where(frame => frame.Frames.Count > 0).Select(frame => Name(frame.Location).Length).DefaultIfEmpty(0).Max();
        return FrameIndent.Length + 2 + Math.Min(longest, width * NamePercent / 100) + 1;
    }

    private static void CallTrace(Page page, PanicTrace trace, int column)
    {
        var context = TraceContext.None;
        foreach (TraceFrame frame in trace.CallTrace)
        {
            if (frame.Context != context)
            {
                context = frame.Context;
                string marker = context == TraceContext.None ? "" : $"<{context.ToString().ToUpperInvariant()}>";
                page.Line(FrameIndent + marker, page.Style.Unreliable, marker.Length > 0);
            }

            Frame(page, frame, column);
        }
    }

    private static void Frame(Page page, TraceFrame frame, int column)
    {
        SymbolLocation location = frame.Location;
        string style = !frame.IsReliable ? page.Style.Unreliable : frame.IsOutOfTree ? page.Style.OutOfTree : "";
        string head = $"{(frame.IsOutOfTree ? " > " : FrameIndent)}{(frame.IsReliable ? "  " : "? ")}{Name(location)}";
        List<string> places = Places(location);
        if (places.Count == 0)
        {
            page.Line(head, style, true);
            return;
        }

        bool fits = head.Length < column && column + places[0].Length <= page.Width;
        page.Line(fits ? head.PadRight(column) + places[0] : head, style, true);
        foreach (string place in places.Skip(fits ? 1 : 0))
        {
            // A place too long for its column keeps its end in sight on a line that begins further left.
            int indent = Math.Max(Math.Min(column, page.Width - place.Length), FrameIndent.Length + 4);
            page.Line(new string(' ', indent) + place, style, true);
        }
    }

    private static List<string> Places(SymbolLocation location)
    {
        var places = new List<string>();
        if (location.Frames.Count > 0)
        {
            places.Add(Place(location));
            // Of an address the unwinder does not vouch for, one line is enough.
            places.AddRange(!location.IsReliable ? [] : location.Frames.Skip(1).Select(frame => ControlText.MakeNameVisible($"{frame.Function ?? "?"} at {frame.Place}")));
        }
        else if (location.IsAmbiguous)
        {
            places.AddRange(location.Candidates.Select(candidate => ControlText.MakeNameVisible($"either {(candidate.Frames is [var first, ..] ? first.Place : candidate.Symbol)}")));
        }

        return places;
    }

    /// <summary>Lines of a width, with labels and colours.</summary>
    private sealed class Page(StringBuilder text, int width, TraceStyle style)
    {
        public int Width => width;

        public TraceStyle Style => style;

        public void Line(string line, string colour, bool hasText)
        {
            if (hasText)
            {
                text.Append(colour).Append(line).Append(colour.Length > 0 ? style.Reset : "").Append('\n');
            }
        }

        public void Heading(string label) => Line("  " + label, style.Label, true);

        public void Field(string label, string? value, string colour = "")
        {
            if (value is not null)
            {
                Paragraph(label, value, colour);
            }
        }

        /// <summary>An entry of a list below a heading.</summary>
        public void Item(string value) => Wrap(value, "   - ", "     ", "");

        /// <summary>A value, broken at blanks, its further lines below its first.</summary>
        public void Paragraph(string label, string value, string colour) => Wrap(value,
            label.Length > 0 ? $"  {style.Label}{label.PadRight(LabelWidth)}{(style.Label.Length > 0 ? style.Reset : "")}" : "",
            new string(' ', label.Length == 0 ? 0 : LabelWidth + 2), colour);

        private void Wrap(string value, string first, string further, string colour)
        {
            string rest = ControlText.MakeNameVisible(value).Replace('\t', ' ');
            for (bool isFirst = true; isFirst || rest.Length > 0; isFirst = false)
            {
                int room = width - further.Length;
                int cut = rest.Length <= room ? rest.Length : rest.LastIndexOf(' ', room) is > 0 and var blank ? blank : room;
                text.Append(isFirst ? first : further);
                Line(rest[..cut], colour, true);
                rest = rest[cut..].TrimStart(' ');
            }
        }
    }
}
