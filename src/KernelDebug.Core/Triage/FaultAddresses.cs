using System.Globalization;
using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>The address whose access faulted.</summary>
internal static class FaultAddresses
{
    // How the handlers print it: arch/x86/mm/fault.c and kernel/traps.c (both ages), arm, arm64, riscv, loongarch and mips mm/fault.c,
    // powerpc mm/fault.c, s390 mm/fault.c.
    private static readonly string[] s_phrases =
    [
        "for address: ", ", address: ", "non-canonical address ", " at virtual address ", " paging request at ", " dereference at ", " access to user memory at ",
        " on read at ", " on write at ", " data access at ",
    ];

    // Registers that hold it. CR2 keeps the last page fault's address, so that it says nothing where the report is of another trap.
    private static readonly string[] s_registers = ["CR2", "badaddr", "DAR", "BADV", "BadVA"];

    /// <summary>True for a kind that is an access the processor refused.</summary>
    public static bool IsAccess(PanicKind kind) => kind is PanicKind.NullDereference or PanicKind.PageFault or PanicKind.UserAccess or PanicKind.ExecuteFault
        or PanicKind.GeneralProtectionFault or PanicKind.Alignment;

    /// <summary>The address; null where the report is of no access or does not tell it.</summary>
    public static ulong? Of(PanicTrace report)
    {
        if (!IsAccess(report.Kind))
        {
            return null;
        }
        foreach (string phrase in s_phrases)
        {
            if (After(report.Headline, phrase) is { } address)
            {
                return address;
            }
        }
        // s390 and older kernels print it on a line of its own; a GPF has no register for it.
        return After(report.RawText, "Failing address: ") ?? (report.Kind == PanicKind.GeneralProtectionFault ? null
            : s_registers.Where(report.Registers.ContainsKey).Select(name => (ulong?)report.Registers[name]).FirstOrDefault());
    }

    /// <summary>A hexadecimal number, <c>0x</c> before it or not, or <c>(null)</c>.</summary>
    public static ulong? ReadHex(ReadOnlySpan<char> text)
    {
        text = text.TrimStart(' ');
        if (text.StartsWith("(null)", StringComparison.Ordinal))
        {
            return 0;
        }
        text = text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text;
        int end = 0;
        while (end < text.Length && char.IsAsciiHexDigit(text[end]))
        {
            end++;
        }
        return end < text.Length && char.IsAsciiLetterOrDigit(text[end]) ? null
            : ulong.TryParse(text[..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : null;
    }

    private static ulong? After(string text, string phrase) =>
        text.IndexOf(phrase, StringComparison.Ordinal) is >= 0 and var at ? ReadHex(text.AsSpan(at + phrase.Length)) : null;
}
