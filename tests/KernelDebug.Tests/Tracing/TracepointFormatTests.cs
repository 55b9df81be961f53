using System.Buffers.Binary;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

public class TracepointFormatTests
{
    [Fact]
    public void Fields_AreTheKernels()
    {
        TracepointFormat format = Read("sched_process_exec");
        Assert.Equal(
            [
                new("char", "filename", 8, 4, false, null, TracepointData.FromStart),
                new("pid_t", "pid", 12, 4, true, 0, TracepointData.InPlace),
                new("pid_t", "old_pid", 16, 4, true, 0, TracepointData.InPlace),
            ],
            format.Fields);
        Assert.Equal((20, false, "sched:sched_process_exec"), (format.Size, format.IsSystemCall, format.ToString()));
    }

    [Fact]
    public void Fields_AreAsTheCompilerPlacedThem()
    {
        // The structure that the kernel's macros make of the same definition, from its BTF.
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        BtfFile types = BtfCache.OpenModule(null);
        Assert.SkipUnless(types.Find("struct trace_event_raw_sched_switch") is BtfStruct, "the kernel has no sched_switch");
        var made = (BtfStruct)types.Find("struct trace_event_raw_sched_switch")!;
        TracepointField[] fields = [.. Read("sched_switch").Fields];
        BtfMember[] members = [.. made.Members.Where(member => member.Name is not "ent" and not "__data")];
        Assert.Equal(members.Select(member => (member.Name, (int)member.ByteOffset, (int)(member.BitSize / 8)!)), fields.Select(item => ((string?)item.Name, item.Offset, item.Size)));
    }

    [Theory]
    [InlineData("\tfield:int x;\toffset:8;\tsize:4294967296;\tsigned:1;")]
    [InlineData("\tfield:int x;\toffset:8;\tsize:9000;\tsigned:1;")]
    [InlineData("\tfield:int x;\toffset:2147483647;\tsize:8;\tsigned:1;")]
    [InlineData("\tfield:int x;\toffset:-8;\tsize:4;\tsigned:1;")]
    [InlineData("\tfield:int x;\toffset:8;\tsize:4;")]
    [InlineData("\tfield:;\toffset:8;\tsize:4;\tsigned:1;")]
    [InlineData("\tfield:__data_loc char[] x;\toffset:8;\tsize:8;\tsigned:1;")]
    public void Damage_IsAnErrorAtItsPlace(string line)
    {
        var damaged = Assert.Throws<BinaryFormatException>(() => TracepointFormat.Parse("a", "b", "name: b\n" + line + "\n", "events/a/b/format"));
        Assert.Equal(("events/a/b/format", 8), (damaged.File, damaged.Offset));
    }

    [Fact]
    public void SystemCall_HasItsArgumentsTypes()
    {
        // Registers of eight bytes, of which an int has four and a umode_t two: AT_FDCWD is -100 in C, whatever is above it.
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        (_, TraceEventClass events) = TracepointProgram.Build(Read("sys_enter_openat", "syscalls"), 0, BtfCache.OpenModule(null), 16, new TraceFilter(null));
        byte[] record = new byte[events.Size];
        Span<byte> arguments = record.AsSpan(TraceEventClass.HeaderSize - TracepointFormat.CommonSize);
        BinaryPrimitives.WriteInt32LittleEndian(arguments[8..], 257);
        BinaryPrimitives.WriteUInt64LittleEndian(arguments[16..], 0x1234_5678_ffff_ff9c);
        BinaryPrimitives.WriteUInt64LittleEndian(arguments[32..], 0x9_0000_0241);
        BinaryPrimitives.WriteUInt64LittleEndian(arguments[40..], 0x7777_81a4);
        TraceEventObject shown = (TraceEventObject)events.Make(record);
        Assert.Equal(["__syscall_nr", "dfd", "filename", "flags", "mode"], shown.GetMembers().Select(member => member.Key));
        Assert.Equal((257, -100, 0x241, (ushort)0x81a4), (shown.GetMember("__syscall_nr"), shown.GetMember("dfd"), shown.GetMember("flags"), shown.GetMember("mode")));
    }

    [Fact]
    public void Header_GivesWayToAValueOfItsName()
    {
        var events = new TraceEventClass("a:b", TraceEventClass.HeaderSize + 4, [TraceValues.Number("cpu", TraceEventClass.HeaderSize, 4, true)!]);
        byte[] record = new byte[events.Size];
        record[TraceEventClass.CpuAt] = 3;
        record[TraceEventClass.HeaderSize] = 7;
        TraceEventObject shown = (TraceEventObject)events.Make(record);
        Assert.Equal((7, 3, 3), (shown.GetType().GetProperty("cpu")!.GetValue(shown), shown.GetType().GetProperty("EventCpu")!.GetValue(shown), shown.GetHeader().Cpu));
        Assert.Null(shown.GetType().GetProperty("Cpu"));
        Assert.Equal("cpu=7", shown.ToString());
    }

    [Fact]
    public void Line_LeavesOutWhatThereIsNoneOf_NotWhatIsUnknown()
    {
        var events = new TraceEventClass("a", TraceEventClass.HeaderSize, [new("path", typeof(string), _ => null), new("Error", typeof(string), _ => null) { IsNoneWhenNull = true }]);
        var shown = (TraceEventObject)events.Make(new byte[events.Size]);
        Assert.Equal("path=?", shown.ToString());
        Assert.Equal(["path", "Error"], shown.GetMembers().Select(member => member.Key));
    }

    [Fact]
    public void Text_SaysWhenItIsCutAndWhenItIsUnknown()
    {
        TraceValue text = TraceValues.TextSlot("name", 0, 3);
        Assert.Equal("abc", text.Read([4, 0, 0, 0, (byte)'a', (byte)'b', (byte)'c', 0, 0]));
        Assert.Equal("abc…", text.Read([5, 0, 0, 0, (byte)'a', (byte)'b', (byte)'c', (byte)'d', 0]));
        Assert.Equal("", text.Read([1, 0, 0, 0, 0, 9, 9, 9, 9]));
        Assert.Null(text.Read([0xf2, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0]));
        TraceValue array = TraceValues.ArraySlot("list", 0, 4, 2, false);
        Assert.Equal(new object?[] { (ushort)1, (ushort)2 }, array.Read([4, 0, 0, 0, 1, 0, 2, 0]));
        Assert.Null(array.Read([6, 0, 0, 0, 1, 0, 2, 0]));
    }

    private static TracepointFormat Read(string name, string category = "sched")
    {
        string path = FixtureFiles.Path($"trace/{name}.format");
        return TracepointFormat.Parse(category, name, File.ReadAllText(path), path);
    }
}
