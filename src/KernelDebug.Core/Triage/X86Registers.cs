using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>x86: arch/x86/include/uapi/asm/processor-flags.h, arch/x86/include/asm/trap_pf.h.</summary>
internal static class X86Registers
{
    private static readonly (int, string)[] s_flags =
    [
        (0, "CF"), (2, "PF"), (4, "AF"), (6, "ZF"), (7, "SF"), (8, "TF"), (9, "IF"), (10, "DF"), (11, "OF"), (14, "NT"), (16, "RF"), (17, "VM"), (18, "AC"), (19, "VIF"), (20, "VIP"), (21, "ID"),
    ];

    private static readonly (int, string)[] s_cr0 = [(0, "PE"), (1, "MP"), (2, "EM"), (3, "TS"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"), (29, "NW"), (30, "CD"), (31, "PG")];

    private static readonly (int, string)[] s_cr4 =
    [
        (0, "VME"), (1, "PVI"), (2, "TSD"), (3, "DE"), (4, "PSE"), (5, "PAE"), (6, "MCE"), (7, "PGE"), (8, "PCE"), (9, "OSFXSR"), (10, "OSXMMEXCPT"), (11, "UMIP"), (12, "LA57"), (13, "VMXE"),
        (14, "SMXE"), (16, "FSGSBASE"), (17, "PCIDE"), (18, "OSXSAVE"), (20, "SMEP"), (21, "SMAP"), (22, "PKE"), (23, "CET"), (28, "LAM_SUP"), (32, "FRED"),
    ];

    private static readonly (int, string)[] s_pageFault = [(0, "PROT"), (1, "WRITE"), (2, "USER"), (3, "RSVD"), (4, "INSTR"), (5, "PK"), (6, "SHSTK"), (15, "SGX"), (31, "RMP")];

    public static RegisterLayout[] All { get; } =
    [
        new("ErrorCode", e => IsPageFault(e) ? e.Report.ErrorCode : null, s_pageFault, PageFault),
        new("ErrorCode", e => e.Report.Kind is PanicKind.GeneralProtectionFault or PanicKind.StackSegment && e.Report.ErrorCode is > 0 and var code ? code : null, [(0, "EXT"), (1, "IDT"), (2, "TI")],
            code => $"segment selector index 0x{code >> 3:x}"),
        RegisterLayout.Printed("EFLAGS", s_flags, Privilege),
        RegisterLayout.Printed("RFLAGS", s_flags, Privilege),
        RegisterLayout.Printed("CR0", s_cr0),
        RegisterLayout.Printed("CR4", s_cr4),
    ];

    private static bool IsPageFault(CrashEvidence e) => e.Report.Kind is PanicKind.NullDereference or PanicKind.PageFault or PanicKind.UserAccess or PanicKind.ExecuteFault;

    private static string Privilege(ulong flags) => (flags >> 12 & 3) is > 0 and var level ? $"IOPL {level}" : "";

    private static string PageFault(ulong code) => $"{((code & 4) != 0 ? "user" : "supervisor")} {((code & 16) != 0 ? "instruction fetch" : (code & 2) != 0 ? "write" : "read")}, "
        + ((code & 8) != 0 ? "reserved bit set in a page table" : (code & 32) != 0 ? "protection key violation" : (code & 1) != 0 ? "permissions of a page that is there" : "page not present");
}
