using Iced.Intel;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Inference;

/// <summary>A function with its code, its variables and what its registers hold.</summary>
internal sealed class FunctionView
{
    private FunctionView(FunctionScopes scopes, FunctionCode code, CodeImage image, InstructionEffects effects, VariableFacts facts, RegisterTracker tracker)
    {
        Scopes = scopes;
        Code = code;
        Image = image;
        Effects = effects;
        Facts = facts;
        Tracker = tracker;
    }

    public FunctionScopes Scopes { get; }

    public FunctionCode Code { get; }

    public CodeImage Image { get; }

    public InstructionEffects Effects { get; }

    public VariableFacts Facts { get; }

    public RegisterTracker Tracker { get; }

    /// <summary>Opens the function an address is in.</summary>
    /// <param name="file">The file.</param>
    /// <param name="image">Its code.</param>
    /// <param name="dwarf">Its debug information.</param>
    /// <param name="address">The address in the file.</param>
    /// <param name="caller">The registers at the call of this function; null where nothing is known of a caller.</param>
    /// <param name="patched">Finds, given the code, the instructions that were not those of the file when they ran; null for none.</param>
    /// <param name="reason">Why there is none.</param>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public static FunctionView? Open(
        ElfFile file, CodeImage image, DwarfFile dwarf, ulong address, RegisterState? caller, Func<FunctionCode, HashSet<ulong>>? patched, out string? reason)
    {
        reason = null;
        if (file.Machine != ElfMachine.X86_64)
        {
            reason = "only the registers of x86-64 are followed";
            return null;
        }

        if (!dwarf.HasDebugInfo)
        {
            reason = $"{file.Path} has no debug information";
            return null;
        }

        if (dwarf.FindScopes(address) is not { } scopes)
        {
            reason = "the debug information has no function there";
            return null;
        }

        if (FunctionCode.Read(file, image, scopes.Ranges) is not { } code)
        {
            reason = $"{file.Path} does not keep the function's code";
            return null;
        }

        var facts = new VariableFacts(scopes, code);
        var effects = new InstructionEffects(image, new StaticData(file, image, dwarf, scopes), scopes, facts, dwarf);
        ulong entry = scopes.Ranges[0].Low;
        RegisterState start = caller?.Arguments(register => facts.At(entry, register).Any()) ?? RegisterState.AtEntry();
        if (RegisterTracker.Run(code, entry, start, effects, facts, patched?.Invoke(code) ?? []) is not { } tracker)
        {
            reason = "the function branches too much to be followed";
            return null;
        }

        return new FunctionView(scopes, code, image, effects, facts, tracker);
    }

    /// <summary>What a register may hold before an instruction: the variables in it first, the innermost scope's before others', then what was followed.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    public List<(TrackedValue Value, bool IsVariable)> Candidates(int index, int register)
    {
        var found = new List<(TrackedValue, bool)>();
        Instruction instruction = Code.Instructions[index];
        foreach (TrackedValue value in Facts.At(instruction.IP, register))
        {
            found.Add((value, true));
        }

        if (Tracker.Before(index) is { } state)
        {
            foreach (TrackedValue? value in (ReadOnlySpan<TrackedValue?>)[state.Known[register], state.Came[register]])
            {
                if (Effects.AsObject(value) is { } followed && !found.Exists(one => TrackedValue.AreEqual(one.Item1, followed)))
                {
                    found.Add((followed, false));
                }
            }
        }

        return found;
    }
}
