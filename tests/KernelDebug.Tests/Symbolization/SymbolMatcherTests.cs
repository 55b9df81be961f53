using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Symbolization;

/// <summary>Which of several symbols of one name can be meant.</summary>
public class SymbolMatcherTests
{
    /// <summary>dup of 0x10 bytes at 0x1000, dup of 0x80 bytes at 0x1020.</summary>
    private static ElfFile Twins()
    {
        var elf = new ElfBuilder();
        int text = elf.AddCode(".text", 0x1000, 0x100);
        elf.AddSymbol("dup", 0x1000, 0x10, text);
        elf.AddSymbol("a", 0x1010, 0x10, text);
        elf.AddSymbol("dup", 0x1020, 0x80, text);
        elf.AddSymbol("b", 0x10a0, 0x60, text);
        return ElfFile.Read(ByteSource.FromArray(elf.Build(), "made"));
    }

    [Fact]
    public void WithoutASize_OnlyThoseThatReachToTheOffsetFit()
    {
        using ElfFile file = Twins();

        Assert.Equal([0x1000UL, 0x1020UL], Found(SymbolMatcher.Match(file, "dup", 8, null)));
        Assert.Equal([0x1020UL], Found(SymbolMatcher.Match(file, "dup", 0x50, null)));
        SymbolMatch beyond = SymbolMatcher.Match(file, "dup", 0x90, null);
        Assert.Equal((MatchOutcome.OffsetOutOfRange, 0x80UL), (beyond.Outcome, beyond.OtherSize));
    }

    [Fact]
    public void ThousandsOfOneName_AreRefused()
    {
        var elf = new ElfBuilder();
        int text = elf.AddCode(".text", 0x1000, 1 << 16);
        for (ulong i = 0; i <= ParserLimits.MaxSymbolsOfOneName; i++)
        {
            elf.AddSymbol("dup", 0x1000 + i * 16, 16, text);
        }

        using ElfFile file = ElfFile.Read(ByteSource.FromArray(elf.Build(), "made"));

        Assert.Throws<BinaryFormatException>(() => SymbolMatcher.Match(file, "dup", 4, 16));
    }

    private static IEnumerable<ulong> Found(SymbolMatch match) => match.Symbols.Select(symbol => symbol.Address).Order();
}
