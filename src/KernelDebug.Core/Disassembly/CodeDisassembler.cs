using KernelDebug.Records;

namespace KernelDebug.Disassembly;

/// <summary>
/// Disassembles the bytes of a <c>Code:</c> line into the rows that the kernel's <c>scripts/decodecode</c> prints, equal to
/// <c>objdump -d</c> of binutils 2.40, and once more from an instruction boundary that fits the fault.
/// </summary>
public static class CodeDisassembler
{
    /// <summary>Disassembles a line.</summary>
    /// <param name="code">The line's bytes.</param>
    /// <param name="machine">
    /// The machine by the name <c>uname -m</c> prints: <c>x86_64</c> (64-bit), <c>i386</c> to <c>i686</c> or <c>x86</c> (32-bit). Any other
    /// gives a result with a reason and no rows.
    /// </param>
    /// <param name="syntax">The assembler syntax.</param>
    public static CodeDisassembly Disassemble(CodeBytes code, string machine = "x86_64", AssemblySyntax syntax = AssemblySyntax.Att)
    {
        if (code.UnavailableReason is not null) return Unavailable(syntax, code.UnavailableReason);
        if (Bitness(machine) is not { } bitness) return Unavailable(syntax, $"no disassembler for {machine} code: only x86 is known");
        if (code.UnitSize != 1)
        {
            return Unavailable(syntax, $"the code is printed in units of {code.UnitSize} bytes, which no x86 kernel does");
        }
        if (code.Bytes.Count == 0) return Unavailable(syntax, "the line has no code bytes");
        if (code.Bytes.Count > DisassemblerLimits.MaxCodeBytes)
        {
            return Unavailable(
                syntax, $"the line has {code.Bytes.Count} code bytes, more than the {DisassemblerLimits.MaxCodeBytes} accepted");
        }

        var bytes = new byte[code.Bytes.Count];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = code.Bytes[i];
        var sweep = new ObjdumpSweep(bitness, syntax);
        if (code.FaultIndex is not { } fault || fault < 0 || fault >= bytes.Length)
        {
            var whole = sweep.Run(bytes);
            return new() { Syntax = syntax, AllCode = [], FromFault = whole, Aligned = whole };
        }
        var all = sweep.Run(bytes, faultOffset: fault);
        var aligned = FaultAlignment.Find(sweep, bytes, fault, all, out var skipped);
        return new()
        {
            Syntax = syntax,
            AllCode = all,
            FromFault = sweep.Run(bytes[fault..], faultOffset: 0),
            Aligned = aligned,
            SkippedBytes = skipped,
        };
    }

    /// <summary>The width of the machine's code in bits; null where Iced does not know it.</summary>
    internal static int? Bitness(string machine) => machine switch
    {
        "x86_64" or "amd64" or "x86-64" => 64,
        "i386" or "i486" or "i586" or "i686" or "x86" => 32,
        _ => null,
    };

    private static CodeDisassembly Unavailable(AssemblySyntax syntax, string reason) =>
        new() { Syntax = syntax, AllCode = [], FromFault = [], Aligned = [], UnavailableReason = reason };
}
