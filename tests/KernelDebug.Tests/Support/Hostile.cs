using System.Diagnostics;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Support;

/// <summary>What the readers may do with input made to harm: answer, or throw the one documented exception, soon and in little memory.</summary>
internal static class Hostile
{
    private const long MostAllocated = 256L << 20;
    // Far over the second that tests/Fuzz allows: here many tests share the machine.
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(20);

    /// <summary>The answer, or null where the file was refused.</summary>
    public static CodeLookup? Find(byte[] file, ulong address = DwarfBuilder.CodeStart + 8)
    {
        CodeLookup? found = null;
        Survive(() =>
        {
            using ElfFile elf = ElfFile.Read(ByteSource.FromArray(file, "hostile"));
            found = new DwarfFile(elf).Find(address);
        });
        return found;
    }

    /// <summary>The file must be refused with a message that has these words.</summary>
    public static BinaryFormatException Refused(byte[] file, string words, ulong address = DwarfBuilder.CodeStart + 8)
    {
        BinaryFormatException refusal = Assert.Throws<BinaryFormatException>(() =>
        {
            using ElfFile elf = ElfFile.Read(ByteSource.FromArray(file, "hostile"));
            _ = ElfNotes.BuildId(elf);
            _ = elf.Symbols.FindCode("main");
            _ = new DwarfFile(elf).Find(address);
        });
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    /// <summary>Runs it; any exception but the documented one, slowness and greed fail the test.</summary>
    public static void Survive(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        try
        {
            action();
        }
        catch (BinaryFormatException)
        {
            // Refusing is one of the two right answers.
        }

        Assert.True(clock.Elapsed < Most, $"took {clock.Elapsed}");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MostAllocated, $"allocated {allocated} bytes");
    }
}
