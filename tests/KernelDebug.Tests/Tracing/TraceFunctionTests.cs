using System.Text;
using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>
/// Functions of a made-up machine with lists that Debian's 6.1 kernel printed. What can be traced is what that kernel answered when it was asked:
/// a program loaded and attached by fentry and fexit, a kprobe_events line written (tests/Fixtures/tracing/README.md).
/// </summary>
public sealed class TraceFunctionTests : IDisposable
{
    private readonly TempTree _machine = new();

    public TraceFunctionTests()
    {
        foreach (string file in Directory.EnumerateFiles(FixtureFiles.Path("host/debian-12"), "*", SearchOption.AllDirectories))
        {
            _machine.Copy(Path.GetRelativePath(FixtureFiles.Path("host/debian-12"), file), file);
        }

        Put("proc/kallsyms", "kallsyms");
        Put("proc/modules", "modules");
        Put("sys/kernel/debug/kprobes/blacklist", "blacklist");
        Put("sys/kernel/tracing/available_filter_functions", "available_filter_functions");
        Put("sys/kernel/btf/vmlinux", "vmlinux.btf");
        Put("sys/kernel/btf/gtpsim", "gtpsim.btf");
    }

    public void Dispose() => _machine.Dispose();

    private void Put(string path, string fixture) => _machine.Copy(path, FixtureFiles.Path($"tracing/{fixture}"));

    private FunctionCatalog Catalog() => FunctionCatalog.OfRunningKernel(_machine.Root);

    private TraceFunction One(string name, string module = "vmlinux") => Assert.Single(Catalog().Named(name, [module]));

    private static string Ways(TraceFunction function) => string.Join(' ', new (string Name, bool? Can)[]
    {
        ("fentry", function.CanFentry), ("fexit", function.CanFexit), ("kprobe", function.CanKprobe), ("ftrace", function.CanFtrace),
    }.Where(way => way.Can != false).Select(way => way.Can is null ? way.Name + "?" : way.Name));

    [Fact]
    public void A_name_that_a_function_of_another_module_has_is_not_attached_to_before_kernels_that_look_in_the_module()
    {
        // gre_rcv of gre and of ip_gre, in Debian's 6.1 kernel: attached to both, the second was refused as one with a program of the first.
        File.AppendAllText(Path.Combine(_machine.Root, "proc/kallsyms"), "ffffffffc0fff000 t gtpsim_encap_recv\t[other]\n");
        TraceFunction function = One("gtpsim_encap_recv", "gtpsim");
        Assert.Equal(("ftrace", TraceObstacle.NameNotUnique), (Ways(function), function.Reason!.Kind));
        Assert.Contains("takes the first", function.Reason.Message, StringComparison.Ordinal);
        Assert.Equal(File.Exists(BtfObjects.KernelFile) && NativeTool.Text("bpftool", "btf", "dump", "file", BtfObjects.KernelFile)?.Contains("'tgt_mod'", StringComparison.Ordinal) == true, File.Exists(BtfObjects.KernelFile) && TrampolineLimits.Of(BtfFile.Open(BtfObjects.KernelFile), "x86_64").FindsInModule);
    }

    [Theory]
    [InlineData("vfs_read", "vmlinux", "fentry fexit kprobe ftrace", null)]
    [InlineData("gtpsim_encap_recv", "gtpsim", "fentry fexit kprobe ftrace", null)]
    [InlineData("do_exit", "vmlinux", "fentry kprobe ftrace", TraceObstacle.NeverReturns)]
    [InlineData("migrate_disable", "vmlinux", "kprobe ftrace", TraceObstacle.Denied)]
    [InlineData("_printk", "vmlinux", "kprobe ftrace", TraceObstacle.Variadic)]
    [InlineData("ip_append_data", "vmlinux", "kprobe ftrace", TraceObstacle.TooManyArguments)]
    [InlineData("ns_to_timespec64", "vmlinux", "kprobe ftrace", TraceObstacle.UnsupportedReturn)]
    [InlineData("do_tcp_setsockopt", "vmlinux", "fentry fexit kprobe ftrace", null)]
    [InlineData("notify_die", "vmlinux", "", TraceObstacle.NotTraceable)]
    [InlineData("vfs_statfs.part.0.isra.0", "vmlinux", "kprobe ftrace", TraceObstacle.NotInBtf)]
    [InlineData("gtpsim_classify.constprop.0", "gtpsim", "kprobe ftrace", TraceObstacle.NotInBtf)]
    [InlineData("vfs_get_tree.cold", "vmlinux", "kprobe", TraceObstacle.NotTraceable)]
    public void A_function_can_be_traced_as_the_kernel_says(string name, string module, string ways, TraceObstacle? reason)
    {
        TraceFunction function = One(name, module);
        Assert.Equal((ways, reason), (Ways(function), function.Reason?.Kind));
        Assert.Equal(module == "vmlinux" ? null : module, function.Module);
    }

    [Fact]
    public void A_name_that_several_functions_have_is_each_of_them_and_none_for_certain()
    {
        IReadOnlyList<TraceFunction> files = Catalog().Named("default_read_file", []);
        Assert.Equal([0xffffffff9e6262a0UL, 0xffffffff9e627ae0UL], files.Select(function => function.Address!.Value));
        Assert.All(files, function => Assert.Equal(("ftrace", TraceObstacle.NameNotUnique), (Ways(function), function.Reason!.Kind)));
        Assert.Equal(2, Catalog().Named("gtpsim_parse", ["gtpsim"]).Count);
    }

    [Theory]
    [InlineData("no_such_function", "vmlinux", TraceObstacle.NoSuchFunction)]
    [InlineData("vfs_statfs", "vmlinux", TraceObstacle.OnlyCopies)]
    [InlineData("gtpsim_classify", "gtpsim", TraceObstacle.OnlyCopies)]
    [InlineData("jiffies", "vmlinux", TraceObstacle.NotAFunction)]
    [InlineData("gtp5g_dev_xmit", "gtp5g", TraceObstacle.ModuleNotLoaded)]
    [InlineData("vfs_read", "gtpsim", TraceObstacle.NoSuchFunction)]
    public void A_name_that_cannot_be_traced_is_answered_with_why(string name, string module, TraceObstacle reason)
    {
        TraceFunction function = One(name, module);
        Assert.Equal(("", reason, TraceFunctionSource.None), (Ways(function), Assert.Single(function.Reasons).Kind, function.Source));
        Assert.Contains(' ', function.Reason!.Message);
    }

    [Fact]
    public void The_list_is_the_kernels_without_what_stands_for_functions_that_are_gone()
    {
        string[] listed = File.ReadAllLines(FixtureFiles.Path("tracing/available_filter_functions"));
        Assert.Equal(2, listed.Count(line => line.StartsWith("__ftrace_invalid_address__", StringComparison.Ordinal)));
        Assert.Equal(
            listed.Where(line => !line.StartsWith("__ftrace_invalid_address__", StringComparison.Ordinal)),
            Catalog().Matching(null, null).Select(function => function.Name + (function.Module is null ? "" : $" [{function.Module}]")));
        Assert.Equal(6, Catalog().Matching(null, module => module == "gtpsim").Count());
        Assert.Equal(["vfs_read", "vfs_write"], Catalog().Matching(name => name is "vfs_read" or "vfs_write" or "gtpsim_parse", module => module is null).Select(function => function.Name));
    }

    [Fact]
    public void Addresses_are_those_of_kallsyms_of_a_list_without_and_of_one_with()
    {
        Assert.Equal(0xffffffff9e5669e0UL, Catalog().Matching(name => name == "vfs_read", null).Single().Address);
        Assert.Equal([0xffffffff9e6262a0UL, 0xffffffff9e627ae0UL], Catalog().Matching(name => name == "default_read_file", null).Select(function => function.Address!.Value));

        // One of the two functions can be traced, its place behind an endbr64.
        _machine.Put("sys/kernel/tracing/available_filter_functions_addrs", "ffffffff9e627ae4 default_read_file\nffffffff9e5669e4 vfs_read\n"u8.ToArray());
        _machine.Put("proc/modules", []);
        Assert.Equal(0xffffffff9e627ae0UL, Catalog().Matching(name => name == "default_read_file", null).Single().Address);
        Assert.Equal([false, true], Catalog().Named("default_read_file", []).Select(function => function.CanFtrace!.Value));
    }

    [Fact]
    public void Prototypes_and_parameters_are_of_the_types()
    {
        TraceFunction function = One("vfs_read");
        Assert.Equal("ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)", function.Prototype);
        Assert.Equal(["struct file *file", "char *buf", "size_t count", "loff_t *pos"], function.Parameters.Select(parameter => parameter.ToString()));
        Assert.Equal("int gtpsim_encap_recv(struct sock *sk, struct sk_buff *skb) [gtpsim]", One("gtpsim_encap_recv", "gtpsim").ToString());
    }

    [Fact]
    public void Functions_are_found_by_what_they_take()
    {
        Func<string?, string, bool> takes = Catalog().Taking(["sk_buff"], null, out IReadOnlyList<string> missing);
        Assert.Empty(missing);
        Assert.Equal(
            ["gtpsim_dev_xmit", "gtpsim_encap_recv", "gtpsim_parse", "gtpsim_parse"],
            Catalog().Matching(null, null).Where(function => takes(function.Module, function.Name)).Select(function => function.Name).Order(StringComparer.Ordinal));
        Catalog().Taking(["no_such_type"], null, out missing);
        Assert.Equal(["no_such_type"], missing);
    }

    [Fact]
    public void A_kernel_that_hands_on_the_stack_takes_more_arguments()
    {
        Put("sys/kernel/btf/vmlinux", "new.btf");
        File.Delete(Path.Combine(_machine.Root, "sys/kernel/btf/gtpsim"));
        Assert.Equal("fentry fexit kprobe ftrace", Ways(One("ip_append_data")));
        TraceFunction untyped = One("gtpsim_encap_recv", "gtpsim");
        Assert.Equal(("kprobe ftrace", TraceObstacle.NoModuleBtf, null), (Ways(untyped), untyped.Reason!.Kind, untyped.Prototype));
    }

    [Fact]
    public void An_older_kernel_takes_no_structures()
    {
        Put("sys/kernel/btf/vmlinux", "old.btf");
        Assert.Equal(TraceObstacle.UnsupportedArgument, One("do_tcp_setsockopt").Reason!.Kind);
    }

    [Theory]
    [InlineData("takes_union", TraceObstacle.UnsupportedArgument)]
    [InlineData("takes_large", TraceObstacle.UnsupportedArgument)]
    [InlineData("takes_thirteen", TraceObstacle.TooManyArguments)]
    [InlineData("_printk", TraceObstacle.Variadic)]
    public void A_file_tells_what_no_kernel_hands_on(string name, TraceObstacle reason)
    {
        using BtfFile file = BtfFile.Open(FixtureFiles.Path("tracing/new.btf"));
        TraceFunction function = Assert.Single(FunctionCatalog.OfFile(file, BtfSearch.Named(file, name, [BtfKind.Function])));
        Assert.Equal((reason, false, null), (function.Reason!.Kind, function.CanFentry, function.CanFtrace));
        Assert.Null(FunctionCatalog.OfFile(file, BtfSearch.Named(file, "vfs_read", [BtfKind.Function])).Single().CanFentry);
    }

    [Fact]
    public void An_inlined_call_is_not_traced_where_the_function_by_itself_is()
    {
        TraceFunction inlined = Catalog().Inlined("skb_free_head", "net/core/skbuff.c:602", []);
        Assert.Equal(("", TraceObstacle.Inlined), (Ways(inlined), inlined.Reason!.Kind));
        inlined = Catalog().Inlined("vfs_read", "fs/read_write.c:1", []);
        Assert.Equal(("fentry fexit kprobe ftrace", TraceObstacle.Inlined), (Ways(inlined), inlined.Reason!.Kind));
    }

    [Fact]
    public void Without_the_list_what_can_be_traced_is_not_known()
    {
        File.Delete(Path.Combine(_machine.Root, "sys/kernel/tracing/available_filter_functions"));
        FunctionCatalog catalog = Catalog();
        Assert.Equal(TraceFunctionSource.Kallsyms, catalog.Source);
        Assert.NotNull(catalog.WhyNoList);
        TraceFunction function = One("vfs_read");
        Assert.Equal(("fentry? fexit? kprobe? ftrace?", TraceObstacle.ListUnreadable), (Ways(function), function.Reason!.Kind));
        Assert.Equal("kprobe? ftrace?", Ways(One("_printk")));
        Assert.Contains(catalog.Matching(null, module => module == "gtpsim"), found => found.Name == "gtpsim_encap_recv");

        File.Delete(Path.Combine(_machine.Root, "proc/kallsyms"));
        _machine.Put("proc/modules", "gtpsim 1 0 - Live 0x0\n"u8.ToArray());
        Assert.Equal(TraceFunctionSource.Btf, Catalog().Source);
        Assert.Contains(Catalog().Matching(null, null), found => found is { Name: "gtpsim_dev_xmit", Module: "gtpsim" });
        Assert.Equal("fentry? fexit? kprobe? ftrace?", Ways(One("vfs_read")));
    }

    [Fact]
    public void Without_the_blacklist_kprobes_are_not_known()
    {
        File.Delete(Path.Combine(_machine.Root, "sys/kernel/debug/kprobes/blacklist"));
        Assert.Equal("fentry fexit kprobe? ftrace", Ways(One("vfs_read")));
    }

    [Fact]
    public void Hidden_addresses_are_null_and_do_not_change_what_can_be_traced()
    {
        string text = File.ReadAllText(FixtureFiles.Path("tracing/kallsyms"));
        string hidden = string.Join('\n', text.Split('\n').Select(line => line.Length > 16 ? new string('0', 16) + line[16..] : line));
        _machine.Put("proc/kallsyms", Encoding.ASCII.GetBytes(hidden));
        TraceFunction function = One("vfs_read");
        Assert.Equal((null, "fentry fexit kprobe ftrace"), (function.Address, Ways(function)));
        Assert.Equal(TraceObstacle.NotTraceable, One("notify_die").Reason!.Kind);
    }

    [Fact]
    public void Tracing_that_is_off_traces_nothing()
    {
        _machine.Put("proc/sys/kernel/ftrace_enabled", "0\n"u8.ToArray());
        TraceFunction function = One("vfs_read");
        Assert.Equal((false, false, TraceObstacle.TracingDisabled), (function.CanFtrace, function.CanFentry, function.Reason!.Kind));
    }

    [Fact]
    public void What_was_read_is_kept_until_modules_come_or_go()
    {
        FunctionCatalog first = Catalog();
        _machine.Put("proc/modules", Encoding.ASCII.GetBytes(File.ReadAllText(FixtureFiles.Path("tracing/modules")).Replace(" 1 gtpsim,", " 2 gtpsim,x", StringComparison.Ordinal)));
        Assert.Same(first, Catalog());
        _machine.Put("proc/modules", "udp_tunnel 28672 0 - Live 0xffffffffc03f2000\n"u8.ToArray());
        Assert.NotSame(first, Catalog());
    }

    [Fact]
    public void A_list_that_is_none_is_not_read()
    {
        Assert.Throws<BinaryFormatException>(() => FtraceList.Parse("vfs_read\n"u8.ToArray(), hasAddresses: true, "x"));
        Assert.Equal(0, FtraceList.Parse([], hasAddresses: false, "x").Count);
        FtraceList last = FtraceList.Parse("a [m]"u8.ToArray(), hasAddresses: false, "x");
        Assert.Equal(("a", "m"), (last.NameOf(0), Encoding.ASCII.GetString(last.ModuleBytes(0))));
    }
}
