namespace KernelDebug.Inference;

/// <summary>The general registers and the stack slots of a function at one instruction. Registers by the psABI's DWARF numbers.</summary>
internal sealed class RegisterState
{
    public const int Rax = 0;
    public const int Rdx = 1;
    public const int Rcx = 2;
    public const int Rbx = 3;
    public const int Rsi = 4;
    public const int Rdi = 5;
    public const int Rbp = 6;
    public const int Rsp = 7;
    public const int Count = 16;

    /// <summary>Slots kept; a function that spills more than this is not followed further.</summary>
    private const int MaxSlots = 256;

    private readonly TrackedValue?[] _registers = new TrackedValue?[Count];
    private readonly SortedDictionary<long, TrackedValue> _slots = [];

    /// <summary>What is known of a register.</summary>
    public TrackedValue? this[int register]
    {
        get => _registers[register];
        set => _registers[register] = value;
    }

    /// <summary>The state at a function's entry: the return address is on top of the stack (psABI, Section 3.2.2).</summary>
    public static RegisterState AtEntry()
    {
        var state = new RegisterState();
        for (int i = 0; i < Count; i++)
        {
            state[i] = TrackedValue.Entry(i);
        }

        state[Rsp] = TrackedValue.Frame(-8);
        return state;
    }

    /// <summary>The state at the entry of a function that is called here: the pointers among the arguments (psABI, Section 3.2.3).</summary>
    /// <param name="isNamed">Tells the registers that the function has parameters in, whose own types hold in it.</param>
    public RegisterState Arguments(Predicate<int> isNamed)
    {
        RegisterState entry = AtEntry();
        foreach (int register in (ReadOnlySpan<int>)[Rdi, Rsi, Rdx, Rcx, 8, 9])
        {
            if (!isNamed(register) && _registers[register] is { Kind: ValueKind.Expression, Type.Pointee: not null } pointer)
            {
                entry[register] = pointer;
            }
        }

        return entry;
    }

    public RegisterState Copy()
    {
        var copy = new RegisterState();
        Array.Copy(_registers, copy._registers, Count);
        foreach ((long offset, TrackedValue value) in _slots)
        {
            copy._slots[offset] = value;
        }

        return copy;
    }

    /// <summary>The eight bytes at an offset from the canonical frame address.</summary>
    public TrackedValue? Slot(long offset) => _slots.GetValueOrDefault(offset);

    /// <summary>Stores to the stack: what overlaps is gone.</summary>
    public void Store(long offset, int size, TrackedValue? value)
    {
        for (long at = offset - 7; at < offset + size; at++)
        {
            _ = _slots.Remove(at);
        }

        if (value is not null && size == 8 && _slots.Count < MaxSlots)
        {
            _slots[offset] = value;
        }
    }

    /// <summary>Forgets slots from an offset up: their address is known to others.</summary>
    public void ForgetSlotsFrom(long offset)
    {
        foreach (long at in _slots.Keys.Where(at => at + 7 >= offset).ToArray())
        {
            _ = _slots.Remove(at);
        }
    }

    /// <summary>A called function may change what the psABI (Section 3.2.1) does not make it keep.</summary>
    public void ForgetCallerSaved()
    {
        foreach (int register in (ReadOnlySpan<int>)[Rax, Rcx, Rdx, Rsi, Rdi, 8, 9, 10, 11])
        {
            _registers[register] = null;
        }
    }

    /// <summary>A variable got a new value: expressions that begin with it mean the old one.</summary>
    public void ForgetNamesOf(RootVariable root, Predicate<int> isKept)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_registers[i] is { Kind: ValueKind.Expression or ValueKind.Choice } value && value.Root == root && !isKept(i))
            {
                _registers[i] = Nameless(value);
            }
        }

        foreach (long at in _slots.Keys.Where(at => _slots[at].Root == root).ToArray())
        {
            Store(at, 8, Nameless(_slots[at]));
        }
    }

    private static TrackedValue? Nameless(TrackedValue value) => value.Kind == ValueKind.Expression ? value with { Text = null, Root = null, Source = null } : null;

    /// <summary>What was a pointer to nothing known turns out to be a variable: so is the same pointer in other registers, however many bytes further.</summary>
    public void Rename(RootVariable root, TrackedValue before, TrackedValue variable)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_registers[i] is { Kind: ValueKind.Expression } value && value.Root == root && value.Text == before.Text)
            {
                _registers[i] = variable.Plus(unchecked(value.Offset - before.Offset));
            }
        }
    }

    /// <summary>Takes in another way that leads here; true where this made a difference.</summary>
    public bool Meet(RegisterState other)
    {
        bool changed = false;
        for (int i = 0; i < Count; i++)
        {
            TrackedValue? joined = TrackedValue.Join(_registers[i], other._registers[i]);
            changed |= !TrackedValue.AreEqual(joined, _registers[i]);
            _registers[i] = joined;
        }

        foreach (long at in _slots.Keys.ToArray())
        {
            TrackedValue? joined = TrackedValue.Join(_slots[at], other.Slot(at));
            changed |= !TrackedValue.AreEqual(joined, _slots[at]);
            if (joined is null)
            {
                _ = _slots.Remove(at);
            }
            else
            {
                _slots[at] = joined;
            }
        }

        return changed;
    }
}
