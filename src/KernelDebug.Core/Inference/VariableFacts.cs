using KernelDebug.Dwarf;
using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>What location lists say of a function's variables, address by address.</summary>
internal sealed class VariableFacts
{
    private static readonly List<Fact> None = [];

    private readonly Dictionary<ulong, List<Fact>> _byAddress = [];
    private readonly IReadOnlyList<ScopeVariable> _variables;

    /// <summary>A variable that is in scope at an address, and where it is there.</summary>
    private readonly record struct Fact(ScopeVariable Variable, RootVariable Root, VariableLocation Location, bool IsNew);

    /// <param name="function">The function.</param>
    /// <param name="code">Its code: what is said is said of its instructions.</param>
    public VariableFacts(FunctionScopes function, FunctionCode code)
    {
        _variables = function.Variables;
        ulong[] addresses = [.. code.Instructions.Select(instruction => instruction.IP).Order()];
        for (int i = 0; i < _variables.Count; i++)
        {
            ScopeVariable variable = _variables[i];
            var root = new RootVariable(variable.Name, TypeText.Declare(variable.Type, variable.Name), variable.Function, (ulong)i);
            foreach (LocationEntry entry in variable.Places)
            {
                foreach (AddressRange scope in variable.Scope)
                {
                    Add(addresses, new AddressRange(Math.Max(scope.Low, entry.Range.Low), Math.Min(scope.High, entry.Range.High)), entry, variable, root);
                }
            }
        }
    }

    /// <summary>The values that variables in scope give a register at an address, innermost scope first.</summary>
    public IEnumerable<TrackedValue> At(ulong address, int register)
    {
        foreach (Fact fact in Enumerable.Reverse(FactsAt(address)))
        {
            if (InRegister(fact) is { } place && place.Register == register)
            {
                yield return place.Value;
            }
        }
    }

    /// <summary>The variable that lies in memory at a distance from a register's value at an address, and how far into it that is; null for none.</summary>
    public (TrackedValue Object, long Offset)? InMemory(ulong address, int register, long distance)
    {
        foreach (Fact fact in Enumerable.Reverse(FactsAt(address)))
        {
            if (fact.Location is { Kind: LocationKind.Memory } place && place.Register == register
                && distance >= place.Offset && (ulong)(distance - place.Offset) < (fact.Variable.Type.Size ?? 0))
            {
                return (TrackedValue.AddressOf(fact.Variable.Name, fact.Variable.Type, fact.Root, 0), distance - place.Offset);
            }
        }

        return null;
    }

    /// <summary>The variables whose scopes hold an address.</summary>
    public IEnumerable<ScopeVariable> VisibleAt(ulong address) => _variables.Where(variable => variable.IsVisibleAt(address));

    private List<Fact> FactsAt(ulong address) => _byAddress.GetValueOrDefault(address, None);

    private void Add(ulong[] addresses, AddressRange range, LocationEntry entry, ScopeVariable variable, RootVariable root)
    {
        int at = Array.BinarySearch(addresses, range.Low);
        for (at = at < 0 ? ~at : at; at < addresses.Length && addresses[at] < range.High; at++)
        {
            if (!_byAddress.TryGetValue(addresses[at], out List<Fact>? facts))
            {
                _byAddress[addresses[at]] = facts = [];
            }

            facts.Add(new Fact(variable, root, entry.Location, entry.Range.Low == addresses[at]));
        }
    }

    /// <summary>Puts what is said at an address into the state before the instruction there.</summary>
    public void Apply(ulong address, RegisterState state)
    {
        List<Fact> facts = FactsAt(address);
        foreach (Fact fact in facts)
        {
            // Where a variable comes to a register that held something else, it has a new value.
            if (fact.IsNew && InRegister(fact) is { } place && state[place.Register]?.Root != fact.Root)
            {
                state.ForgetNamesOf(fact.Root, register => At(address, register).Any(value => value.Root == fact.Root));
            }
        }

        // Outer scopes first, so that a name of the innermost stays.
        foreach (Fact fact in facts)
        {
            if (InRegister(fact) is { } place)
            {
                Name(state, place.Register, place.Value);
            }
            else
            {
                ApplyOther(fact, state);
            }
        }
    }

    private static void Name(RegisterState state, int register, TrackedValue variable)
    {
        TrackedValue? before = state[register];
        if (!IsNews(before, variable) || IsInsideMore(before, variable))
        {
            return;
        }

        if (before is { Kind: ValueKind.Expression, Root: { } unnamed, Type.Pointee.Bare.Kind: TypeKind.Void } && variable.Type?.Pointee is not null)
        {
            state.Rename(unnamed, before, variable);
        }

        state[register] = variable;
    }

    private static void ApplyOther(Fact fact, RegisterState state)
    {
        (ScopeVariable variable, RootVariable root, VariableLocation place, _) = fact;
        if (variable.Type.Pointee is not { Bare.Kind: not TypeKind.Void })
        {
            return;
        }

        TrackedValue value = TrackedValue.Of(variable.Name, variable.Type, root);
        switch (place.Kind)
        {
            case LocationKind.Frame:
                state.Store(place.Offset, 8, value);
                break;
            case LocationKind.Memory when state[place.Register & (RegisterState.Count - 1)] is { Kind: ValueKind.Frame } frame:
                state.Store(frame.Offset + place.Offset, 8, value);
                break;
            case LocationKind.EntryValue:
                for (int i = 0; i < RegisterState.Count; i++)
                {
                    if (state[i] is { Kind: ValueKind.Entry } entry && entry.Offset == place.Register)
                    {
                        state[i] = value.Plus(-place.Offset);
                    }
                }

                break;
            case LocationKind.LoadedValue when state[place.Register & (RegisterState.Count - 1)] is { } pointer
                && ResolvedPlace.Find(pointer, place.Offset, 8) is { } memory:
                for (int i = 0; i < RegisterState.Count; i++)
                {
                    if (state[i] is { Source: { } source, Offset: 0 } && source.Text == memory.Text && source.Base.Root == memory.Base.Root)
                    {
                        state[i] = value.Plus(unchecked(-place.Added));
                    }
                }

                break;
            default:
                break;
        }
    }

    /// <summary>What was followed is a member of something larger, and the variable the member alone: <c>&amp;obj->list</c>, and a helper's <c>new</c>.</summary>
    private static bool IsInsideMore(TrackedValue? before, TrackedValue value) =>
        before is { Kind: ValueKind.Expression, Text: not null, Offset: > 0, Type.Pointee: { Bare.IsAggregate: true, Size: { } whole } }
        && value is { Offset: 0, Type.Pointee: { Bare.IsAggregate: true, Size: { } part } } && part < whole;

    /// <summary>A pointer to something is news; a number, or a pointer to nothing known, only where nothing better is known.</summary>
    private static bool IsNews(TrackedValue? before, TrackedValue value)
    {
        if (before is null or { Kind: ValueKind.Entry } or { Kind: ValueKind.Constant })
        {
            return true;
        }

        return Rank(value) >= Rank(before);
    }

    private static int Rank(TrackedValue value) => value.Type?.Pointee?.Bare switch
    {
        _ when value.Kind is ValueKind.Object or ValueKind.Frame => 3,
        _ when value.Kind == ValueKind.Choice => 2,
        null => value.Kind == ValueKind.PerCpuOffset ? 2 : 0,
        { Kind: TypeKind.Void or TypeKind.Unknown } => 1,
        { IsAggregate: true } => 3,
        _ => 2,
    };

    private static (int Register, TrackedValue Value)? InRegister(Fact fact) => fact.Location switch
    {
        { Kind: LocationKind.Register, Register: < RegisterState.Count and not RegisterState.Rsp } place =>
            (place.Register, TrackedValue.Of(fact.Variable.Name, fact.Variable.Type, fact.Root)),
        // The variable is the register and so much more: the register is the variable and so much less.
        { Kind: LocationKind.RegisterValue, Register: < RegisterState.Count and not RegisterState.Rsp } place when fact.Variable.Type.Pointee is not null =>
            (place.Register, TrackedValue.Of(fact.Variable.Name, fact.Variable.Type, fact.Root, unchecked(-place.Offset))),
        _ => null,
    };
}
