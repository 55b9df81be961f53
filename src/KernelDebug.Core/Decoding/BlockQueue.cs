using KernelDebug.IO;

namespace KernelDebug.Decoding;

/// <summary>
/// Hands blocks from the thread that reads to the one that parses, and empty ones back. Neither spins while it waits: on a small machine
/// the other one needs the processor.
/// </summary>
internal sealed class BlockQueue
{
    // Blocks read ahead: with the one that is being parsed and the one that is being filled they bound the memory.
    private const int MaxAhead = 4;

    private readonly Queue<LineBlock> _filled = new();
    private readonly Stack<LineBlock> _free = new();
    private bool _isComplete;
    private bool _isStopped;

    /// <summary>Waits for a filled block; null at the end, or once stopped.</summary>
    public LineBlock? Take()
    {
        lock (_filled)
        {
            while (_filled.Count == 0 && !_isComplete && !_isStopped)
            {
                Monitor.Wait(_filled);
            }

            if (_isStopped || !_filled.TryDequeue(out LineBlock? block))
            {
                return null;
            }

            Monitor.Pulse(_filled);
            return block;
        }
    }

    /// <summary>Gives a block back to be filled again.</summary>
    public void Free(LineBlock block)
    {
        lock (_filled)
        {
            _free.Push(block);
        }
    }

    /// <summary>Waits until a block is wanted; null once stopped.</summary>
    public LineBlock? Rent()
    {
        lock (_filled)
        {
            while (_filled.Count >= MaxAhead && !_isStopped)
            {
                Monitor.Wait(_filled);
            }

            return _isStopped ? null : _free.TryPop(out LineBlock? block) ? block : new LineBlock();
        }
    }

    /// <summary>Passes a filled block on.</summary>
    public void Add(LineBlock block)
    {
        lock (_filled)
        {
            _filled.Enqueue(block);
            Monitor.Pulse(_filled);
        }
    }

    /// <summary>No block follows.</summary>
    public void Complete()
    {
        lock (_filled)
        {
            _isComplete = true;
            Monitor.Pulse(_filled);
        }
    }

    /// <summary>Ends both sides' waiting.</summary>
    public void Stop()
    {
        lock (_filled)
        {
            _isStopped = true;
            Monitor.PulseAll(_filled);
        }
    }
}
