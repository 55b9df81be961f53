using KernelDebug.Disassembly;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>The whole function at a fault, from its file, with branch targets named and source places beside.</summary>
internal static class FaultFunction
{
    /// <summary>Bytes before and after the fault for which source places are looked up.</summary>
    private const ulong SourceWindow = 96;

    /// <returns>Null where the place is not certain, the file keeps no code, or it is not x86.</returns>
    public static FunctionDisassembly? Disassemble(KernelSymbolizer symbolizer, SymbolLocation? pointer, AssemblySyntax syntax)
    {
        if (pointer is not { Candidates: [var found], IsAmbiguous: false, Offset: { } offset, Size: { } size }
            || size == 0 || offset >= size || size > (ulong)DisassemblerLimits.MaxFunctionBytes
            || symbolizer.FileOf(pointer) is not { Elf.Machine: ElfMachine.X86_64 } file || file.Path != found.ObjectPath)
        {
            return null;
        }

        try
        {
            ulong start = found.LinkAddress - offset;
            byte[] code = file.Code.Read(start, (int)size);
            if (code.Length == 0 || (ulong)code.Length <= offset)
            {
                return null;
            }

            IReadOnlyList<DisassembledInstruction> rows = FunctionDisassembler.Disassemble(
                code, start, found.LinkAddress, file.Code.NameOf, Source, syntax: syntax);
            if (file.Code.HasMadeUpAddresses)
            {
                rows = [.. rows.Select(row => row with { Text = WithoutAddress(row.Text) })];
            }

            return new FunctionDisassembly(found.Symbol, file.Path, offset, rows);

            SourceFrame? Source(ulong address) => address - (found.LinkAddress - SourceWindow) <= 2 * SourceWindow
                ? symbolizer.FramesAt(file, address, found.Symbol) is [var inner, ..] ? inner : null
                : null;
        }
        catch (BinaryFormatException)
        {
            // The place itself was resolved; a relocation of code we do not know costs this view alone.
            return null;
        }
    }

    /// <summary><c>call &lt;kfree&gt;</c> of <c>call 40000810 &lt;kfree&gt;</c>.</summary>
    private static string WithoutAddress(string text)
    {
        int name = text.IndexOf(" <", StringComparison.Ordinal);
        int address = name < 0 ? -1 : text.LastIndexOf(' ', name - 1);
        return address < 0 ? text : string.Concat(text.AsSpan(0, address), text.AsSpan(name));
    }
}
