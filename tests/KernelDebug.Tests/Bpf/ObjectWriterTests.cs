using KernelDebug.Bpf.Code;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Bpf;

/// <summary>Generated objects, held against the tools that read compilers' ones.</summary>
public class ObjectWriterTests
{
    [Fact]
    public void Instructions_AreWhatTheyAreCalled()
    {
        var code = new BpfAssembler();
        BpfLabel back = new(), end = new();
        code.Move(BpfRegister.R6, BpfRegister.R1);
        code.Place(back);
        code.Move(BpfRegister.R1, -5);
        code.Apply(BpfOperation.Add, BpfRegister.R2, BpfRegister.R6);
        code.Apply(BpfOperation.And, BpfRegister.R2, 0xffff);
        code.Apply(BpfOperation.ShiftRight, BpfRegister.R2, 32);
        code.LoadConstant(BpfRegister.R3, 0x1234_5678_9abc_def0);
        code.Load(BpfWidth.Eight, BpfRegister.R4, BpfRegister.R6, -8);
        code.Load(BpfWidth.Four, BpfRegister.R4, BpfRegister.R6, 4);
        code.Load(BpfWidth.Two, BpfRegister.R4, BpfRegister.R6, 2);
        code.Load(BpfWidth.One, BpfRegister.R4, BpfRegister.R6, 1);
        code.Store(BpfWidth.Four, BpfRegister.Frame, -4, BpfRegister.R4);
        code.Store(BpfWidth.Eight, BpfRegister.Frame, -16, BpfRegister.R6);
        code.AddInMemory(BpfRegister.R6, 16, BpfRegister.R4);
        code.GoTo(end, BpfCondition.Equal, BpfRegister.R4, 3);
        code.GoTo(end, BpfCondition.Greater, BpfRegister.R4, 3);
        code.GoTo(end, BpfCondition.NotEqual, BpfRegister.R4, -1);
        code.GoTo(back);
        code.Call(BpfHelper.GetBootTime);
        code.Place(end);
        code.Exit();
        string[] expected =
        [
            "r6 = r1", "r1 = -5", "r2 += r6", "r2 &= 65535", "r2 >>= 32", "r3 = 1311768467463790320 ll", "r4 = *(u64 *)(r6 - 8)", "r4 = *(u32 *)(r6 + 4)", "r4 = *(u16 *)(r6 + 2)",
            "r4 = *(u8 *)(r6 + 1)", "*(u32 *)(r10 - 4) = r4", "*(u64 *)(r10 - 16) = r6", "lock *(u64 *)(r6 + 16) += r4", "if r4 == 3 goto +4", "if r4 > 3 goto +3", "if r4 != -1 goto +2",
            "goto -17", "call 125", "exit",
        ];
        Assert.Equal(expected, Disassembled(code));
    }

    [Fact]
    public void Object_IsACompilersToTheTools()
    {
        byte[] written = Written();
        using var folder = new TempTree();
        string path = folder.Put("made.bpf.o", written);
        string[]? sections = NativeTool.Lines("readelf", ["-WS", "-s", path]);
        Assert.SkipWhen(sections is null, "needs readelf");
        string text = string.Join('\n', sections!);
        Assert.Empty(NativeTool.Errors("readelf", ["-WS", "-s", path]));
        Assert.Matches(@"tp/a/one +PROGBITS .* AX ", text);
        Assert.Matches(@"\.reltp/a/one +REL .*", text);
        Assert.Matches(@"OBJECT +GLOBAL DEFAULT +1 events", text);
        Assert.Matches(@"OBJECT +GLOBAL DEFAULT +2 dropped", text);
        Assert.Matches(@"FUNC +GLOBAL DEFAULT +\d one", text);
        Assert.Matches(@"0+ +R_BPF_64_64 +events\n0+10 +R_BPF_64_64 +dropped", string.Join('\n', NativeTool.Lines("llvm-objdump", ["-r", path]) ?? []));

        string[]? types = NativeTool.Lines("bpftool", ["btf", "dump", "file", path]);
        Assert.SkipWhen(types is null, "needs bpftool");
        string dump = string.Join('\n', types!);
        Assert.Matches(@"VAR 'events' type_id=\d+, linkage=global", dump);
        Assert.Matches(@"DATASEC '\.maps' size=16", dump);
        Assert.Matches(@"ARRAY '\(anon\)' type_id=1 index_type_id=1 nr_elems=27", dump);
        Assert.Matches(@"ARRAY '\(anon\)' type_id=1 index_type_id=1 nr_elems=4096", dump);
    }

    [Fact]
    public void Object_IsReadByOurselves()
    {
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(Written(), "made.bpf.o"));
        Assert.Equal(ElfMachine.Bpf, elf.Machine);
        Assert.Equal(["", ".maps", ".bss", "license", ".BTF", "tp/a/one", "tp/a/two", ".reltp/a/one", "", ""], elf.Sections.Select(section => section.Name));
    }

    private static byte[] Written()
    {
        var writer = new BpfObjectWriter(4096);
        var one = new BpfAssembler();
        one.LoadAddress(BpfRegister.R1, BpfObjectWriter.Events);
        one.LoadAddress(BpfRegister.R2, BpfObjectWriter.Dropped);
        one.Move(BpfRegister.R0, 0);
        one.Exit();
        var two = new BpfAssembler();
        two.Move(BpfRegister.R0, 0);
        two.Exit();
        writer.Add("one", "tp/a/one", one);
        writer.Add("two", "tp/a/two", two);
        return writer.ToArray();
    }

    private static string[] Disassembled(BpfAssembler code)
    {
        var writer = new BpfObjectWriter(4096);
        writer.Add("one", "tp/a/one", code);
        using var folder = new TempTree();
        string path = folder.Put("made.bpf.o", writer.ToArray());
        string[]? lines = NativeTool.Lines("llvm-objdump", ["-d", "--no-show-raw-insn", path]);
        Assert.SkipWhen(lines is null || lines.Length == 0, "needs llvm-objdump with BPF");
        return [.. lines!.Where(line => line.StartsWith("     ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('<')[0].Trim())];
    }
}
