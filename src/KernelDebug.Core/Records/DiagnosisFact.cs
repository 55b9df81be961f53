namespace KernelDebug.Records;

/// <summary>A short fact about a crash, with what it rests on.</summary>
/// <param name="Id">A stable name for scripts (<c>SlabPoison</c>).</param>
/// <param name="Statement">The fact, no more than the evidence supports.</param>
/// <param name="Evidence">What in the log shows it (<c>RAX is 6b6b6b6b6b6b6b6b</c>).</param>
/// <param name="Source">Where the kernel defines it (<c>POISON_FREE, include/linux/poison.h</c>).</param>
public sealed record DiagnosisFact(string Id, string Statement, string Evidence, string Source)
{
    /// <summary>The statement and its evidence.</summary>
    public override string ToString() => $"{Statement} ({Evidence})";
}
