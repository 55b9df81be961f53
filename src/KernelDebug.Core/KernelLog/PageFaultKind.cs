using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// What a page fault was, by x86's error code (<c>enum x86_pf_error_code</c>, arch/x86/include/asm/trap_pf.h) or riscv's
/// <c>cause</c> (<c>EXC_INST_PAGE_FAULT</c>, arch/riscv/include/asm/csr.h).
/// </summary>
internal static class PageFaultKind
{
    private const ulong Protection = 1;
    private const ulong User = 4;
    private const ulong InstructionFetch = 16;
    private const ulong EndOfUserSpace = 1UL << 47;
    // x86-32's PAGE_OFFSET with its usual split.
    private const ulong EndOfUserSpace32 = 0xc0000000;
    private const ulong InstructionAccessFault = 1;
    private const ulong InstructionPageFault = 12;

    /// <summary>The kind that the error code and the address show; the headline's own where they do not.</summary>
    /// <param name="kind">The kind of the headline.</param>
    /// <param name="errorCode">The error code; null where not printed.</param>
    /// <param name="registers">The registers; x86's have <c>CR2</c>, riscv's <c>cause</c> and <c>badaddr</c>.</param>
    public static PanicKind Narrow(PanicKind kind, ulong? errorCode, Dictionary<string, ulong> registers)
    {
        if (kind is PanicKind.PageFault or PanicKind.UserAccess && registers.TryGetValue("cause", out ulong cause) && registers.ContainsKey("badaddr"))
        {
            return cause is InstructionAccessFault or InstructionPageFault ? PanicKind.ExecuteFault : kind;
        }
        if (kind != PanicKind.PageFault || errorCode is not { } code || (code & User) != 0 || !registers.TryGetValue("CR2", out ulong address))
        {
            return kind;
        }
        if ((code & InstructionFetch) != 0)
        {
            // Jumped to a page that is there and may not be executed; to one that is not there is another matter.
            return (code & Protection) != 0 ? PanicKind.ExecuteFault : kind;
        }
        // The page is mapped, it is user space's, and the kernel may not touch it: SMAP.
        return (code & Protection) != 0 && address < (registers.ContainsKey("EAX") ? EndOfUserSpace32 : EndOfUserSpace) ? PanicKind.UserAccess : kind;
    }
}
