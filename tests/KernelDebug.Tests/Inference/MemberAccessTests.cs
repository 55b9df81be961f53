using System.Globalization;
using KernelDebug.Records;
using KernelDebug.Tests.KernelLog;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Inference;

/// <summary>Real faults, each through a pointer whose member the source tells; the tables were written from the source.</summary>
public class MemberAccessTests
{
    public static TheoryData<string> Cases => [.. MemberCases.Rows.Keys];

    [Theory, MemberData(nameof(Cases))]
    public void The_member_is_the_source_s(string name)
    {
        string[] row = MemberCases.Rows[name];
        MemberAccess? access = MemberCases.Decode(MemberCases.Trace(name), MemberCases.ModulePath).Member;
        switch (row[1])
        {
            case "none":
                Assert.Null(access);
                break;
            case "silent":
                Assert.NotNull(access);
                Assert.Null(access.Expression);
                Assert.Null(access.Member);
                Assert.Contains(row[2], access.Reason, StringComparison.Ordinal);
                break;
            default:
                Assert.NotNull(access);
                Assert.Equal(row[1..8], Fields(access));
                AssertValue(row[8], access);
                Assert.Null(access.Reason);
                Assert.NotEmpty(access.Evidence);
                break;
        }
    }

    /// <summary>The reports of tests/Fixtures/logs; the truth is that of samples/gtpsim/src and objdump -d.</summary>
    [Theory]
    [InlineData("b1-proc-null", "Read|8|pdr->far|struct gtpsim_pdr|far|0x30|pdr", "NULL")]
    [InlineData("b3-xmit-null", "Read|8|pdr->far|struct gtpsim_pdr|far|0x30|pdr", "NULL")]
    [InlineData("b4-work-null", "Read|8|pdr->far|struct gtpsim_pdr|far|0x30|pdr", "NULL")]
    [InlineData("b7-proc-null-notime", "Read|8|pdr->far|struct gtpsim_pdr|far|0x30|pdr", "NULL")]
    [InlineData("b8-proc-null-panic", "Read|8|pdr->far|struct gtpsim_pdr|far|0x30|pdr", "NULL")]
    [InlineData("p2-init-null", "Read|8|pdr->far|struct gtpsim_pdr|far|0x30|pdr", "NULL")]
    [InlineData("c1-proc-gpf", "Read|4|bad.far->hdr_creation.teid|struct gtpsim_far|hdr_creation.teid|0x28|bad.far", "0xdead4ead00000120")]
    [InlineData("c3-work-gpf", "Read|4|bad.far->hdr_creation.teid|struct gtpsim_far|hdr_creation.teid|0x28|bad.far", "0xdead4ead00000120")]
    [InlineData("j2-smap", "Read|4|bad.far->hdr_creation.teid|struct gtpsim_far|hdr_creation.teid|0x28|bad.far", "0x7fffbceb61c0")]
    [InlineData("j6-nullfn", "Call|0|gtpsim_nullfn()||||gtpsim_nullfn", "NULL")]
    [InlineData("l1-proc-list", "ListEntry|0|&p->list|struct gtpsim_pdr|list|0x10|p", "")]
    public void The_sample_s_faults_too(string name, string expected, string value)
    {
        foreach (string module in (string[])[DecodedLog.SampleModule, FixtureFiles.Path("gtpsim/gtpsim-dwarf4.ko.xz"), FixtureFiles.Path("gtpsim/gtpsim-zstd.ko")])
        {
            MemberAccess? access = MemberCases.Decode(LogFixtures.Traces("debian-6.1.0-56", name, "oops.log")[0], module).Member;
            Assert.NotNull(access);
            Assert.Equal(expected.Split('|'), Fields(access));
            AssertValue(value, access);
        }
    }

    /// <summary>Reports of no memory access, or of one that no instruction of a known function made.</summary>
    [Theory]
    [InlineData("a1-proc-doublefree")]
    [InlineData("d1-proc-warn")]
    [InlineData("d4-xmit-refcount")]
    [InlineData("e1-proc-bug")]
    [InlineData("f1-encap-dump")]
    [InlineData("g1-proc-div")]
    [InlineData("h1-sysrq-c")]
    [InlineData("h2-proc-panic")]
    [InlineData("i1-softlockup")]
    [InlineData("i2-hung")]
    [InlineData("j1-stackprot")]
    [InlineData("j4-recurse")]
    [InlineData("k1-proc-atomic")]
    [InlineData("n1-proc-cold")]
    public void Nothing_is_said_of_other_reports(string name) =>
        Assert.All(LogFixtures.Traces("debian-6.1.0-56", name, "oops.log"), trace => Assert.Null(MemberCases.Decode(trace, DecodedLog.SampleModule).Member));

    [Fact]
    public void The_text_says_it_in_one_line()
    {
        Assert.Equal(
            "struct mf_object *obj: obj->ops->get (offset 0x10 of struct mf_ops), obj->ops is NULL",
            MemberCases.Decode(MemberCases.Trace("ops"), MemberCases.ModulePath).Member?.ToString());
        Assert.StartsWith("NULL + 0x18: RDI holds address, long unsigned int", MemberCases.Decode(MemberCases.Trace("untyped"), MemberCases.ModulePath).Member?.ToString(), StringComparison.Ordinal);
    }

    /// <summary>One register other than the log's, and the sum is not the address the kernel printed.</summary>
    [Fact]
    public void Registers_that_do_not_add_up_are_told()
    {
        PanicTrace trace = MemberCases.Trace("write");
        trace = trace with { Registers = new Dictionary<string, ulong>(trace.Registers) { ["RDI"] = 0x1000 } };
        MemberAccess? access = MemberCases.Decode(trace, MemberCases.ModulePath).Member;
        Assert.NotNull(access);
        Assert.Null(access.Expression);
        Assert.Equal("the registers add up to 0x102c, not to the address 0x2c the kernel printed", access.Reason);
    }

    /// <summary>Another instruction in the Code: line than in the file, and one before it that the kernel patched.</summary>
    [Fact]
    public void Code_that_was_patched_is_not_read_from_the_file()
    {
        PanicTrace trace = MemberCases.Trace("rcu");
        Assert.NotNull(MemberCases.Decode(trace, MemberCases.ModulePath).Member?.Expression);
        CodeBytes code = trace.Code!;
        byte[] other = [.. code.Bytes];
        other[code.FaultIndex!.Value + 1] ^= 0x08; // mov 0x2c(%rax),%ebx becomes another register's
        Assert.Contains("the kernel patched it", MemberCases.Decode(trace with { Code = code with { Bytes = other } }, MemberCases.ModulePath).Member?.Reason, StringComparison.Ordinal);

        byte[] load = [.. code.Bytes];
        load.AsSpan(code.FaultIndex.Value - 7, 7).Fill(0x90); // mov 0x100(%rbx),%rax becomes nops
        MemberAccess? access = MemberCases.Decode(trace with { Code = code with { Bytes = load } }, MemberCases.ModulePath).Member;
        Assert.NotNull(access);
        Assert.Null(access.Expression);
    }

    [Fact]
    public void A_stripped_module_says_what_is_missing()
    {
        MemberAccess? access = MemberCases.Decode(LogFixtures.Traces("debian-6.1.0-56", "b1-proc-null", "oops.log")[0], FixtureFiles.Path("gtpsim/gtpsim-stripped.ko")).Member;
        Assert.Contains("has no debug information", access?.Reason, StringComparison.Ordinal);
    }

    private static string[] Fields(MemberAccess access) =>
    [
        access.Kind.ToString(),
        access.Size.ToString(CultureInfo.InvariantCulture),
        access.Expression ?? "",
        access.Struct ?? "",
        access.Member ?? "",
        access.Offset is { } offset ? $"0x{offset:x}" : "",
        access.BaseExpression ?? "",
    ];

    private static void AssertValue(string expected, MemberAccess access)
    {
        switch (expected)
        {
            case "*":
                Assert.NotNull(access.BaseValue);
                break;
            case "":
                Assert.Null(access.BaseValue);
                break;
            case "NULL":
                Assert.True(access.IsBaseNull);
                break;
            default:
                ulong value = expected.StartsWith("0x", StringComparison.Ordinal)
                    ? ulong.Parse(expected.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                    : (ulong)long.Parse(expected, CultureInfo.InvariantCulture);
                Assert.Equal(value, access.BaseValue);
                break;
        }
    }
}
