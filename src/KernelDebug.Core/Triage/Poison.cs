namespace KernelDebug.Triage;

/// <summary>A value the kernel writes into memory so that its use shows.</summary>
/// <param name="Value">The value as a 64-bit pointer's.</param>
/// <param name="Name">The constant's name.</param>
/// <param name="Meaning">What it says.</param>
internal readonly record struct PoisonPointer(ulong Value, string Name, string Meaning);

/// <summary>A byte the kernel fills memory with.</summary>
/// <param name="Byte">The byte.</param>
/// <param name="Id">The fact's name.</param>
/// <param name="Name">The constant's name.</param>
/// <param name="Meaning">What it says.</param>
internal readonly record struct PoisonByte(byte Byte, string Id, string Name, string Meaning)
{
    /// <summary>The byte eight times.</summary>
    public ulong Word => Byte * 0x0101010101010101UL;
}

/// <summary>The kernel's poison: include/linux/poison.h.</summary>
internal static class Poison
{
    public const string Source = "include/linux/poison.h";

    public static PoisonByte[] Bytes { get; } =
    [
        new(0x6b, "UseAfterFree", "POISON_FREE", "what slab debugging fills freed objects with: the look of a value read after the free"),
        new(0x5a, "Uninitialized", "POISON_INUSE", "what slab debugging fills new objects and padding with: the look of a value read before any was written"),
        new(0xa5, "SlabPoisonEnd", "POISON_END", "the last byte of a poisoned object, and SLAB's and SLOB's padding"),
        new(0xbb, "RedZone", "SLUB_RED_INACTIVE", "the red zone around a free object: the look of a value read outside an object"),
        new(0xcc, "RedZone", "SLUB_RED_ACTIVE or POISON_FREE_INITMEM", "the red zone around an object in use, or freed init memory; int3 padding between functions has the same bytes"),
        new(0xaa, "PagePoison", "PAGE_POISON", "what page poisoning fills freed pages with; clang's automatic initialisation of stack variables uses the same byte"),
    ];

    // CONFIG_ILLEGAL_POINTER_VALUE: 0xdead000000000000 on x86-64, arm64 and riscv64, 0x5deadbeef0000000 on ppc64 (arch/*/Kconfig).
    private const ulong Delta = 0xdead000000000000;
    private const ulong PowerDelta = 0x5deadbeef0000000;
    private const string Deleted1 = "an entry's next pointer after list_del or hlist_del: the entry was already taken off its list";
    private const string Deleted2 = "an entry's prev (or pprev) pointer after list_del or hlist_del: the entry was already taken off its list";

    public static PoisonPointer[] Pointers { get; } =
    [
        new(Delta + 0x100, "LIST_POISON1", Deleted1),
        new(Delta + 0x122, "LIST_POISON2", Deleted2),
        new(Delta + 0x200, "LIST_POISON2", Deleted2 + ", as older kernels have it"),
        new(PowerDelta + 0x100, "LIST_POISON1", Deleted1),
        new(PowerDelta + 0x122, "LIST_POISON2", Deleted2),
        new(Delta + 0x300, "TIMER_ENTRY_STATIC", "the mark of a statically initialised timer that is in no list"),
        new(Delta + 0x400, "TAIL_MAPPING", "the mapping of a compound page's tail"),
        new(Delta + 0x500, "MUTEX_POISON_WW_CTX", "the context of a wound/wait mutex after its release"),
        new(Delta + 0xeb9f, "BPF_PTR_POISON", "a BPF pointer that must not be used"),
        new(Delta + 0xf5, "VFS_PTR_POISON", "a pointer the VFS invalidated"),
    ];
}
