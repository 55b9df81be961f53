using KernelDebug.Decoding;
using KernelDebug.KernelLog;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using Xunit;

namespace KernelDebug.Tests.Decoding;

/// <summary>Registers that point into a vmlinux: the addresses are those the test itself put into the file.</summary>
public sealed class RegisterNameTests : IDisposable
{
    private const ulong Kaslr = 0xffffffff9a000000;
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    private IReadOnlyList<RegisterNote> Notes(ulong? kaslr, string place = "g+0x10/0xe0")
    {
        string vmlinux = _tree.Put("vmlinux", new TinyKernel { Release = "6.1.0" }.Function("f", 0x1000, 0x20).Function("g", 0x1020, 0xe0).Build());
        using var decoder = new LogDecoder(new DecodeOptions { Symbols = new SymbolizerOptions { Vmlinux = vmlinux, KaslrOffset = kaslr, Root = DecodedLog.Nowhere } }, _ => { });
        return decoder.Decode(Assert.Single(PanicTraceParser.ParseAll($"""
            BUG: kernel NULL pointer dereference, address: 0000000000000010
            Oops: 0000 [#1] SMP
            CPU: 0 PID: 1 Comm: sh Not tainted 6.1.0 #1
            RIP: 0010:{place}
            RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
            RAX: ffffffff9a001000 RBX: ffffffff9a004004 RCX: ffffffff9a009000
            RDX: ffffffff9a001030 RSI: 0000000000001000 RDI: ffff888004b0c000
            Call Trace:
             f+0x10/0x20
            ---[ end trace 0000000000000000 ]---
            """.Split('\n')))).RegisterNotes;
    }

    [Fact]
    public void Functions_and_data_are_named_and_nothing_else() => Assert.Equal(
        [("RAX", "f", 0UL, true), ("RBX", "linux_banner", 4, false), ("RDX", "g", 0x10, true)],
        Notes(Kaslr).Select(n => (n.Name, n.Symbol, n.Offset, n.IsCode)).OrderBy(n => n.Name).ToArray());

    [Fact]
    public void Without_the_load_offset_nothing_is_known() => Assert.Empty(Notes(null));

    [Fact]
    public void A_file_that_the_report_refutes_names_nothing() => Assert.Empty(Notes(Kaslr, "f+0x10/0x30"));
}
