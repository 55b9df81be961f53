using System.Text;
using KernelDebug.IO;
using KernelDebug.Kallsyms;
using Xunit;

namespace KernelDebug.Tests.Kallsyms;

/// <summary>Lines as kernels print them (kernel/kallsyms.c, s_show), and lines that are none.</summary>
public class KallsymsTableTests
{
    private const string Running = """
        0000000000000000 A fixed_percpu_data
        ffffffff81000000 T _stext
        ffffffff81000000 T _text
        ffffffff81000040 t first
        ffffffff81000100 W weak_one
        ffffffff81000180 T last
        ffffffff82000000 D data
        ffffffff82000010 B _end
        ffffffffc0000000 t helper	[one]
        ffffffffc0000030 T exported	[one]
        ffffffffc0002000 d table	[one]
        ffffffffc0004000 t other	[two_x]
        ffffffffc0004010 t bpf_prog_6deef7357e7b4530	[bpf]
        ffffffffc0004050 t ftrace_trampoline	[__builtin__ftrace]
        ffffffffc0004090 t bpf_prog_2	[bpf]

        """;

    private static KallsymsTable Table(string text) => KallsymsTable.Parse(Encoding.UTF8.GetBytes(text), "made");

    private static int Index(KallsymsTable table, string name) => Enumerable.Range(0, table.Count).Single(i => table.NameOf(i) == name);

    [Fact]
    public void Each_line_is_a_symbol()
    {
        KallsymsTable table = Table(Running);
        Assert.Equal(15, table.Count);
        Assert.False(table.IsHidden);
        Assert.Equal((0xffffffff81000040UL, 't', "first", null), (table.AddressOf(3), table.TypeOf(3), table.NameOf(3), table.ModuleOf(3)));
        Assert.Equal(("exported", "one", 'T'), (table.NameOf(9), table.ModuleOf(9), table.TypeOf(9)));
        Assert.Equal(("other", "two_x"), (table.NameOf(11), table.ModuleOf(11)));
    }

    [Theory]
    [InlineData("_text", 0x40UL)]
    [InlineData("_stext", 0x40UL)]
    [InlineData("first", 0xc0UL)]
    [InlineData("weak_one", 0x80UL)]
    [InlineData("helper", 0x30UL)]
    public void A_size_is_the_way_to_the_next_symbol(string name, ulong size)
    {
        KallsymsTable table = Table(Running);
        Assert.Equal(size, table.SizeOf(Index(table, name)));
    }

    [Theory]
    [InlineData("_end")] // Behind it is a module.
    [InlineData("exported")] // The module's code ends where its memory ends, not at its data.
    [InlineData("table")]
    [InlineData("bpf_prog_6deef7357e7b4530")] // Pieces of memory of their own.
    [InlineData("ftrace_trampoline")]
    [InlineData("bpf_prog_2")]
    public void A_size_that_is_not_told_is_none(string name)
    {
        KallsymsTable table = Table(Running);
        Assert.Null(table.SizeOf(Index(table, name)));
    }

    [Theory]
    [InlineData(0xffffffff81000041UL, "first")]
    [InlineData(0xffffffff810000ffUL, "first")]
    [InlineData(0xffffffff81000100UL, "weak_one")]
    [InlineData(0xffffffff81000020UL, "_stext _text")]
    [InlineData(0xffffffffc0000031UL, "exported")]
    [InlineData(0xffffffffc0001500UL, "")] // More than a page behind a module's last function.
    [InlineData(0xffffffff82000020UL, "")] // Behind the kernel's end.
    [InlineData(0xffffffffffffffffUL, "")]
    public void An_address_is_in_the_last_symbol_that_reaches_to_it(ulong address, string names)
    {
        KallsymsTable table = Table(Running);
        Assert.Equal(names, string.Join(' ', table.At(address).Select(table.NameOf)));
    }

    [Fact]
    public void Zeros_alone_are_hidden_addresses()
    {
        KallsymsTable table = Table("0000000000000000 T _stext\n0000000000000000 t first\n0000000000000000 t helper\t[one]\n");
        Assert.True(table.IsHidden);
        Assert.Equal(3, table.Count);
        Assert.Null(table.SizeOf(1));
        Assert.Empty(table.At(0));
    }

    [Fact]
    public void A_32_bit_kernel_prints_eight_digits()
    {
        KallsymsTable table = Table("c0008000 T stext\nc0008040 t next\n");
        Assert.Equal((0xc0008000UL, 0x40UL), (table.AddressOf(0), table.SizeOf(0)));
    }

    [Theory]
    [InlineData("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n", 1)]
    [InlineData("ffffffff81000000 T _text\nT _text\n", 2)]
    [InlineData("ffffffff81000000\n", 1)]
    [InlineData("ffffffff81000000 T \n", 1)]
    [InlineData("ffffffff81000000 T\tname\n", 1)]
    [InlineData("10ffffffff81000000 T name\n", 1)]
    [InlineData("(____ptrval____) T name\n", 1)]
    public void What_is_no_symbol_is_named_with_its_line(string text, int line)
    {
        var wrong = Assert.Throws<BinaryFormatException>(() => Table(text));
        Assert.Equal($"line {line}", wrong.Section);
    }

    [Fact]
    public void Damaged_files_are_refused_or_read_and_never_end_in_anything_else()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Running);
        var random = new Random(7);
        int read = 0;
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = whole[..random.Next(whole.Length + 1)];
            for (int i = random.Next(4); i > 0 && damaged.Length > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                KallsymsTable table = KallsymsTable.Parse(damaged, "damaged");
                for (int i = 0; i < table.Count; i++)
                {
                    Assert.NotEqual("", table.NameOf(i));
                    _ = (table.ModuleOf(i), table.SizeOf(i), table.TypeOf(i), table.At(table.AddressOf(i) + 1));
                }

                read++;
            }
            catch (BinaryFormatException)
            {
                refused++;
            }
        }

        Assert.True(read > 100 && refused > 100, $"{read} read, {refused} refused");
    }

    [Fact]
    public void The_running_kernel_is_read_whole()
    {
        const string Path = "/proc/kallsyms";
        Assert.SkipUnless(File.Exists(Path), "needs a kernel with CONFIG_KALLSYMS");
        // Programs of BPF, of other tests too, come and go between the two readings.
        string[] lines = [.. File.ReadAllLines(Path).Where(line => !line.EndsWith("[bpf]", StringComparison.Ordinal))];
        Assert.SkipWhen(lines.Length == 0, "this kernel lists no symbols");

        KallsymsTable table = KallsymsTable.Read(Path);

        Assert.Equal(lines.Select(line => line[(line.IndexOf(' ') + 1)..]), Enumerable.Range(0, table.Count).Where(i => table.ModuleOf(i) != "bpf").Select(i =>
            $"{table.TypeOf(i)} {table.NameOf(i)}{(table.ModuleOf(i) is { } module ? $"\t[{module}]" : "")}"));
        Assert.Equal(lines.All(line => line.StartsWith("0000000000000000 ", StringComparison.Ordinal)), table.IsHidden);
    }
}
