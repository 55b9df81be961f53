using KernelDebug.KernelLog;
using KernelDebug.Records;
using Xunit;

namespace KernelDebug.Tests.Triage;

/// <summary>Reports in the kernel's words, with one thing of each set by the test.</summary>
internal static class Oops
{
    public static PanicTrace Read(string log) => Assert.Single(PanicTraceParser.ParseAll(log.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')));

    /// <summary>An x86-64 page fault (show_fault_oops, show_regs).</summary>
    public static PanicTrace PageFault(string address, string registers = "", int error = 0, string rip = "RIP: 0010:foo_open+0x14/0x40", string before = "") => Read($"""
        BUG: unable to handle page fault for address: {address}
        #PF: supervisor read access in kernel mode
        #PF: error_code(0x{error:x4}) - not-present page
        {before}
        Oops: {error:x4} [#1] PREEMPT SMP PTI
        CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
        {rip}
        RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
        {Registers(registers)}
        CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
        CR2: {address} CR3: 0000000005a5c000 CR4: 00000000000006e0
        Call Trace:
         <TASK>
         vfs_open+0x28/0x30
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """);

    /// <summary>An x86-64 general protection fault (exc_general_protection).</summary>
    public static PanicTrace Protection(string address, string registers, string rip = "foo_open+0x14/0x40", string more = "") => Read($"""
        general protection fault{(address.Length > 0 ? $", probably for non-canonical address 0x{address}" : "")}: 0000 [#1] PREEMPT SMP PTI
        {more}
        CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
        RIP: 0010:{rip}
        RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
        {Registers(registers)}
        CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
        CR2: 00007f0000001000 CR3: 0000000005a5c000 CR4: 00000000000006e0
        Call Trace:
         <TASK>
         vfs_open+0x28/0x30
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """);

    /// <summary>A report of a headline, lines of its own and a call trace.</summary>
    public static PanicTrace Report(string headline, string body = "", string trace = " foo_open+0x14/0x40") =>
        Read(headline + "\n" + body + (body.Length > 0 ? "\n" : "") + "CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1\nCall Trace:\n" + trace + "\n");

    /// <summary>A WARNING (__warn, kernel/panic.c), its message behind "cut here".</summary>
    public static PanicTrace Warning(string message, string at = "lib/refcount.c:28 refcount_warn_saturate+0xba/0x110") => Read($"""
        ------------[ cut here ]------------
        {message}
        WARNING: CPU: 1 PID: 120 at {at}
        Modules linked in:
        CPU: 1 PID: 120 Comm: sh Not tainted 6.1.0 #1
        RIP: 0010:refcount_warn_saturate+0xba/0x110
        RSP: 0018:ffffc90000477e38 EFLAGS: 00010246
        RAX: 0000000000000000 RBX: ffff888004b0c000 RCX: 0000000000000027
        Call Trace:
         <TASK>
         foo_open+0x14/0x40
         </TASK>
        ---[ end trace 0000000000000000 ]---
        """);

    public static DiagnosisFact? Fact(this PanicTrace trace, string id) => trace.Diagnosis.SingleOrDefault(f => f.Id == id);

    public static string[] Ids(this PanicTrace trace) => trace.Diagnosis.Select(f => f.Id).ToArray();

    private static string Registers(string registers) => registers.Length > 0 ? registers
        : "RAX: ffff888004b0c000 RBX: ffff888004b0c040 RCX: 0000000000000027";
}
