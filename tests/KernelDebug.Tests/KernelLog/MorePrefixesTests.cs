using KernelDebug.KernelLog;
using Xunit;

namespace KernelDebug.Tests.KernelLog;

/// <summary>Forms the renderings do not have, made of the same messages: the report must be the same.</summary>
public class MorePrefixesTests
{
    public static TheoryData<string> Forms => ["kmsg", "netconsole", "pstore", "kubectl", "cri", "quoted", "openwrt", "busybox", "short-unix", "console-noise", "blank-lines", "android"];

    [Theory, MemberData(nameof(Forms))]
    public void The_report_is_the_same(string form)
    {
        string[] messages = LogFixtures.ReadLines("renderings", "a4-xmit-doubleskb", "dmesg-t.log");
        var expected = Assert.Single(PanicTraceParser.ParseAll(messages));
        var actual = Assert.Single(PanicTraceParser.ParseAll(messages.SelectMany((m, i) => Form(form, m, i))));
        Assert.Equal((expected.Title, expected.Kind, expected.Comm, expected.Hardware, expected.KaslrOffset), (actual.Title, actual.Kind, actual.Comm, actual.Hardware, actual.KaslrOffset));
        Assert.Equal(expected.CallTrace.Select(f => (f.Symbol, f.Offset, f.Size, f.Module, f.IsReliable, f.Context)), actual.CallTrace.Select(f => (f.Symbol, f.Offset, f.Size, f.Module, f.IsReliable, f.Context)));
        Assert.Equal(expected.Registers, actual.Registers);
        Assert.Equal(expected.Modules, actual.Modules);
        Assert.Equal(expected.Code!.Bytes, actual.Code!.Bytes);
        Assert.Null(actual.CorruptedReason);
    }

    private static IEnumerable<string> Form(string form, string message, int i)
    {
        string stamp = $"[{8 + i / 1000.0,12:0.000000}]";
        return form switch
        {
            "kmsg" => [$"4,{100 + i},{8000000 + i},-;{message}", " SUBSYSTEM=net", " DEVICE=n3"],
            "netconsole" => [$"6.1.0-56-amd64,4,{100 + i},{8000000 + i},-,caller=T121;{message}"],
            "pstore" => i == 0 ? ["Panic#1 Part1", $"<4>{stamp} {message}"] : [$"<4>{stamp} {message}"],
            "kubectl" => [$"2026-11-22T10:00:05.195036789Z {stamp} {message}"],
            "cri" => [$"2026-11-22T10:00:05.195036789Z stderr F {stamp} {message}"],
            "quoted" => [$"> > {stamp} {message}"],
            "openwrt" => [$"Sun Nov 22 10:00:05 2026 kern.warn kernel: {stamp} {message}"],
            "busybox" => [$"Nov 22 10:00:05 host kern.warn kernel: {stamp} {message}"],
            "short-unix" => [$"1795341605.195036 host kernel: {message}"],
            "console-noise" => i % 5 == 4 ? [$"login: {stamp} {message}", "user text"] : [$"{stamp} {message}"],
            "blank-lines" => [$"{stamp} {message}", ""],
            "android" => [$"[{8 + i / 1000.0,12:0.000000}@1] {message}"],
            _ => throw new ArgumentOutOfRangeException(nameof(form)),
        };
    }
}
