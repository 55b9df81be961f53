using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf;

/// <summary>What libbpf takes for granted of an object's code, where it writes into it.</summary>
internal static class BpfCodeCheck
{
    private const int InstructionSize = 8;

    /// <summary>Functions of one object. libbpf puts those that call each other together by recursion; the kernel takes 256 in a program.</summary>
    private const int MaxFunctions = 4096;

    /// <exception cref="BinaryFormatException">It is not so.</exception>
    public static void Run(ElfFile elf)
    {
        List<Function> functions = Functions(elf);
        foreach ((ElfSection section, ElfSymbol symbol) in functions)
        {
            ByteSlice code = elf.Contents(section);
            ulong start = symbol.Address - section.Address;
            if (start > (ulong)code.Length || symbol.Size > (ulong)code.Length - start || start % InstructionSize != 0 || symbol.Size % InstructionSize != 0)
            {
                throw code.Error(0, $"expected the function {elf.Symbols.NameOf(symbol)} inside, in instructions of {InstructionSize} bytes; have {symbol.Size} bytes at 0x{start:x} of {code.Length}");
            }

            Check(code.Slice((long)start, (long)symbol.Size), isAlone: functions.Count == 1 && section.Name == ".text");
        }
    }

    /// <summary>A loaded constant of 64 bits is two instructions, and libbpf writes into the second as well.</summary>
    /// <param name="code">A function's code.</param>
    /// <param name="isAlone">True where there is nothing it could call but itself.</param>
    private static void Check(ByteSlice code, bool isAlone)
    {
        const byte LoadConstant = 0x18, Call = 0x85, CallOfFunction = 1;
        ReadOnlySpan<byte> bytes = code.Span;
        for (int at = 0; at < bytes.Length; at += InstructionSize)
        {
            if (bytes[at] == LoadConstant)
            {
                at += InstructionSize;
                if (at == bytes.Length || bytes[at] != 0)
                {
                    throw code.Error(at - InstructionSize, "expected a constant of 64 bits to take two instructions, have one");
                }
            }
            else if (isAlone && bytes[at] == Call && bytes[at + 1] >> 4 == CallOfFunction)
            {
                throw code.Error(at, "expected no call, since this is the only function and BPF has no recursion");
            }
        }
    }

    private static List<Function> Functions(ElfFile elf)
    {
        const int FunctionType = 2;
        var functions = new List<Function>();
        for (int i = 1; i < elf.Symbols.Count; i++)
        {
            ElfSymbol symbol = elf.Symbols[i];
            if (symbol.Type != FunctionType || symbol.SectionIndex <= 0 || symbol.SectionIndex >= elf.Sections.Count)
            {
                continue;
            }

            ElfSection section = elf.Sections[symbol.SectionIndex];
            if (section.Type == ElfSectionType.ProgramBits && (section.Flags & ElfSectionFlags.Execute) != 0)
            {
                functions.Add(new(section, symbol));
            }

            if (functions.Count > MaxFunctions)
            {
                throw new BinaryFormatException(elf.Path, ".symtab", 0, $"expected at most {MaxFunctions} functions, have more");
            }
        }

        return functions;
    }

    private sealed record Function(ElfSection Section, ElfSymbol Symbol);
}
