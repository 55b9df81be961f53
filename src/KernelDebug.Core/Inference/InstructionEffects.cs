using Iced.Intel;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>What an instruction does to what is known of the registers. What is not understood makes the registers it writes unknown.</summary>
/// <param name="code">The code, for the names of called functions.</param>
/// <param name="statics">The variables outside functions.</param>
/// <param name="function">The function, for its variables on the stack and the functions its unit knows.</param>
/// <param name="facts">Where its variables are.</param>
/// <param name="dwarf">The debug information.</param>
internal sealed class InstructionEffects(CodeImage code, StaticData statics, FunctionScopes function, VariableFacts facts, DwarfFile dwarf)
{
    /// <summary>Where an aligned stack is said to begin: far from all offsets of one that is not.</summary>
    private const long AlignedFrame = -(1L << 40);

    private readonly InstructionInfoFactory _info = new();

    /// <summary>Stack addresses from this offset up have been in a register: others may write there. Offsets count from the canonical frame address.</summary>
    public long EscapedFrom { get; private set; } = long.MaxValue;

    /// <summary>Does to a state what the instruction does to the registers.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public void Apply(in Instruction instruction, RegisterState state)
    {
        switch (instruction.FlowControl)
        {
            case FlowControl.Call or FlowControl.IndirectCall:
                Call(instruction, state);
                return;
            case FlowControl.Next:
                break;
            default:
                return;
        }

        Stored(instruction, state);
        (int Register, TrackedValue? Value)? result = Result(instruction, state);
        Stack(instruction, state);
        Forget(instruction, state);
        if (result is { } known)
        {
            state[known.Register] = known.Value;
            if (known.Value is { Kind: ValueKind.Frame } address && known.Register is not (RegisterState.Rsp or RegisterState.Rbp))
            {
                EscapedFrom = Math.Min(EscapedFrom, address.Offset);
            }
        }
    }

    /// <summary>Makes unknown what an instruction writes.</summary>
    public void Forget(in Instruction instruction, RegisterState state)
    {
        if (instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall)
        {
            state.ForgetCallerSaved();
            return;
        }

        bool movesStack = instruction.IsStackInstruction;
        foreach (UsedRegister used in _info.GetInfo(instruction).GetUsedRegisters())
        {
            bool writes = used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;
            if (writes && X64Registers.NumberOf(used.Register) is { } number && !(movesStack && number == RegisterState.Rsp))
            {
                state[number] = null;
            }
        }
    }

    /// <summary>The value of a memory operand of 8 bytes; null where it is not known.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public TrackedValue? Load(in Instruction instruction, RegisterState state)
    {
        if (MemoryOperand.Of(instruction) is not { Size: 8 } memory)
        {
            return null;
        }

        if (memory.Base is null)
        {
            return LoadStatic(memory);
        }

        return state[memory.Base.Value] is { Kind: ValueKind.Frame } frame && memory.Index is null && state.Slot(frame.Offset + memory.Displacement) is { } slot
            ? slot
            : PlaceOf(instruction, memory, state)?.Value;
    }

    /// <summary>The expression for a memory operand that a register with a known value leads to; null where there is none.</summary>
    private ResolvedPlace? PlaceOf(in Instruction instruction, MemoryOperand memory, RegisterState state)
    {
        if (memory.Index is not null || memory.IsPerCpu || memory.Base is not { } number)
        {
            return null;
        }

        if (number is RegisterState.Rsp or RegisterState.Rbp && facts.InMemory(instruction.IP, number, memory.Displacement) is { } variable)
        {
            return ResolvedPlace.Find(variable.Object, variable.Offset, memory.Size);
        }

        return state[number] switch
        {
            { Kind: ValueKind.Frame } frame => StackObject(frame.Offset + memory.Displacement),
            { Kind: ValueKind.Constant } constant => StaticPlace(unchecked((ulong)(memory.Displacement + constant.Offset)), memory.Size),
            { } value => ResolvedPlace.Find(value, memory.Displacement, memory.Size),
            null => null,
        };
    }

    /// <summary>A register whose eight bytes are stored to a pointer of a known type holds such a pointer.</summary>
    private void Stored(in Instruction instruction, RegisterState state)
    {
        if (instruction.Mnemonic == Mnemonic.Mov && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register && instruction.Op1Register.IsGPR64()
            && X64Registers.NumberOf(instruction.Op1Register) is { } stored && stored != RegisterState.Rsp
            && state[stored] is null or { Kind: ValueKind.Constant or ValueKind.Entry }
            && MemoryOperand.Of(instruction) is { Size: 8 } memory && PlaceOf(instruction, memory, state)?.Value is { Type.Pointee: not null } value)
        {
            state[stored] = value;
        }
    }

    private TrackedValue? LoadStatic(MemoryOperand memory)
    {
        if (statics.NameAt((ulong)memory.Displacement) is "this_cpu_off" or "__per_cpu_offset")
        {
            return TrackedValue.PerCpu;
        }

        return memory.Index is null && StaticPlace((ulong)memory.Displacement, memory.Size) is { } place ? place.Value : null;
    }

    /// <summary>The expression for memory at an address of the file; null where no variable is known there.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public ResolvedPlace? StaticPlace(ulong address, int size)
    {
        return statics.At(address) is { } found
            ? ResolvedPlace.Find(TrackedValue.AddressOf(found.Name, found.Type, RootOf(found.Name, found.Type), found.Offset), 0, size)
            : null;
    }

    /// <summary>The value that points at an object: a number that is the address of one, a stack address of a variable.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public TrackedValue? AsObject(TrackedValue? value)
    {
        switch (value?.Kind)
        {
            case ValueKind.Constant when statics.At((ulong)value.Offset) is { } found:
                return TrackedValue.AddressOf(found.Name, found.Type, RootOf(found.Name, found.Type), found.Offset);
            case ValueKind.Frame:
                return VariableOnStack(value.Offset) is { } on
                    ? TrackedValue.AddressOf(on.Variable.Name, on.Variable.Type, RootOf(on.Variable.Name, on.Variable.Type), value.Offset - on.Start)
                    : value;
            default:
                return value;
        }
    }

    private static RootVariable RootOf(string name, DataType type) => new(name, TypeText.Declare(type, name), null, ulong.MaxValue);

    private ResolvedPlace? StackObject(long offset) => VariableOnStack(offset) is { } on
        ? ResolvedPlace.Find(TrackedValue.AddressOf(on.Variable.Name, on.Variable.Type, RootOf(on.Variable.Name, on.Variable.Type), offset - on.Start), 0, 8)
        : null;

    /// <summary>A structure of the function that lives on the stack for all of its scope, the only one there.</summary>
    private (ScopeVariable Variable, long Start)? VariableOnStack(long offset)
    {
        (ScopeVariable Variable, long Start)? found = null;
        foreach (ScopeVariable variable in function.Variables)
        {
            if (variable.Places is not [{ Location: { Kind: LocationKind.Frame, Offset: var start } }] || !(variable.Type.Bare.IsAggregate || variable.Type.Bare.Kind == TypeKind.Array)
                || offset < start || (ulong)(offset - start) >= (variable.Type.Size ?? 0))
            {
                continue;
            }

            if (found is not null)
            {
                // Slots are shared by variables whose scopes do not overlap.
                return null;
            }

            found = (variable, start);
        }

        return found;
    }

    private (int Register, TrackedValue? Value)? Result(in Instruction instruction, RegisterState state)
    {
        if (instruction.OpCount == 0 || instruction.Op0Kind != OpKind.Register || !instruction.Op0Register.IsGPR()
            || X64Registers.NumberOf(instruction.Op0Register) is not { } target)
        {
            return null;
        }

        bool isWhole = instruction.Op0Register.IsGPR64();
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Mov when isWhole && instruction.Op1Kind == OpKind.Register && X64Registers.NumberOf(instruction.Op1Register) is { } source:
                return (target, state[source]);
            case Mnemonic.Mov when isWhole && instruction.Op1Kind == OpKind.Memory:
                return (target, Load(instruction, state));
            case Mnemonic.Mov when IsImmediate(instruction, 1):
                return (target, isWhole || instruction.Op0Register.IsGPR32() ? TrackedValue.Constant(Immediate(instruction, isWhole)) : null);
            case Mnemonic.Lea when isWhole:
                return (target, Address(instruction, state));
            case Mnemonic.Xor when instruction.Op1Kind == OpKind.Register && instruction.Op0Register == instruction.Op1Register:
                return (target, TrackedValue.Constant(0));
            case Mnemonic.Add when isWhole && IsImmediate(instruction, 1):
                return (target, state[target]?.Plus((long)instruction.GetImmediate(1)));
            case Mnemonic.Sub when isWhole && IsImmediate(instruction, 1):
                return (target, state[target]?.Plus(unchecked(-(long)instruction.GetImmediate(1))));
            case Mnemonic.And when target == RegisterState.Rsp && IsImmediate(instruction, 1):
                // An aligned stack begins anew, at no known distance from what was before.
                return (target, TrackedValue.Frame(AlignedFrame));
            case Mnemonic.Inc when isWhole:
                return (target, state[target]?.Plus(1));
            case Mnemonic.Dec when isWhole:
                return (target, state[target]?.Plus(-1));
            case Mnemonic.Add when isWhole && instruction.Op1Kind == OpKind.Register && X64Registers.NumberOf(instruction.Op1Register) is { } added:
                return (target, OnCpu(state[target], state[added]));
            case Mnemonic.Add when isWhole && instruction.Op1Kind == OpKind.Memory:
                return (target, OnCpu(state[target], Load(instruction, state)));
            case Mnemonic.Pop when isWhole && state[RegisterState.Rsp] is { Kind: ValueKind.Frame } top:
                return (target, state.Slot(top.Offset));
            case var conditional when isWhole && conditional.ToString().StartsWith("Cmov", StringComparison.Ordinal):
                TrackedValue? other = instruction.Op1Kind == OpKind.Memory ? Load(instruction, state)
                    : X64Registers.NumberOf(instruction.Op1Register) is { } from ? state[from] : null;
                return (target, TrackedValue.Join(state[target], other));
            default:
                return null;
        }
    }

    private static bool IsImmediate(in Instruction instruction, int operand) =>
        instruction.GetOpKind(operand) is >= OpKind.Immediate8 and <= OpKind.Immediate32to64;

    private static ulong Immediate(in Instruction instruction, bool isWhole) => isWhole ? instruction.GetImmediate(1) : (uint)instruction.GetImmediate(1);

    private static TrackedValue? Address(in Instruction instruction, RegisterState state)
    {
        if (instruction.MemoryIndex != Register.None)
        {
            return null;
        }

        if (instruction.IsIPRelativeMemoryOperand)
        {
            return TrackedValue.Constant(instruction.IPRelativeMemoryAddress);
        }

        return X64Registers.NumberOf(instruction.MemoryBase) is { } number && instruction.MemoryBase.IsGPR64()
            ? state[number]?.Plus((long)instruction.MemoryDisplacement64)
            : null;
    }

    /// <summary>A per-CPU pointer plus a CPU's distance is a pointer of the same type (include/linux/percpu-defs.h).</summary>
    private TrackedValue? OnCpu(TrackedValue? one, TrackedValue? other)
    {
        (TrackedValue? pointer, TrackedValue? distance) = other?.Kind == ValueKind.PerCpuOffset ? (one, other) : (other, one);
        if (distance?.Kind != ValueKind.PerCpuOffset || AsObject(pointer) is not { } known)
        {
            return null;
        }

        return known.Kind switch
        {
            ValueKind.Expression when known.Type?.Pointee is not null => known with { Text = known.Text is null ? null : $"this_cpu_ptr({known.Text})" },
            _ => null,
        };
    }

    private void Call(in Instruction instruction, RegisterState state)
    {
        string? name = instruction.FlowControl == FlowControl.Call ? code.NameOf(instruction.NearBranchTarget) : null;
        // The tracer's hook keeps every register, and is a nop while nothing is traced.
        if (name is "__fentry__" or "mcount")
        {
            return;
        }

        TrackedValue? callee = CalledPointer(instruction, name, state);
        state.ForgetCallerSaved();
        state.ForgetSlotsFrom(EscapedFrom);
        if (callee?.Type?.Pointee?.Bare is { Kind: TypeKind.Function, Target: { } returned } && callee.Offset == 0)
        {
            Return(instruction, state, $"{callee.Text ?? "(...)"}(...)", returned);
        }
        else if (name is not null && function.Unit.NamesIn(dwarf).TypeReturnedBy(SourceName(name), dwarf.Types) is { } type)
        {
            Return(instruction, state, $"{SourceName(name)}(...)", type);
        }
    }

    private static void Return(in Instruction call, RegisterState state, string text, DataType type)
    {
        var root = new RootVariable(text, null, null, call.IP);
        // What the same call returned the time before, in a loop.
        state.ForgetNamesOf(root, static _ => false);
        state[RegisterState.Rax] = TrackedValue.Of(text, type, root);
    }

    /// <summary>The function of which GCC made a copy with fewer parameters: what it returns, it returns still.</summary>
    private static string SourceName(string symbol)
    {
        int suffix = symbol.IndexOf('.', StringComparison.Ordinal);
        return suffix > 0 && (symbol.AsSpan(suffix).StartsWith(".isra.") || symbol.AsSpan(suffix).StartsWith(".constprop.")) ? symbol[..suffix] : symbol;
    }

    /// <summary>The function pointer that an indirect call goes through; null where it is a direct call or the pointer is not known.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public TrackedValue? CalledPointer(in Instruction call, RegisterState state) =>
        CalledPointer(call, call.FlowControl == FlowControl.Call ? code.NameOf(call.NearBranchTarget) : null, state);

    private TrackedValue? CalledPointer(in Instruction call, string? name, RegisterState state)
    {
        if (ThunkRegister(name) is { } register)
        {
            return state[register];
        }

        return call.FlowControl != FlowControl.IndirectCall ? null
            : call.Op0Kind == OpKind.Memory ? Load(call, state)
            : X64Registers.NumberOf(call.Op0Register) is { } direct ? state[direct] : null;
    }

    /// <summary>The register that <c>__x86_indirect_thunk_rax</c> jumps to (arch/x86/lib/retpoline.S).</summary>
    internal static int? ThunkRegister(string? name)
    {
        const string Prefix = "__x86_indirect_thunk_";
        return name is not null && name.StartsWith(Prefix, StringComparison.Ordinal)
            && Enum.TryParse(name[Prefix.Length..], ignoreCase: true, out Register register)
            ? X64Registers.NumberOf(register)
            : null;
    }

    private static void Stack(in Instruction instruction, RegisterState state)
    {
        if (state[RegisterState.Rsp] is { Kind: ValueKind.Frame } top && instruction.IsStackInstruction)
        {
            long moved = instruction.StackPointerIncrement;
            if (instruction.Mnemonic == Mnemonic.Leave)
            {
                state[RegisterState.Rsp] = state[RegisterState.Rbp] is { Kind: ValueKind.Frame } frame ? frame.Plus(8) : null;
                return;
            }

            if (moved == -8)
            {
                TrackedValue? pushed = instruction.Mnemonic == Mnemonic.Push && instruction.Op0Kind == OpKind.Register && X64Registers.NumberOf(instruction.Op0Register) is { } source
                    ? state[source]
                    : null;
                state.Store(top.Offset - 8, 8, pushed);
            }

            state[RegisterState.Rsp] = top.Plus(moved);
        }

        if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory && MemoryOperand.Of(instruction) is { } memory
            && memory.Access is not (OpAccess.Read or OpAccess.None or OpAccess.NoMemAccess))
        {
            if (memory is { Base: { } number, Index: null } && state[number] is { Kind: ValueKind.Frame } address)
            {
                TrackedValue? value = instruction.Mnemonic == Mnemonic.Mov && instruction.Op1Kind == OpKind.Register
                    && instruction.Op1Register.IsGPR64() && X64Registers.NumberOf(instruction.Op1Register) is { } stored
                    ? state[stored]
                    : null;
                state.Store(address.Offset + memory.Displacement, Math.Max(1, memory.Size), value);
            }
            else if (memory is { Base: { } indexed, Index: not null } && state[indexed] is { Kind: ValueKind.Frame } array)
            {
                state.ForgetSlotsFrom(array.Offset + memory.Displacement);
            }
        }
    }
}
