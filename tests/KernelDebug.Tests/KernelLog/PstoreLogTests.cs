using KernelDebug.KernelLog;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

public class PstoreLogTests
{
    private static readonly DateTime Written = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public void Parts_are_joined_from_the_highest_down()
    {
        PstoreLog dump = Assert.Single(PstoreLog.Join(
        [
            File("dmesg-efi_pstore-1", "Panic#1 Part1\nthird\nfourth\n"),
            File("dmesg-efi_pstore-2", "Panic#1 Part2\nfirst\nsecond\n"),
        ]));
        Assert.Equal(["first", "second", "third", "fourth"], dump.Lines);
        Assert.EndsWith("dmesg-efi_pstore-2", dump.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void An_oops_and_the_panic_after_it_stay_apart() => Assert.Equal(
        ["an oops", "a panic"],
        PstoreLog.Join([File("dmesg-ramoops-0", "Oops#1 Part1\nan oops\n"), File("dmesg-ramoops-1", "Panic#2 Part1\na panic\n", 1)])
            .Select(dump => Assert.Single(dump.Lines)));

    [Fact]
    public void Dumps_of_two_boots_stay_apart_though_each_is_its_boot_s_first() => Assert.Equal(2, PstoreLog.Join(
        [File("dmesg-efi_pstore-1", "Panic#1 Part1\nlate\n", 86400), File("dmesg-efi_pstore-2", "Panic#1 Part2\nearly\n")]).Count);

    [Fact]
    public void A_file_without_a_header_is_a_dump_of_its_own() => Assert.Equal(
        ["[    1.0] text", "more"], Assert.Single(PstoreLog.Join([File("dmesg-erst-7", "[    1.0] text\nmore\n")])).Lines);

    [Theory]
    [InlineData("")]
    [InlineData("Panic#1 Part")]
    [InlineData("Panic#1 Part99999999999999999999\n")]
    [InlineData(" Part1\n")]
    [InlineData("#\n\n\n")]
    public void Any_text_is_a_dump(string text) => Assert.Single(PstoreLog.Join([File("dmesg-x", text)]));

    private static PstoreFile File(string name, string text, int seconds = 0) =>
        new($"/sys/fs/pstore/{name}", Written.AddSeconds(seconds), text);
}

public class KmsgRecordTests
{
    [Theory]
    [InlineData("4,1234,5195036,-;gtpsim: loaded\n SUBSYSTEM=x\n", "[    5.195036] gtpsim: loaded")]
    [InlineData("6,1,123456789012,c,caller=C1;x", "[123456.789012][    C1] x")]
    [InlineData(@"4,1,5,-;tab\x09and \x5cx41", @"[    0.000005] tab" + "\t" + @"and \x41")]
    [InlineData(@"4,1,5,-;\xc3\xbcber", "[    0.000005] über")]
    public void A_record_is_the_line_dmesg_shows(string record, string line) => Assert.Equal(line, Assert.Single(KmsgRecord.ToLines(record)));

    [Fact]
    public void A_message_of_several_lines_is_several() =>
        Assert.Equal(["[    0.000005] one", "[    0.000005] two"], KmsgRecord.ToLines(@"4,1,5,-;one\x0atwo"));

    [Theory]
    [InlineData(@"4,1,5,-;\x1b[2J\x07\x7f")]
    [InlineData(@"4,1,5,-;\x0d")]
    public void Control_characters_stay_spelled_out(string record) =>
        Assert.DoesNotContain(Assert.Single(KmsgRecord.ToLines(record)), char.IsControl);

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("a,b,c,d;e")]
    [InlineData("4,1,99999999999999999999999,-;x")]
    [InlineData("no record")]
    public void What_is_no_record_comes_back(string text) => Assert.Equal(text, Assert.Single(KmsgRecord.ToLines(text)));
}
