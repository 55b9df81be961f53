using System.Buffers.Binary;

namespace KernelDebug.Tracing;

/// <summary>
/// Puts calls together to trees. Records come when calls end: what began during a call and has ended before it is of it. A record says whether
/// the call was its task's outermost, with which a tree is whole.
/// </summary>
/// <param name="kinds">The records' kinds, by number.</param>
internal sealed class TraceTrees(TraceEventClass[] kinds)
{
    /// <summary>Calls that wait for those they were made in, at most.</summary>
    public const int MostPending = 1 << 18;

    private readonly Dictionary<(ulong Ids, int Cpu), List<(TraceCall Call, ulong Began)>> _pending = [];
    private readonly Queue<TraceCall> _ready = new();
    private int _count;

    /// <summary>True where there is something to take, or will be at the end.</summary>
    public bool HasMore => _ready.Count > 0 || _count > 0;

    /// <summary>Takes a record.</summary>
    /// <param name="record">The record, which must not change.</param>
    public void Add(byte[] record)
    {
        bool isOutermost = record[TreeCode.IsOutermostAt] != 0;
        ulong began = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(TraceEventClass.TimeAt)), ids = BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(TraceEventClass.IdsAt));

        // Each processor has an idle task of its own, all of them of number 0.
        (ulong, int) task = (ids, (uint)ids == 0 ? BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(TraceEventClass.CpuAt)) : -1);
        if (!_pending.TryGetValue(task, out List<(TraceCall Call, ulong Began)>? pending))
        {
            _pending[task] = pending = [];
        }

        int first = pending.Count;
        while (first > 0 && pending[first - 1].Began >= began)
        {
            first--;
        }

        var call = new TraceCall((TraceEventObject)kinds[TraceEventClass.KindOf(record)].Make(record), pending.Skip(first).Select(item => item.Call).ToArray());
        pending.RemoveRange(first, pending.Count - first);
        pending.Add((call, began));
        _count++;
        if (isOutermost || _count > MostPending)
        {
            Release(task, isOutermost);
        }
    }

    /// <summary>The next tree; null where none is whole.</summary>
    public TraceCall? Take() => _ready.TryDequeue(out TraceCall? tree) ? tree : null;

    /// <summary>Nothing comes any more: what waits goes out as it is.</summary>
    public void End()
    {
        foreach ((ulong, int) task in _pending.Keys.ToArray())
        {
            Release(task, isLastOutermost: false);
        }
    }

    private void Release((ulong, int) task, bool isLastOutermost)
    {
        List<(TraceCall Call, ulong Began)> pending = _pending[task];
        _pending.Remove(task);
        for (int i = 0; i < pending.Count; i++)
        {
            TraceCall tree = pending[i].Call with { IsOutermost = isLastOutermost && i == pending.Count - 1 };
            _ready.Enqueue(tree);
            _count -= tree.Flatten().Count();
        }
    }
}
