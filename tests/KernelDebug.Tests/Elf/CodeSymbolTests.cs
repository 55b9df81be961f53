using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Elf;

/// <summary>What the kernel's own symbol table leaves out (scripts/kallsyms.c, scripts/mksysmap), a function's printed size ignores.</summary>
public class CodeSymbolTests
{
    [Theory]
    [InlineData("$x")]
    [InlineData("$d.12")]
    [InlineData(".L1")]
    [InlineData("__kvm_nvhe_$d")]
    [InlineData("__kvm_nvhe_.L4")]
    [InlineData("__pi_$x")]
    [InlineData("__pi_.Lend")]
    [InlineData("__efistub_memcpy")]
    public void It_does_not_end_a_function(string ignored) => Assert.Equal(0x1100UL, EndOfFirst(ignored));

    [Theory]
    [InlineData("__kvm_nvhe_host_exit")]
    [InlineData("__pi_memcpy")]
    [InlineData("__pi_")]
    [InlineData("_x")]
    public void A_function_ends_the_one_before(string name) => Assert.Equal(0x1050UL, EndOfFirst(name));

    private static ulong? EndOfFirst(string second)
    {
        var elf = new ElfBuilder(machine: 183);
        int text = elf.AddCode(".text", 0x1000, 0x200);
        elf.AddSymbol("first", 0x1000, 0x50, text);
        elf.AddSymbol(second, 0x1050, 0, text, info: 0);
        elf.AddSymbol("last", 0x1100, 0x100, text);
        using ElfFile file = ElfFile.Read(ByteSource.FromArray(elf.Build(), "built"));
        return file.Symbols.ByAddress.NextAfter(0x1000);
    }
}
