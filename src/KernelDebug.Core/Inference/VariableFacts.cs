using KernelDebug.Dwarf;
using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>What location lists say of a function's variables, address by address.</summary>
internal sealed class VariableFacts
{
    private readonly List<(ScopeVariable Variable, RootVariable Root)> _variables = [];

    public VariableFacts(FunctionScopes function)
    {
        for (int i = 0; i < function.Variables.Count; i++)
        {
            ScopeVariable variable = function.Variables[i];
            _variables.Add((variable, new RootVariable(variable.Name, TypeText.Declare(variable.Type, variable.Name), variable.Function, (ulong)i)));
        }
    }

    /// <summary>The values that variables in scope give a register at an address, innermost scope first.</summary>
    public IEnumerable<TrackedValue> At(ulong address, int register)
    {
        for (int i = _variables.Count - 1; i >= 0; i--)
        {
            (ScopeVariable variable, RootVariable root) = _variables[i];
            if (EntryOf(variable, address) is { Location: var location } && variable.IsVisibleAt(address)
                && InRegister(variable, root, location) is { } place && place.Register == register)
            {
                yield return place.Value;
            }
        }
    }

    /// <summary>The variable that lies in memory at a distance from a register's value at an address, and how far into it that is; null for none.</summary>
    public (TrackedValue Object, long Offset)? InMemory(ulong address, int register, long distance)
    {
        for (int i = _variables.Count - 1; i >= 0; i--)
        {
            (ScopeVariable variable, RootVariable root) = _variables[i];
            if (variable.IsVisibleAt(address) && EntryOf(variable, address) is { Location: { Kind: LocationKind.Memory } place } && place.Register == register
                && distance >= place.Offset && (ulong)(distance - place.Offset) < (variable.Type.Size ?? 0))
            {
                return (TrackedValue.AddressOf(variable.Name, variable.Type, root, 0), distance - place.Offset);
            }
        }

        return null;
    }

    /// <summary>The variables whose scopes hold an address.</summary>
    public IEnumerable<ScopeVariable> VisibleAt(ulong address) => _variables.Select(v => v.Variable).Where(v => v.IsVisibleAt(address));

    /// <summary>Puts what is said at an address into the state before the instruction there.</summary>
    public void Apply(ulong address, RegisterState state)
    {
        foreach ((ScopeVariable variable, RootVariable root) in _variables)
        {
            // Where a variable comes to a register that held something else, it has a new value.
            if (EntryOf(variable, address) is { } entry && entry.Range.Low == address && variable.IsVisibleAt(address)
                && InRegister(variable, root, entry.Location) is { } place && state[place.Register]?.Root != root)
            {
                state.ForgetNamesOf(root, register => At(address, register).Any(value => value.Root == root));
            }
        }

        // Outer scopes first, so that a name of the innermost stays.
        foreach ((ScopeVariable variable, RootVariable root) in _variables)
        {
            if (EntryOf(variable, address) is not { Location: var location } || !variable.IsVisibleAt(address))
            {
                continue;
            }

            if (InRegister(variable, root, location) is { } place)
            {
                Name(state, place.Register, place.Value);
            }
            else
            {
                ApplyOther(variable, root, location, state);
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

    private static void ApplyOther(ScopeVariable variable, RootVariable root, VariableLocation place, RegisterState state)
    {
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
        null => value.Kind == ValueKind.PerCpuOffset ? 2 : 0,
        { Kind: TypeKind.Void or TypeKind.Unknown } => 1,
        { IsAggregate: true } => 3,
        _ => 2,
    };

    private static (int Register, TrackedValue Value)? InRegister(ScopeVariable variable, RootVariable root, VariableLocation location) =>
        location switch
        {
            { Kind: LocationKind.Register, Register: < RegisterState.Count and not RegisterState.Rsp } place =>
                (place.Register, TrackedValue.Of(variable.Name, variable.Type, root)),
            // The variable is the register and so much more: the register is the variable and so much less.
            { Kind: LocationKind.RegisterValue, Register: < RegisterState.Count and not RegisterState.Rsp } place when variable.Type.Pointee is not null =>
                (place.Register, TrackedValue.Of(variable.Name, variable.Type, root, unchecked(-place.Offset))),
            _ => null,
        };

    private static LocationEntry? EntryOf(ScopeVariable variable, ulong address)
    {
        foreach (LocationEntry entry in variable.Places)
        {
            if (entry.Range.Contains(address))
            {
                return entry;
            }
        }

        return null;
    }
}
