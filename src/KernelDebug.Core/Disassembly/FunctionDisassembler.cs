using KernelDebug.Records;

namespace KernelDebug.Disassembly;

/// <summary>Disassembles a whole function of a linked file, as <c>objdump -d</c> of that file prints it.</summary>
public static class FunctionDisassembler
{
    /// <summary>Disassembles a function.</summary>
    /// <param name="code">The function's bytes, all of them: what falls outside is not seen.</param>
    /// <param name="address">The link-time address of the first byte.</param>
    /// <param name="faultAddress">The link-time address whose row is marked; null for none.</param>
    /// <param name="symbols">
    /// Names an address: <c>kfree</c> at a symbol's start, <c>kfree+0x12</c> inside it, null where nothing is known. Branch targets and
    /// rip-relative references then read <c>ffffffff81234567 &lt;kfree+0x12&gt;</c>, otherwise <c>0xffffffff81234567</c>.
    /// </param>
    /// <param name="source">The source place of an address (a row's first byte); null for none.</param>
    /// <param name="machine">As for <see cref="CodeDisassembler.Disassemble"/>.</param>
    /// <param name="syntax">The assembler syntax.</param>
    /// <returns>A row an instruction, its offset in bytes from the function's start; empty for a machine that is not x86.</returns>
    /// <exception cref="ArgumentException">More bytes than <see cref="DisassemblerLimits.MaxFunctionBytes"/>.</exception>
    public static IReadOnlyList<DisassembledInstruction> Disassemble(
        ReadOnlySpan<byte> code,
        ulong address,
        ulong? faultAddress = null,
        Func<ulong, string?>? symbols = null,
        Func<ulong, SourceFrame?>? source = null,
        string machine = "x86_64",
        AssemblySyntax syntax = AssemblySyntax.Att)
    {
        if (code.Length > DisassemblerLimits.MaxFunctionBytes)
        {
            throw new ArgumentException(
                $"a function of {code.Length} bytes, more than the {DisassemblerLimits.MaxFunctionBytes} accepted", nameof(code));
        }
        if (CodeDisassembler.Bitness(machine) is not { } bitness) return [];
        int? fault = faultAddress is { } at && at - address < (ulong)code.Length ? (int)(at - address) : null;
        var rows = new ObjdumpSweep(bitness, syntax) { Symbols = symbols }.Run(code.ToArray(), address, fault);
        if (source is null) return rows;
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i] = rows[i] with { Source = source(address + (ulong)rows[i].Offset) };
        }
        return rows;
    }
}
