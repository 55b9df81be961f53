using KernelDebug.Elf;
using KernelDebug.Gsym;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>
/// Symbols made of the functions of GSYM alone. It has no labels, no second names and no suffixes of compilers, so what the kernel's
/// symbol table would say is known within bounds only (<see cref="ElfFile.HasFunctionsOnly"/>).
/// </summary>
internal static class FunctionSymbols
{
    private const byte LocalFunction = 2; // STB_LOCAL, STT_FUNC

    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public static ElfFile Of(GsymFile file, string path)
    {
        int count = file.Header.Count;
        ulong start = count == 0 ? 0 : file.AddressOf(0);
        ulong end = start;
        var symbols = new ElfWriter(ElfType.Executable, ElfMachine.None);
        for (int i = 0; i < count; i++)
        {
            GsymFunction function = file.FunctionAt(i);
            symbols.Add(new WrittenSymbol(function.Name, LocalFunction, 1, function.Start, function.Size));
            end = Math.Max(end, unchecked(function.Start + function.Size));
        }

        // Names of sections are not looked at; the empty one stands at the strings' start.
        symbols.Add(new WrittenSection(0, ElfSectionType.NoBits, ElfSectionFlags.Alloc | ElfSectionFlags.Execute, start, end - start, []));
        if (file.Header.BuildId is { } id)
        {
            symbols.Add(new WrittenSection(0, ElfSectionType.Note, ElfSectionFlags.None, 0, 0, ElfNotes.BuildIdNote(id)));
        }

        var image = new ByteBuffer();
        symbols.Write(image, (ulong)symbols.Length, (ulong)file.Strings.Length);
        image.Write(file.Strings.Span);
        return ElfFile.Read(ByteSource.FromArray(image.Span.ToArray(), path), hasFunctionsOnly: true);
    }
}
