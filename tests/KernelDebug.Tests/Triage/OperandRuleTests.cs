using KernelDebug.Records;
using KernelDebug.Tests.Inference;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>
/// What is said of a faulting address is true of the register the instruction names. The logs are a real kernel's, of the module
/// tests/Guest/memberfault, whose source says what each case does.
/// </summary>
public class OperandRuleTests
{
    [Theory]
    // obj->far of a structure of more than two pages, obj being NULL: the address is in user space's half, and no user pointer.
    [InlineData("far", "NullOffset", "0x2128 above NULL: RDI is 0")]
    [InlineData("returned", "NullOffset", "0x2128 above NULL: RAX is 0")]
    [InlineData("write", "NullOffset", "0x2c above NULL: RDI is 0")]
    // A loop over a list whose entry is list_del's: container_of takes 8 from its poison.
    [InlineData("loop", "ListPoison", "RAX, which the access went through, is 0x8 below LIST_POISON1")]
    // POISON_FREE with an offset reads as another text than kkkkkkkk: it is none.
    [InlineData("poison", "UseAfterFree", "POISON_FREE")]
    // An array's element by index: NULL had an offset added before.
    [InlineData("vector", "SmallPointer", "RSI is 0x30: NULL to which an offset was added before")]
    [InlineData("user", "UserAddress", "user space's half")]
    public void The_register_of_the_instruction_decides(string name, string id, string words)
    {
        DiagnosisFact fact = Assert.Single(MemberCases.Trace(name).Diagnosis);
        Assert.Equal(id, fact.Id);
        Assert.Contains(words, fact.Statement, StringComparison.Ordinal);
    }

    [Fact]
    public void Registers_that_do_not_add_up_say_nothing()
    {
        string log = File.ReadAllText(FixtureLog("write")).Replace("RDI: 0000000000000000", "RDI: 0000000000000008", StringComparison.Ordinal);
        DiagnosisFact fact = Assert.Single(KernelDebug.KernelLog.PanicTraceParser.ParseAll(log.Split('\n'))[0].Diagnosis);
        Assert.Equal("The address is 0x2c above NULL, as of a member or an element of what a NULL pointer should point to.", fact.Statement);
    }

    [Fact]
    public void Text_is_quoted_of_the_register_and_not_of_the_sum()
    {
        string log = File.ReadAllText(FixtureLog("poison"))
            .Replace("6b6b6b6b6b6b6c7b", "4141414141414251", StringComparison.Ordinal).Replace("6b6b6b6b6b6b6b6b", "4242424141414141", StringComparison.Ordinal)
            .Replace("4141414141414251", "4242424141414251", StringComparison.Ordinal);
        DiagnosisFact fact = Assert.Single(KernelDebug.KernelLog.PanicTraceParser.ParseAll(log.Split('\n'))[0].Diagnosis);
        Assert.Equal("TextInPointer", fact.Id);
        Assert.Contains("RDI reads as the text 'AAAAABBB'", fact.Statement, StringComparison.Ordinal);
    }

    private static string FixtureLog(string name) => Path.Combine(Path.GetDirectoryName(MemberCases.ModulePath)!, "logs", name + ".log");
}
