using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>Poison in registers and in the faulting address.</summary>
internal static class PoisonRules
{
    // How far from a pointer made of poison an access still is to one of its members.
    private const ulong Reach = 0x1000;
    private static readonly NamePattern[] s_fills = NamePattern.Parse("memset* __memset* memchr_inv* check_bytes* init_object* *clear_page*");
    private const ulong SpinlockMagic = 0xdead4ead;
    private const ulong RwlockMagic = 0xdeaf1eed;

    public static DiagnosisRule[] All { get; } =
    [
        .. Poison.Bytes.Select(Row),
        .. Poison.Pointers.Select(Row),
        new("ListPoison", "Both halves of a list entry hold the list's poison (LIST_POISON1 and LIST_POISON2 of a 32-bit kernel): the entry was already taken off its list.", $"LIST_POISON1, LIST_POISON2, {Poison.Source}",
            e => e is { Is64Bit: false, Machine: Machine.X86 or Machine.Arm } && e.Holding(v => v == 0x100) is { } first && e.Holding(v => v is 0x122 or 0x200) is { } second
                ? [new Finding($"{first} is 100 and {second} is 122 or 200")] : []),
        new("LockMagic", "The faulting pointer is made of {0}, the mark inside a debugged {1}: memory that holds a lock was taken for a pointer.", "SPINLOCK_MAGIC, include/linux/spinlock_types_raw.h; RWLOCK_MAGIC, include/linux/rwlock_types.h",
            e => e.FaultAddress is { } address && ((uint)address - SpinlockMagic < 0x100 ? ("SPINLOCK_MAGIC", "spinlock") : (uint)address - RwlockMagic < 0x100 ? ("RWLOCK_MAGIC", "rwlock") : default) is { Item1: { } magic, Item2: { } kind }
                ? [new Finding($"the address is 0x{address:x}", magic, kind)] : []),
    ];

    private static DiagnosisRule Row(PoisonByte poison) => new(poison.Id, $"{{0}} {poison.Name}, {poison.Meaning}.", $"{poison.Name}, {Poison.Source}", e =>
    {
        // Code that fills or compares makes the pattern itself.
        if (e.StoppedIn is { } function && NamePattern.Any(s_fills, function))
        {
            return [];
        }
        ulong word = e.Is64Bit ? poison.Word : (uint)poison.Word;
        // Shorter runs of the other bytes are masks and constants of ordinary code.
        bool isDistinct = poison.Byte is 0x6b or 0x5a;
        bool Holds(ulong value) => value == word || isDistinct && (value == (uint)word || e.Is64Bit && IsNear(value, word));
        return Find(e, e.Machine == Machine.Unknown ? null : e.Holding(Holds), address => IsNear(address, word));
    });

    // list_del and its like load these constants themselves, so that a register proves nothing: the faulting address does, and a register
    // only where a trap that such a pointer causes tells no address.
    private static DiagnosisRule Row(PoisonPointer poison) => new(poison.Name.StartsWith("LIST_", StringComparison.Ordinal) ? "ListPoison" : "PoisonedPointer",
        $"{{0}} {poison.Name}, {poison.Meaning}.", $"{poison.Name}, {Poison.Source}",
        e => !e.Is64Bit && e.Machine != Machine.Unknown ? []
            // The instruction's own register: the poison itself, or what container_of made of it while another register still has it.
            : e.Operand is { } operand ? operand.Value == poison.Value || IsNear(operand.Value, poison.Value) && e.Holding(v => v == poison.Value) is not null
                ? [new Finding($"the address is 0x{e.FaultAddress:x}, {operand.Register} is {operand.Value:x}{(operand.Value == poison.Value ? "" : $", {e.Holding(v => v == poison.Value)} is {poison.Value:x}")}",
                    operand.Value == poison.Value ? $"{operand.Register}, which the access went through, is" : $"{operand.Register}, which the access went through, is {Distance(operand.Value, poison.Value)}")]
                : []
            // The second pointer of an entry stands 8 bytes behind its first.
            : Find(e, e.FaultAddress is null && e.Report.Kind == PanicKind.GeneralProtectionFault ? e.Holding(v => v == poison.Value) : null, address => address == poison.Value || address == poison.Value + 8));

    /// <summary>True for a value that poison makes: one of the kernel's marks, or some bytes from one.</summary>
    public static bool IsPoison(ulong value) =>
        Array.Exists(Poison.Pointers, poison => IsNear(value, poison.Value)) || Array.Exists(Poison.Bytes, poison => IsNear(value, poison.Word));

    private static string Distance(ulong value, ulong poison) => value < poison ? $"0x{poison - value:x} below" : $"0x{value - poison:x} above";

    private static IEnumerable<Finding> Find(CrashEvidence e, string? registers, Func<ulong, bool> isIts)
    {
        string? address = e.FaultAddress is { } fault && isIts(fault) ? $"the address is 0x{fault:x}" : null;
        if (registers is null && address is null)
        {
            return [];
        }
        string[] values = registers is null ? [] : e.General.Where(r => registers.Split(", ").Contains(r.Name)).Select(r => $"{r.Name} is {r.Value:x}").ToArray();
        string subject = (address is not null, registers is not null) switch
        {
            (true, false) => "The faulting address is made of",
            (true, true) => $"The faulting address and {registers} are made of",
            _ => registers!.Contains(',') ? $"{registers} hold" : $"{registers} holds",
        };
        return [new Finding(string.Join(", ", [.. address is null ? [] : new[] { address }, .. values]), subject)];
    }

    private static bool IsNear(ulong value, ulong word) => value - (word - Reach) <= 2 * Reach;
}
