using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What the faulting address itself tells.</summary>
internal static class AddressRules
{
    // x86's own bound for "NULL pointer dereference" (show_fault_oops, arch/x86/mm/fault.c).
    private const ulong PageSize = 4096;
    private const ulong ShadowOffset = 0xdffffc0000000000;
    private const ulong Reach = 0x1000;

    public static DiagnosisRule[] All { get; } =
    [
        new("NullOffset", "The address is {0}.", "show_fault_oops(), arch/x86/mm/fault.c; die_kernel_fault(), arch/arm64/mm/fault.c: addresses below one page", NullOffset),
        new("SmallPointer", "{0} is {1}: NULL to which an offset was added before, or a number that is no pointer.", "show_fault_oops(), arch/x86/mm/fault.c: addresses below one page",
            e => e is { FaultAddress: < PageSize, Operand: { Value: > 0 and < PageSize } operand } && !IsJump(e)
                ? [new Finding($"the address is 0x{e.FaultAddress:x}, {operand.Register} is 0x{operand.Value:x}", operand.Register, $"0x{operand.Value:x}")] : []),
        new("ErrorPointer", "The address lies in the last page of the address space: an error pointer (IS_ERR) was used, or NULL less a member's offset. {0}.", "ERR_PTR(), IS_ERR_VALUE(), include/linux/err.h; container_of(), include/linux/container_of.h", ErrorPointer),
        new("TextInPointer", "{0} reads as the text '{1}', as if a string had been written over a pointer.", "all eight bytes are printable ASCII", Text),
        new("NonCanonicalRegister", "{0} holds no canonical address{1}.", "get_kernel_gp_address(), arch/x86/kernel/traps.c", NonCanonical),
        new("KasanShadowOfNull", "{0}: the access was to NULL plus {1}, and KASAN's check of its shadow faulted first.", "kasan_non_canonical_hook(), mm/kasan/report.c", ShadowOfNull),
        new("KasanShadow", "KASAN's check faulted on the shadow of {0}: the pointer itself is bad, and whether it was of {1} is KASAN's guess.", "kasan_non_canonical_hook(), mm/kasan/report.c", Shadow),
        new("UserAddress", "The address lies in user space's half: the kernel used a user pointer without the functions for it, or a pointer that is damaged.", "TASK_SIZE_MAX, arch/x86/include/asm/page_64_types.h; TASK_SIZE, arch/arm64/include/asm/processor.h",
            e => e.FaultAddress is { } address && address >= PageSize && e.Operand is not { Value: 0 } && e is { Is64Bit: true, Machine: Machine.X64 or Machine.Arm64 or Machine.RiscV } && address < 1UL << 47 && !IsJump(e) && e.Report.Kind != PanicKind.UserAccess && FromKernel(e)
                ? [new Finding($"the address is 0x{address:x}")] : []),
        new("AddressRange", "The address lies in {0}.", "Documentation/arch/x86/x86_64/mm.rst: the ranges whose place KASLR does not change, or did not here", Range),
        new("UnmappedHole", "The address lies in the hole that x86-64 keeps for a hypervisor: no pointer of the kernel's.", "Documentation/arch/x86/x86_64/mm.rst, guard hole",
            e => e is { Machine: Machine.X64, FaultAddress: >= 0xffff800000000000 and < 0xffff880000000000 } && e.Report.Registers.ContainsKey("CR4") && !e.IsNonCanonical(0xffff800000000000) && !IsFiveLevel(e)
                ? [new Finding($"the address is 0x{e.FaultAddress:x}")] : []),
    ];

    // A call through the pointer: ExecutionRules has it.
    private static bool IsJump(CrashEvidence e) => e.Report.Kind == PanicKind.ExecuteFault || e is { Machine: Machine.X64, Report.ErrorCode: { } code } && (code & 16) != 0
        || e.Report.InstructionPointer is { Symbol: null };

    private static bool FromKernel(CrashEvidence e) => e.Machine != Machine.X64 || e.Report.ErrorCode is { } code && (code & 4) == 0;

    private static bool IsFiveLevel(CrashEvidence e) => e.Report.Registers.TryGetValue("CR4", out ulong cr4) && (cr4 & (1 << 12)) != 0;

    private static IEnumerable<Finding> NullOffset(CrashEvidence e)
    {
        if (e.FaultAddress is not { } address || IsJump(e))
        {
            return [];
        }

        // The instruction's own register says it whatever the offset is: the first pages are not a limit to a large structure.
        if (e.Operand is { } operand)
        {
            string above = address == 0 ? "NULL itself" : $"0x{address:x} above NULL";
            return operand.Value == 0 && address < 1UL << 47
                ? [new Finding($"the address is 0x{address:x}, {operand.Register} is 0", $"{above}: {operand.Register} is 0, and what it should point to was accessed")] : [];
        }

        return address < PageSize
            ? [new Finding($"the address is 0x{address:x}", address == 0 ? "NULL itself" : $"0x{address:x} above NULL, as of a member or an element of what a NULL pointer should point to")] : [];
    }

    private static IEnumerable<Finding> ErrorPointer(CrashEvidence e)
    {
        if (e is not { Is64Bit: true, FaultAddress: { } address } || address < unchecked(0 - ErrorNumbers.Max) || IsJump(e))
        {
            return [];
        }
        // The register that holds the pointer, if one does: the access may be some bytes above it.
        IEnumerable<NamedRegister> candidates = e.Operand is { } operand ? [new NamedRegister(operand.Register, operand.Value)] : e.General;
        var bases = candidates.Where(r => r.Value >= unchecked(0 - ErrorNumbers.Max) && r.Value <= address).OrderByDescending(r => r.Value).ToArray();
        string words = bases is [var only]
            ? $"{only.Name} is {ErrorNumbers.Describe(0 - only.Value)}{(address == only.Value ? "" : $", the access is 0x{address - only.Value:x} above it")}"
            : $"As an error it would be {ErrorNumbers.Describe(0 - address)}, or a lower one with an offset added";
        return [new Finding($"the address is 0x{address:x}{string.Concat(bases.Select(r => $", {r.Name} is {r.Value:x}"))}", words)];
    }

    private static IEnumerable<Finding> Text(CrashEvidence e)
    {
        if (!e.Is64Bit || !e.IsFault)
        {
            yield break;
        }
        // An offset added to text, or to poison, reads as another text: the register before it is what counts.
        if (e.Operand is { } operand)
        {
            if (AsText(operand.Value) is { } pointer && !PoisonRules.IsPoison(operand.Value))
            {
                yield return new Finding($"{operand.Register} is {operand.Value:x}, the address is 0x{e.FaultAddress:x}", operand.Register, pointer);
            }

            yield break;
        }
        if (e.FaultAddress is { } address)
        {
            if (AsText(address) is { } text && !PoisonRules.IsPoison(address))
            {
                yield return new Finding($"the address is 0x{address:x}", "The faulting address", text);
            }

            yield break;
        }
        // A register of text is evidence only where no better address is known.
        foreach ((string name, ulong value) in e.Report.Kind == PanicKind.GeneralProtectionFault ? e.General : [])
        {
            if (AsText(value) is { } found && !PoisonRules.IsPoison(value))
            {
                yield return new Finding($"{name} is {value:x}", name, found);
            }
        }
    }

    /// <summary>The text of a word in memory's order (little endian); null unless all eight bytes are printable.</summary>
    private static string? AsText(ulong value)
    {
        Span<char> text = stackalloc char[8];
        bool isVaried = false;
        for (int i = 0; i < 8; i++)
        {
            text[i] = (char)(byte)(value >> (8 * i));
            isVaried |= text[i] != text[0];
            if (text[i] is < ' ' or > '~')
            {
                return null;
            }
        }
        // Eight times one byte is a pattern (kkkkkkkk is poison), no text.
        return isVaried ? text.ToString() : null;
    }

    private static IEnumerable<Finding> NonCanonical(CrashEvidence e)
    {
        // KASAN's check adds the shadow's base to the address shifted: neither is the pointer.
        if (e.Report.Kind != PanicKind.GeneralProtectionFault || e.FaultAddress is not { } address || address - ShadowOffset < ulong.MaxValue >> 4 && e.Line("KASAN: ") is not null)
        {
            yield break;
        }
        // Where the instruction names its register, another one that is near is chance. What is poison or text is said by their rules.
        IEnumerable<NamedRegister> candidates = e.Operand is { } operand ? [new NamedRegister(operand.Register, operand.Value)] : e.General;
        foreach ((string name, ulong value) in candidates.Where(r => e.IsNonCanonical(r.Value) && r.Value != ShadowOffset && !PoisonRules.IsPoison(r.Value) && AsText(r.Value) is null))
        {
            long distance = unchecked((long)(address - value));
            if (distance is >= -(long)Reach and <= (long)Reach)
            {
                yield return new Finding($"{name} is {value:x}, the address is 0x{address:x}", name,
                    distance == 0 ? ", the faulting one" : $", and the faulting one is 0x{Math.Abs(distance):x} {(distance > 0 ? "above" : "below")} it");
            }
        }
    }

    private static IEnumerable<Finding> ShadowOfNull(CrashEvidence e)
    {
        if (e.Line("KASAN: null-ptr-deref in range [") is { } line && RangeStart(line) is { } start)
        {
            yield return new Finding(line, "KASAN says so", $"0x{start:x} to 0x{start + 7:x}");
        }
        else if (e is { Machine: Machine.X64, FaultAddress: { } address } && address - ShadowOffset < PageSize / 8)
        {
            yield return new Finding($"the address is 0x{address:x}", "The address is the shadow of the first page", $"0x{(address - ShadowOffset) << 3:x} to 0x{((address - ShadowOffset) << 3) + 7:x}");
        }
    }

    private static IEnumerable<Finding> Shadow(CrashEvidence e)
    {
        foreach ((string phrase, string what) in new[] { ("KASAN: probably user-memory-access in range [", "user memory"), ("KASAN: maybe wild-memory-access in range [", "nothing the kernel maps") })
        {
            if (e.Line(phrase) is { } line && RangeStart(line) is { } start)
            {
                yield return new Finding(line, $"0x{start:x}", what);
            }
        }
    }

    private static ulong? RangeStart(string line) => FaultAddresses.ReadHex(line.AsSpan(line.IndexOf('[') + 1));

    private static readonly (ulong First, ulong Last, string Name)[] s_ranges =
    [
        (0xfffffe0000000000, 0xfffffe7fffffffff, "the CPU entry area (its guard pages, if nothing is mapped there)"),
        (0xffffff0000000000, 0xffffff7fffffffff, "the espfix stacks"),
        (0xffffffef00000000, 0xfffffffeffffffff, "the range kept for EFI's runtime services, where the rest of the kernel has nothing"),
        (0xffffffff80000000, 0xffffffff9fffffff, "the kernel image's mapping (text, rodata and data of vmlinux)"),
        (0xffffffffc0000000, 0xfffffffffeffffff, "the modules' range: a module's text or data, or what was one before it was unloaded"),
        (0xffffffffff600000, 0xffffffffff600fff, "the vsyscall page"),
    ];

    // Where these begin KASLR decides, unless it is off or KASAN is built in (kaslr_memory_enabled(), arch/x86/mm/kaslr.c).
    private static readonly (ulong First, ulong Last, string Name)[] s_fourLevel =
    [
        (0xffff888000000000, 0xffffc87fffffffff, "the direct map of physical memory"),
        (0xffffc90000000000, 0xffffe8ffffffffff, "the vmalloc range (stacks, vmalloc, ioremap)"),
        (0xffffea0000000000, 0xffffeaffffffffff, "vmemmap, the array of struct page"),
        (0xffffec0000000000, 0xfffffbffffffffff, "KASAN's shadow"),
    ];

    private static readonly (ulong First, ulong Last, string Name)[] s_fiveLevel =
    [
        (0xff11000000000000, 0xff90ffffffffffff, "the direct map of physical memory"),
        (0xffa0000000000000, 0xffd1ffffffffffff, "the vmalloc range (stacks, vmalloc, ioremap)"),
        (0xffd4000000000000, 0xffd5ffffffffffff, "vmemmap, the array of struct page"),
        (0xffdf000000000000, 0xfffffbffffffffff, "KASAN's shadow"),
    ];

    private static IEnumerable<Finding> Range(CrashEvidence e)
    {
        if (e is { Machine: Machine.X64, FaultAddress: { } address, Report.Kind: PanicKind.PageFault or PanicKind.ExecuteFault })
        {
            bool isFixed = e.Report.Registers.ContainsKey("CR4") && (e.Line("Kernel Offset: disabled") is not null || e.Line("Oops: ")?.Contains(" KASAN", StringComparison.Ordinal) == true);
            foreach (var range in s_ranges.Concat(!isFixed ? [] : IsFiveLevel(e) ? s_fiveLevel : s_fourLevel).Where(r => address >= r.First && address <= r.Last))
            {
                yield return new Finding($"the address is 0x{address:x}", range.Name);
            }
        }
    }
}
