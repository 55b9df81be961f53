using KernelDebug.Elf;
using KernelDebug.Fuzz;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Inference;

/// <summary>A module whose types, places and code are damaged gives another answer or a reason, and nothing else.</summary>
public class DamagedModuleTests
{
    private static readonly string[] Damaged = [".debug_info", ".debug_abbrev", ".debug_loclists", ".debug_rnglists", ".text", "__ex_table", "__jump_table", ".symtab"];

    [Fact]
    public void Five_hundred_times_damaged()
    {
        byte[] whole = MemberCases.ModuleBytes();
        List<(int Start, int Length)> parts = Parts(whole);
        PanicTrace[] traces = [.. MemberCases.Rows.Keys.Select(MemberCases.Trace)];
        using var tree = new TempTree();
        int known = 0;
        int unknown = 0;
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            byte[] damaged = Mutator.Mutate(whole, parts, random, mayCut: false);
            string module = tree.Put("memberfault.ko", damaged);
            PanicTrace trace = traces[random.Next(traces.Length)];
            Hostile.Survive(() => _ = MemberCases.Decode(trace, module).Member is { IsKnown: true } ? known++ : unknown++);
        }

        Assert.True(known > 100 && unknown > 30, $"{known} answered, {unknown} not");
    }

    private static List<(int Start, int Length)> Parts(byte[] bytes)
    {
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(bytes, "memberfault.ko"));
        return [.. elf.Sections.Where(section => Damaged.Contains(section.Name)).Select(section => ((int)section.FileOffset, (int)section.Size))];
    }
}
