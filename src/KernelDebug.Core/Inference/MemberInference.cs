using Iced.Intel;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>
/// Tells which member of which structure an instruction touched. An answer that is not certain is none: the access says why.
/// </summary>
/// <param name="file">The file of the function.</param>
/// <param name="image">Its code.</param>
/// <param name="dwarf">Its debug information.</param>
internal sealed class MemberInference(ElfFile file, CodeImage image, DwarfFile dwarf)
{
    /// <summary>The member a memory access that went wrong was of.</summary>
    /// <param name="fault">The access.</param>
    /// <param name="caller">Where this function was called; null where that is not known.</param>
    /// <exception cref="BinaryFormatException">A file is damaged.</exception>
    public MemberAccess AtFault(MemoryFault fault, Caller? caller = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        FunctionView? view = FunctionView.Open(
            file, image, dwarf, fault.Instruction, caller?.StateAtCall(image.NameOf(fault.Instruction)), code => PatchedCode.Find(fault.Code, fault.Instruction, code), out string? reason);
        if (view is null)
        {
            return Bare(fault) with { Reason = reason };
        }

        if (view.Code.IndexOf(fault.Instruction) is not { } index)
        {
            return Unknown(fault, "no instruction of the file begins there");
        }

        Instruction instruction = view.Code.Instructions[index];
        bool? isSame = PatchedCode.IsSame(fault.Code, instruction);
        if (isSame == false)
        {
            return Unknown(fault, "the instruction that ran is not the file's: the kernel patched it, or the file is of another build");
        }

        if (instruction.IsStringInstruction)
        {
            return Unknown(fault, $"{instruction.Mnemonic.ToString().ToLowerInvariant()} runs over memory: how far it was is not told");
        }

        if (MemoryOperand.Of(instruction) is not { } memory)
        {
            return Unknown(fault, "the instruction names no memory by general registers");
        }

        if (memory is { Base: null, Index: null } || memory.IsPerCpu)
        {
            return Unknown(fault, "the instruction uses no pointer in a register");
        }

        return new AccessAt(view, index, memory, fault, isSame == true).Infer();
    }

    /// <summary>The pointer that a call went through which ended at an address that is no code.</summary>
    /// <param name="returnAddress">The address in the file behind the call.</param>
    /// <param name="registers">The registers by their printed names, as they were at the address called.</param>
    /// <param name="called">The address called.</param>
    /// <param name="caller">Where the function with that call was called itself; null where that is not known.</param>
    /// <returns>Null where no indirect call stands there.</returns>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public MemberAccess? AtCall(ulong returnAddress, IReadOnlyDictionary<string, ulong> registers, ulong called, Caller? caller = null)
    {
        ArgumentNullException.ThrowIfNull(registers);
        if (CallBefore(returnAddress, caller) is not { } at || at.View.Tracker.Before(at.Index) is not { } state)
        {
            return null;
        }

        Instruction call = at.View.Code.Instructions[at.Index];
        string? name = call.FlowControl == FlowControl.Call ? image.NameOf(call.NearBranchTarget) : null;
        if (call.FlowControl == FlowControl.Call && InstructionEffects.ThunkRegister(name) is null)
        {
            return null;
        }

        var unknown = new MemberAccess { Kind = MemberAccessKind.Call, Address = called, Reason = "the function pointer that was called is not told by the debug information" };
        // What was followed says where the pointer came from; a variable's name does not.
        TrackedValue? followed = at.View.Effects.CalledPointer(call, state.Came);
        if ((followed is { Text: not null } ? followed : at.View.Effects.CalledPointer(call, state.Known)) is not { Kind: ValueKind.Expression, Text: { } text, Offset: 0 } pointer
            || pointer.Type?.Pointee?.Bare.Kind != TypeKind.Function)
        {
            return unknown;
        }

        int? register = InstructionEffects.ThunkRegister(name) ?? (call.Op0Kind == OpKind.Register ? X64Registers.NumberOf(call.Op0Register) : null);
        if (register is { } number && registers.TryGetValue(X64Registers.NameOf(number), out ulong held) && held != called)
        {
            return unknown with { Reason = $"the call went through {X64Registers.NameOf(number)}, which holds 0x{held:x} and not the address called" };
        }

        ResolvedPlace? place = pointer.Source;
        return new MemberAccess
        {
            Kind = MemberAccessKind.Call,
            Address = called,
            Expression = $"{text}()",
            Variable = pointer.Root?.Declaration,
            Struct = place?.Layout is null ? null : TypeText.OfAggregate(place.Owner),
            Member = place?.Layout?.Path,
            Offset = place?.Layout?.Offset,
            BaseExpression = text,
            BaseRegister = register is { } known ? X64Registers.NameOf(known) : null,
            BaseValue = called,
            Evidence = [$"the call at {image.NameOf(call.IP)} in {file.Path} goes through {text}, {pointer.Type}"],
        };
    }

    /// <summary>The list entry that was handed to a function of lib/list_debug.c.</summary>
    /// <param name="returnAddress">The address in the file behind the call.</param>
    /// <param name="check">The function called, <c>__list_del_entry_valid</c>; its first argument is the entry.</param>
    /// <param name="caller">Where the function with that call was called itself; null where that is not known.</param>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public MemberAccess? AtListCheck(ulong returnAddress, string check, Caller? caller = null)
    {
        var unknown = new MemberAccess { Kind = MemberAccessKind.ListEntry, Reason = "the debug information does not tell what structure the entry is a member of" };
        if (CallBefore(returnAddress, caller) is not { } at)
        {
            return unknown;
        }

        Instruction call = at.View.Code.Instructions[at.Index];
        if (call.FlowControl != FlowControl.Call || image.NameOf(call.NearBranchTarget) != check)
        {
            return unknown;
        }

        MemberAccess? found = null;
        foreach ((TrackedValue value, bool _) in at.View.Candidates(at.Index, RegisterState.Rdi))
        {
            if (ListMember(value) is not { } access)
            {
                continue;
            }

            if (found is not null && (found.Struct != access.Struct || found.Offset != access.Offset))
            {
                return unknown with { Reason = $"two readings: {found.Expression} of {found.Struct}, {access.Expression} of {access.Struct}" };
            }

            found ??= access with { Evidence = [$"the call of {check} at {image.NameOf(call.IP)} in {file.Path} is given {access.Expression} in RDI"] };
        }

        return found ?? unknown;
    }

    /// <summary><c>&amp;pdr->list</c>: a pointer into a structure, at a member that is a list_head or hlist_node.</summary>
    private static MemberAccess? ListMember(TrackedValue value)
    {
        const string Next = ".next";
        if (ResolvedPlace.Find(value, 0, 8, unnamed: X64Registers.NameOf(RegisterState.Rdi)) is not { Layout: { } layout } place
            || !layout.Path.EndsWith(Next, StringComparison.Ordinal))
        {
            return null;
        }

        return new MemberAccess
        {
            Kind = MemberAccessKind.ListEntry,
            Expression = "&" + place.Text[..^Next.Length],
            Variable = value.Root?.Declaration,
            Struct = TypeText.OfAggregate(place.Owner),
            Member = layout.Path[..^Next.Length],
            Offset = layout.Offset,
            BaseExpression = value.Text,
            BaseRegister = X64Registers.NameOf(RegisterState.Rdi),
        };
    }

    /// <summary>The registers at a direct call of a function; null where another function is called there.</summary>
    /// <param name="returnAddress">The address in the file behind the call.</param>
    /// <param name="place">A place in the function called, <c>name+0x12</c>.</param>
    internal RegisterState? StateAtCall(ulong returnAddress, string? place)
    {
        string? called = place?.Split('+', 2)[0];
        return CallBefore(returnAddress, null) is { } at && at.View.Code.Instructions[at.Index] is { FlowControl: FlowControl.Call } call
            && called is not null && image.NameOf(call.NearBranchTarget) == called
            ? at.View.Tracker.Before(at.Index)?.Known
            : null;
    }

    private (FunctionView View, int Index)? CallBefore(ulong returnAddress, Caller? caller)
    {
        // The byte before the return address is the call's own, even where the call is the function's last instruction.
        FunctionView? view = FunctionView.Open(file, image, dwarf, returnAddress - 1, caller?.StateAtCall(image.NameOf(returnAddress - 1)), null, out _);
        if (view is null)
        {
            return null;
        }

        for (int i = 0; i < view.Code.Instructions.Count; i++)
        {
            if (view.Code.Instructions[i] is { FlowControl: FlowControl.Call or FlowControl.IndirectCall } call && call.NextIP == returnAddress)
            {
                return (view, i);
            }
        }

        return null;
    }

    private static MemberAccess Bare(MemoryFault fault) => new() { Address = fault.Address };

    private static MemberAccess Unknown(MemoryFault fault, string reason) => Bare(fault) with { Reason = reason };
}

/// <summary>A call: the file of the function it is in, and the address in that file behind it.</summary>
internal sealed record Caller(MemberInference Inference, ulong ReturnAddress)
{
    /// <summary>The registers at the call, where it is one of the function that a place, <c>name+0x12</c>, is in; null otherwise.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public RegisterState? StateAtCall(string? place) => Inference.StateAtCall(ReturnAddress, place);
}
