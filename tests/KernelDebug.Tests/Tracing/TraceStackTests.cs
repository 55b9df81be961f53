using System.Globalization;
using System.Text;
using KernelDebug.Kallsyms;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>
/// Stacks of a made-up machine, whose kernel's lines are known by construction (<see cref="TinyKernel.LineOf"/>), and of the one the tests
/// run on, whose kernel says itself what the addresses of a stack are.
/// </summary>
public sealed class TraceStackTests : IDisposable
{
    private const ulong Base = 0xffffffff9a000000;
    private const ulong Module = 0xffffffffc0400000;
    private readonly TempTree _machine = new();
    private readonly List<string> _list = [];

    public void Dispose() => _machine.Dispose();

    /// <summary>Two functions of one name and size; f is lines 10 and 11, the second dup 14 and 15.</summary>
    private StackSymbols Symbols()
    {
        TinyKernel kernel = new TinyKernel().Function("f", 0x1000, 0x20).Function("dup", 0x1020, 0x20).Function("dup", 0x1040, 0x20).Function("end", 0x1060, 0xa0).Symbol("_stext", 0x1000, 0);
        string vmlinux = _machine.Put("vmlinux", kernel.Build());
        _list.AddRange(["f", "_stext", "dup", "dup", "end", "_end"], [0, 0, 0x20, 0x40, 0x60, 0x100]);
        _list.AddRange(["gtpsim_dev_xmit", "gtpsim_next"], [0, 0x170], "gtpsim");
        _list.AddRange(["bpf_prog_4711"], [0], "bpf");
        Save();
        return new StackSymbols(new SymbolizerOptions { Vmlinux = vmlinux, ModulePaths = [DecodedLog.SampleModule], Root = _machine.Root });
    }

    private void Save()
    {
        _machine.Put("proc/kallsyms", Encoding.ASCII.GetBytes(string.Join('\n', _list) + "\n"));
        _machine.Put("proc/modules", "gtpsim 16384 0 - Live 0xffffffffc0400000\n"u8.ToArray());
    }

    private static TraceStackFrame One(StackSymbols symbols, ulong address) => Assert.Single(new TraceStack([address], symbols: symbols));

    [Theory]
    [InlineData(0x10, "f+0x10/0x20 lib/a.c:10")] // the call before it
    [InlineData(0x11, "f+0x11/0x20 lib/a.c:11")]
    [InlineData(0x20, "f+0x20/0x20 lib/a.c:11")] // a call that does not return, at the very end
    [InlineData(0x35, "dup+0x15/0x20 lib/a.c:13")]
    [InlineData(0x55, "dup+0x15/0x20 lib/a.c:15")] // the address tells it from the other
    public void A_return_address_is_the_call_before_it(ulong offset, string text)
    {
        TraceStackFrame frame = One(Symbols(), Base + offset);

        Assert.Equal(text, frame.ToString().Replace("/src/", "", StringComparison.Ordinal));
        Assert.Null(frame.Reason);
        Assert.Equal(Base + offset, frame.Address);
    }

    [Fact]
    public void The_first_address_of_a_kprobe_is_exact()
    {
        StackSymbols symbols = Symbols();

        Assert.Equal([11, 10], new TraceStack([Base + 0x10, Base + 0x10], isFirstExact: true, symbols: symbols).Select(frame => frame.Line!.Value));
        Assert.Equal("f", new TraceStack([Base], isFirstExact: true, symbols: symbols)[0].Symbol);
    }

    [Fact]
    public void A_module_s_frame_has_the_module_s_places()
    {
        // The report of samples/panic.log has this frame; its line is what the module's source says there.
        TraceStackFrame frame = One(Symbols(), Module + 0x114);

        Assert.Equal(("gtpsim_dev_xmit", 0x114UL, 0x170UL, "gtpsim"), (frame.Symbol!, frame.Offset!.Value, frame.Size!.Value, frame.Module!));
        Assert.EndsWith("gtpsim_dev.c", frame.Frames[^1].File, StringComparison.Ordinal);
        Assert.Equal(80, frame.Frames[^1].Line);
        Assert.Equal("gtpsim_dev_xmit [gtpsim]", frame.FunctionNames().First());
        Assert.EndsWith(" [gtpsim]", frame.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x7fff12345678, UnresolvedKind.UserSpace)]
    [InlineData(0, UnresolvedKind.UserSpace)]
    [InlineData(Base - 0x1000, UnresolvedKind.OutsideKernelImage)]
    [InlineData(ulong.MaxValue, UnresolvedKind.OutsideKernelImage)]
    public void An_unknown_address_stays_one_with_a_reason(ulong address, UnresolvedKind why)
    {
        TraceStackFrame frame = One(Symbols(), address);

        Assert.Equal(why, frame.Reason?.Kind);
        Assert.Null(frame.Symbol);
        Assert.StartsWith($"0x{address:x} (? ", frame.ToString(), StringComparison.Ordinal);
        Assert.Equal([$"0x{address:x}"], frame.FunctionNames());
    }

    [Fact]
    public void A_bpf_program_has_its_name_and_no_place()
    {
        TraceStackFrame frame = One(Symbols(), 0xffffffffd0000010);

        Assert.Equal("bpf_prog_4711+0x10 [bpf]", frame.ToString());
        Assert.Equal(UnresolvedKind.NotCovered, frame.Reason?.Kind);
    }

    [Fact]
    public void Hidden_addresses_are_the_reason()
    {
        _list.AddRange(["f", "g"], [0, 0]);
        _list[0] = "0000000000000000 T f";
        _list[1] = "0000000000000000 T g";
        Save();
        using var symbols = new StackSymbols(new SymbolizerOptions { Root = _machine.Root });

        TraceStackFrame frame = One(symbols, Base + 0x10);

        Assert.Equal(UnresolvedKind.HiddenSymbols, frame.Reason?.Kind);
        Assert.Contains("kptr_restrict", frame.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_debug_files_the_function_is_known_and_the_place_says_why_not()
    {
        _list.AddRange(["f", "g"], [0, 0x20]);
        Save();
        using var symbols = new StackSymbols(new SymbolizerOptions { Root = _machine.Root });

        TraceStackFrame frame = One(symbols, Base + 0x10);

        Assert.Equal(("f+0x10/0x20", UnresolvedKind.NoVmlinux), (frame.ToString(), frame.Reason!.Kind));
    }

    [Fact]
    public void Nothing_is_read_before_it_is_looked_at()
    {
        using var symbols = new StackSymbols(new SymbolizerOptions { Root = _machine.Root });
        var stack = new TraceStack([Base + 0x10], symbols: symbols);
        Assert.Equal((1, Base + 0x10), (stack.Count, stack.Addresses[0]));

        _list.AddRange(["f", "g"], [0, 0x20]);
        Save();

        Assert.Equal("f", stack[0].Symbol);
    }

    [Fact]
    public void A_module_that_comes_is_noticed()
    {
        StackSymbols symbols = Symbols();
        Assert.Null(One(symbols, 0xffffffffc0800010).Symbol);
        _list.Add("ffffffffc0800000 t late\t[other]");
        Save();
        _machine.Put("proc/modules", "other 16384 0 - Live 0xffffffffc0800000\n"u8.ToArray());

        Thread.Sleep(TimeSpan.FromSeconds(1.1));

        Assert.Equal("late", One(symbols, 0xffffffffc0800010).Symbol);
    }

    [Fact]
    public void A_cut_stack_says_so()
    {
        StackSymbols symbols = Symbols();

        string[] lines = new TraceStack([Base + 0x10, Base + 0x70], isTruncated: true, symbols: symbols).ToString().Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.StartsWith("f+0x10/0x20 ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("end+0x10/0xa0 ", lines[1], StringComparison.Ordinal);
        Assert.Contains("cut at 2 frames", lines[2], StringComparison.Ordinal);
        Assert.Equal(["end", "f"], new TraceStack([Base + 0x10, Base + 0x70], symbols: symbols).FunctionNames());
    }

    [Fact]
    public void Of_this_machine_the_kernel_says_the_same()
    {
        // "[<0>] vfs_read+0xbb/0x3d0": names, offsets and sizes as the kernel prints the stack of who reads this.
        string[] oracle;
        KallsymsTable table;
        try
        {
            oracle = [.. File.ReadAllLines("/proc/self/stack").Select(line => line["[<0>] ".Length..]).Where(line => line.Contains('+'))];
            table = KallsymsTable.Read("/proc/kallsyms");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"The stack of a task cannot be read here: {refused.Message}");
            return;
        }

        Assert.SkipWhen(table.IsHidden || oracle.Length == 0, "The kernel hides its addresses from this user.");
        ulong[] addresses = [.. oracle.Select(line => Address(table, line))];

        var stack = new TraceStack(addresses);

        Assert.Equal(oracle, stack.Select(frame => $"{frame.Symbol}+0x{frame.Offset:x}/0x{frame.Size:x}{(frame.Module is { } module ? $" [{module}]" : "")}"));
    }

    private static ulong Address(KallsymsTable table, string line)
    {
        string[] parts = line.Split('+', '/');
        return table.AddressOf(table.Named(Encoding.ASCII.GetBytes(parts[0]))[0]) + ulong.Parse(parts[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}

/// <summary>Lines of /proc/kallsyms.</summary>
file static class KallsymsLines
{
    public static void AddRange(this List<string> list, string[] names, ulong[] offsets, string? module = null)
    {
        ulong start = module switch { null => 0xffffffff9a000000, "bpf" => 0xffffffffd0000000, _ => 0xffffffffc0400000 };
        list.AddRange(names.Zip(offsets, (name, offset) => $"{start + offset:x16} t {name}{(module is null ? "" : $"\t[{module}]")}"));
    }
}
