using System.Buffers.Binary;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Elf;

/// <summary>The code of a module as it would be linked. Answers are known by the psABI's formula: S + A - P.</summary>
public class CodeImageTests
{
    private const int FunctionSize = 16;

    [Theory]
    [InlineData(FunctionSize)]
    [InlineData(FunctionSize + 4)]
    [InlineData(2 * FunctionSize)]
    public void JumpAtTheVeryEndOfAFunction_LeadsToItsSymbol(int length)
    {
        // Modules built with mitigations end each function so: jmp __x86_return_thunk, R_X86_64_PLT32 with addend -4.
        var text = new byte[2 * FunctionSize];
        const int Operand = FunctionSize - 4;
        text[Operand - 1] = 0xe9;
        var elf = new ElfBuilder(type: 1);
        int section = elf.Add(".text", text, flags: 6);
        elf.AddSymbol("first", 0, FunctionSize, section);
        elf.AddSymbol("second", FunctionSize, FunctionSize, section);
        elf.AddSymbol("__x86_return_thunk", 0, 0, 0);
        elf.Add(".rela.text", new ByteWriter().U64(Operand).U64((3UL << 32) | 4).U64(unchecked((ulong)-4L)).ToArray(), type: 4, info: (uint)section);
        using ElfFile file = ElfFile.Read(ByteSource.FromArray(elf.Build(), "made"));
        var image = new CodeImage(file);
        ulong start = file.Symbols.FindCode("first").Single().Address;

        byte[] code = image.Read(start, length);

        Assert.Equal(length, code.Length);
        int displacement = BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(Operand));
        Assert.Equal("__x86_return_thunk", image.NameOf(start + FunctionSize + (ulong)displacement));
    }
}
