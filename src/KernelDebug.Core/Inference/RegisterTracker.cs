using Iced.Intel;

namespace KernelDebug.Inference;

/// <summary>
/// Follows what the registers of a function hold, from instruction to instruction: where the location lists name a variable, that;
/// in between through moves, loads through typed pointers, and the stack. Where two ways meet, what they agree on is kept.
/// </summary>
internal sealed class RegisterTracker
{
    /// <summary>Times a block is gone through; a chain of joins is shorter.</summary>
    private const int MaxTurns = 64;

    private readonly FunctionCode _code;
    private readonly InstructionEffects _effects;
    private readonly VariableFacts _facts;
    private readonly Dictionary<int, RegisterState> _starts = [];
    private readonly HashSet<ulong> _patched;
    private readonly bool[] _isStart;

    private RegisterTracker(FunctionCode code, InstructionEffects effects, VariableFacts facts, HashSet<ulong> patched)
    {
        _code = code;
        _effects = effects;
        _facts = facts;
        _patched = patched;
        _isStart = FindStarts();
    }

    /// <summary>Follows a function.</summary>
    /// <param name="code">Its code.</param>
    /// <param name="entry">The address it is entered at.</param>
    /// <param name="arguments">The registers there.</param>
    /// <param name="effects">What instructions do.</param>
    /// <param name="facts">What debug information says of its variables.</param>
    /// <param name="patched">Instructions that were not those of the file when it ran: nothing is known behind them.</param>
    /// <returns>Null where there is no end to it within bounds.</returns>
    public static RegisterTracker? Run(
        FunctionCode code, ulong entry, RegisterState arguments, InstructionEffects effects, VariableFacts facts, HashSet<ulong> patched)
    {
        var tracker = new RegisterTracker(code, effects, facts, patched);
        // A stack address that got out in a block seen late may have been written through in one seen early.
        long escaped;
        do
        {
            escaped = effects.EscapedFrom;
            if (!tracker.Follow(entry, arguments))
            {
                return null;
            }
        }
        while (effects.EscapedFrom != escaped);

        return tracker;
    }

    /// <summary>The state before an instruction: as it came there, and with what debug information says of the variables at it.</summary>
    public (RegisterState Came, RegisterState Known)? Before(int index)
    {
        int start = index;
        while (start > 0 && !_isStart[start])
        {
            start--;
        }

        if (!_starts.TryGetValue(start, out RegisterState? at))
        {
            return null;
        }

        RegisterState state = at.Copy();
        for (int i = start; i < index; i++)
        {
            Step(i, state);
        }

        RegisterState came = state.Copy();
        _facts.Apply(_code.Instructions[index].IP, state);
        return (came, state);
    }

    private bool Follow(ulong entry, RegisterState arguments)
    {
        _starts.Clear();
        var turns = new Dictionary<int, int>();
        var waiting = new Queue<int>();
        for (int i = 0; i < _isStart.Length; i++)
        {
            if (_code.Instructions[i].IP == entry)
            {
                _starts[i] = arguments.Copy();
                waiting.Enqueue(i);
            }
            else if (_isStart[i] && (_code.IsUnknownEntry(i) || !_isReached[i]))
            {
                _starts[i] = new RegisterState();
                waiting.Enqueue(i);
            }
        }

        while (waiting.TryDequeue(out int start))
        {
            int turn = turns[start] = turns.GetValueOrDefault(start) + 1;
            if (turn > MaxTurns)
            {
                return false;
            }

            RegisterState state = _starts[start].Copy();
            int at = start;
            Step(at, state);
            while (at + 1 < _isStart.Length && !_isStart[at + 1] && FallsThrough(at))
            {
                Step(++at, state);
            }

            foreach (int next in _code.Successors(at))
            {
                if (!_starts.TryGetValue(next, out RegisterState? known))
                {
                    _starts[next] = state.Copy();
                    waiting.Enqueue(next);
                }
                else if (known.Meet(state) && !waiting.Contains(next))
                {
                    waiting.Enqueue(next);
                }
            }
        }

        return true;
    }

    private bool[] _isReached = [];

    /// <summary>Instructions that control can come to from elsewhere than the one before them.</summary>
    private bool[] FindStarts()
    {
        int count = _code.Instructions.Count;
        var starts = new bool[count];
        _isReached = new bool[count];
        for (int i = 0; i < count; i++)
        {
            foreach (int next in _code.Successors(i))
            {
                _isReached[next] = true;
                // An address that a jump leads to, or that follows an instruction with two ways.
                starts[next] |= next != i + 1 || _code.Instructions[i].FlowControl is not (FlowControl.Next or FlowControl.Call or FlowControl.IndirectCall);
            }
        }

        for (int i = 0; i < count; i++)
        {
            starts[i] |= i == 0 || !_isReached[i] || _code.IsUnknownEntry(i) || _code.Instructions[i - 1].NextIP != _code.Instructions[i].IP;
        }

        return starts;
    }

    private bool FallsThrough(int index) => _code.Successors(index).Take(2).ToArray() is [var only] && only == index + 1;

    private void Step(int index, RegisterState state)
    {
        Instruction instruction = _code.Instructions[index];
        _facts.Apply(instruction.IP, state);
        if (_patched.Contains(instruction.IP))
        {
            _effects.Forget(instruction, state);
        }
        else
        {
            _effects.Apply(instruction, state);
        }
    }
}
