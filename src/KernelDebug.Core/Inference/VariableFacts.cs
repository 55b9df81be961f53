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
            _variables.Add((variable, new RootVariable(variable.Name, TypeText.Declare(variable.Type, variable.Name), variable.Function, i)));
        }
    }

    /// <summary>The values that variables in scope give a register at an address, innermost scope first.</summary>
    public IEnumerable<TrackedValue> At(ulong address, int register)
    {
        for (int i = _variables.Count - 1; i >= 0; i--)
        {
            (ScopeVariable variable, RootVariable root) = _variables[i];
            if (variable.IsVisibleAt(address) && InRegister(variable, root, address) is { } place && place.Register == register)
            {
                yield return place.Value;
            }
        }
    }

    /// <summary>The variables whose scopes hold an address.</summary>
    public IEnumerable<ScopeVariable> VisibleAt(ulong address) => _variables.Select(v => v.Variable).Where(v => v.IsVisibleAt(address));

    /// <summary>Puts what is said at an address into the state before the instruction there.</summary>
    public void Apply(ulong address, RegisterState state)
    {
        // Outer scopes first, so that a name of the innermost stays.
        var named = new List<(int Register, RootVariable Root)>();
        foreach ((ScopeVariable variable, RootVariable root) in _variables)
        {
            if (!variable.IsVisibleAt(address))
            {
                continue;
            }

            if (InRegister(variable, root, address) is { } place)
            {
                TrackedValue? before = state[place.Register];
                if (IsNews(before, place.Value))
                {
                    state[place.Register] = place.Value;
                }

                if (before?.Root != root)
                {
                    named.Add((place.Register, root));
                }
            }
            else if (PlaceOf(variable, address) is { } other)
            {
                ApplyOther(variable, root, other, state);
            }
        }

        foreach ((int _, RootVariable root) in named)
        {
            state.ForgetNamesOf(root, register => At(address, register).Any(value => value.Root == root));
        }
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
            default:
                break;
        }
    }

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

    private static (int Register, TrackedValue Value)? InRegister(ScopeVariable variable, RootVariable root, ulong address) =>
        PlaceOf(variable, address) switch
        {
            { Kind: LocationKind.Register, Register: < RegisterState.Count and not RegisterState.Rsp } place =>
                (place.Register, TrackedValue.Of(variable.Name, variable.Type, root)),
            // The variable is the register and so much more: the register is the variable and so much less.
            { Kind: LocationKind.RegisterValue, Register: < RegisterState.Count and not RegisterState.Rsp } place when variable.Type.Pointee is not null =>
                (place.Register, TrackedValue.Of(variable.Name, variable.Type, root, unchecked(-place.Offset))),
            _ => null,
        };

    private static VariableLocation? PlaceOf(ScopeVariable variable, ulong address)
    {
        foreach (LocationEntry entry in variable.Places)
        {
            if (entry.Range.Contains(address))
            {
                return entry.Location;
            }
        }

        return null;
    }
}
