using System.Globalization;
using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>
/// Writes a disassembled <c>Code:</c> line as the kernel's <c>scripts/decodecode</c> does: objdump's rows under two headings, the
/// faulting one marked.
/// </summary>
public static class CodeBlockFormatter
{
    /// <summary>objdump puts this many bytes in a line and goes on in the next.</summary>
    private const int BytesPerLine = 7;
    private const string Zeroes = "...";

    /// <summary>
    /// "All code" and "Code starting with the faulting instruction", separated by an empty line; lines end in <c>\n</c>. A line
    /// without a marked byte has the second block alone, still with the empty line before it, as decodecode prints it. Empty where
    /// nothing was disassembled.
    /// </summary>
    public static string Format(CodeDisassembly disassembly)
    {
        if (disassembly.UnavailableReason is not null) return "";
        var text = new StringBuilder(4096);
        if (disassembly.AllCode.Count > 0) Block(text, "All code", disassembly.AllCode, FaultOffset(disassembly));
        text.Append('\n');
        Block(text, "Code starting with the faulting instruction", disassembly.FromFault, marked: -1);
        return text.ToString();
    }

    /// <summary>
    /// <see cref="CodeDisassembly.Aligned"/> as one block that says how many bytes were left out; empty where it is no better than
    /// "All code".
    /// </summary>
    public static string FormatAligned(CodeDisassembly disassembly)
    {
        if (disassembly.UnavailableReason is not null || disassembly.SkippedBytes == 0) return "";
        var text = new StringBuilder(2048);
        var plural = disassembly.SkippedBytes == 1 ? "byte" : "bytes";
        var heading = string.Create(CultureInfo.InvariantCulture,
            $"Code without its first {disassembly.SkippedBytes} {plural}, the end of an instruction that begins before it");
        Block(text, heading, disassembly.Aligned, FaultOffset(disassembly));
        return text.ToString();
    }

    // Both blocks end with the window; what the second lacks at its front lies before the fault.
    private static int FaultOffset(CodeDisassembly disassembly) => End(disassembly.AllCode) - End(disassembly.FromFault);

    private static int End(IReadOnlyList<DisassembledInstruction> rows) => rows[^1].Offset + rows[^1].Bytes.Count;

    private static void Block(StringBuilder text, string heading, IReadOnlyList<DisassembledInstruction> rows, int marked)
    {
        text.Append(heading).Append('\n').Append('=', heading.Length).Append('\n');
        foreach (var row in rows) Row(text, row, marked);
    }

    private static void Row(StringBuilder text, DisassembledInstruction row, int marked)
    {
        if (row.Text == Zeroes)
        {
            text.Append('\t').Append(Zeroes).Append('\n');
            return;
        }
        for (var start = 0; start < row.Bytes.Count; start += BytesPerLine)
        {
            var end = Math.Min(start + BytesPerLine, row.Bytes.Count);
            // The line that holds the marked byte, also where that is not the first of an instruction.
            var isFaulting = marked >= row.Offset + start && marked < row.Offset + end;
            text.Append((row.Offset + start).ToString("x", CultureInfo.InvariantCulture).PadLeft(4)).Append(isFaulting ? ":*\t" : ":\t");
            for (var i = start; i < end; i++) text.Append(row.Bytes[i].ToString("x2", CultureInfo.InvariantCulture)).Append(' ');
            if (start == 0) text.Append(' ', (BytesPerLine - (end - start)) * 3).Append('\t').Append(row.Text);
            if (isFaulting) text.Append("\t\t<-- trapping instruction");
            text.Append('\n');
        }
    }
}
