using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What the slab allocator and KASAN say of an object's life.</summary>
internal static class SlabRules
{
    // set_freepointer() stands near the top of mm/slub.c in every release that has the check (line 307 in v5.10, 419 in v6.1); kfree()
    // and its own BUG_ON stand behind line 3500.
    private const int LastLineOfFreePointer = 1000;
    private static readonly NamePattern[] s_free = NamePattern.Parse("kfree kfree_sensitive kzfree kvfree kmem_cache_free* __kmem_cache_free *slab_free* set_freepointer ___cache_free");

    private static readonly NamePattern[] s_allocate = NamePattern.Parse("kmem_cache_alloc* __kmalloc* kmalloc_* *slab_alloc* get_freepointer* __kmem_cache_alloc* kmem_cache_zalloc");

    // Allocators' own frames that titles may name and a life may not.
    private static readonly NamePattern[] s_plumbing = NamePattern.Parse("kzfree post_alloc_hook prep_new_page get_page_from_freelist *page_owner* *_alloc_hook* *_free_hook*");

    public static DiagnosisRule[] All { get; } =
    [
        new("DoubleFree", "The object that {0} frees is already the head of its slab's free list: it was freed twice with no other object of that slab freed in between, or the free list is damaged.",
            "set_freepointer() with CONFIG_SLAB_FREELIST_HARDENED, mm/slub.c; commit ce6fa91b9363 (in v4.14)",
            e => e.Report is { Kind: PanicKind.Bug, ReportedFile: { } file, ReportedLine: <= LastLineOfFreePointer } && IsSlub(file) && e.StoppedIn is { } f && NamePattern.Any(s_free, f)
                ? [new Finding($"{e.Report.Headline} in {f}", f)] : []),
        new("FreeOfNoObject", "kfree was given a pointer into a page that is neither a slab's nor a compound page's: it was not allocated by kmalloc.",
            "kfree(), mm/slub.c, BUG_ON(!PageCompound(page)) (until v5.14)",
            e => e.Report is { Kind: PanicKind.Bug, ReportedFile: { } file, ReportedLine: > 3 * LastLineOfFreePointer } && IsSlub(file) && e.StoppedIn == "kfree"
                ? [new Finding($"{e.Report.Headline} in kfree")] : []),
        new("FreeListCorruption", "{0} faulted on an address that is none while it took an object off the free list: the free pointer inside a freed object could have been overwritten, by whoever used it after its free or wrote past a neighbour. The caller that crashed need not be the guilty one.",
            "get_freepointer(), freelist_dereference(), mm/slub.c",
            e => e.Report.Kind is PanicKind.GeneralProtectionFault or PanicKind.PageFault && e.StoppedIn is { } f && NamePattern.Any(s_allocate, f)
                && (e.FaultAddress is { } address ? e.IsNonCanonical(address) : e.Holding(e.IsNonCanonical) is not null)
                ? [new Finding(e.FaultAddress is { } bad ? $"address 0x{bad:x} in {f}" : $"{e.Holding(e.IsNonCanonical)} not canonical in {f}", f)] : []),
        new("ObjectLife", "The object was allocated in {0}, freed in {1}, and {2} in {3}.", "mm/kasan/report.c, mm/kfence/report.c: the stacks of the report", Life),
        new("BeyondObject", "The access lies {0} bytes {1} of an object of {2} bytes.", "describe_object_addr(), mm/kasan/report.c", Beyond),
    ];

    private static bool IsSlub(string file) => file == "mm/slub.c" || file.EndsWith("/mm/slub.c", StringComparison.Ordinal);

    private static IEnumerable<Finding> Life(CrashEvidence e)
    {
        if (e.Report.Kind is not (PanicKind.Kasan or PanicKind.Kfence) || First(e.Report, StackRole.Allocation) is not { } allocated
            || First(e.Report, StackRole.Free) is not { } freed || (e.Report.GuiltyFrame ?? Purposeful(e.Report.CallTrace)) is not { } used)
        {
            return [];
        }
        // Of an access out of bounds, or of a free by a wrong pointer, the free is of an earlier life of the memory. KFENCE keeps no earlier life.
        string headline = e.Report.Headline;
        string? then = headline.Contains("use-after-free", StringComparison.Ordinal) ? "used"
            : headline.Contains("double-free or invalid-free", StringComparison.Ordinal) ? "freed once more (or freed by a wrong pointer)"
            : headline.Contains("double-free", StringComparison.Ordinal) || headline.Contains("KFENCE: invalid free", StringComparison.Ordinal) ? "freed again" : null;
        return then is null ? [] : [new Finding($"the stacks from line {e.Report.Stacks.Min(s => s.FirstLine)}", Name(allocated), Name(freed), then, Name(used))];
    }

    // "The buggy address is located 8 bytes to the right of\n 64-byte region", "located 0 bytes to the right of allocated 64-byte region".
    private static IEnumerable<Finding> Beyond(CrashEvidence e)
    {
        if (e.Report.MemoryObject is { Position: { } position, Size: { } size } && CrashEvidence.NumberAfter(position, "located ") is { } distance
            && (position.Contains("to the right of", StringComparison.Ordinal) ? "behind the end" : position.Contains("to the left of", StringComparison.Ordinal) ? "before the start" : null) is { } side)
        {
            yield return new Finding(position, $"{distance}", side, $"{size}");
        }
    }

    private static TraceFrame? First(PanicTrace report, StackRole role) => report.Stacks.FirstOrDefault(s => s.Role == role) is { } stack ? Purposeful(stack.Frames) : null;

    private static TraceFrame? Purposeful(IReadOnlyList<TraceFrame> frames) =>
        frames.FirstOrDefault(f => f is { IsReliable: true, Symbol: not null } && (FrameRoles.Of(FunctionName.WithoutSuffix(f.Symbol)) & (FrameRoles.All & ~FrameRole.Service)) == 0
            && !NamePattern.Any(s_plumbing, FunctionName.WithoutSuffix(f.Symbol)));

    // What an RCU callback frees, the one who handed it to RCU gave up.
    private static string Name(TraceFrame frame) => frame.Symbol!.StartsWith("rcu_", StringComparison.Ordinal) ? "an RCU callback" : FunctionName.WithoutSuffix(frame.Symbol!) + (frame.Module is null ? "" : $" [{frame.Module}]");
}
