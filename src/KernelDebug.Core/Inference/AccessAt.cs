using Iced.Intel;
using KernelDebug.Dwarf;
using KernelDebug.Records;
using KernelDebug.Types;

namespace KernelDebug.Inference;

/// <summary>One memory access of one instruction, read by what its registers hold.</summary>
/// <param name="view">The function.</param>
/// <param name="index">The instruction.</param>
/// <param name="memory">Its memory operand.</param>
/// <param name="fault">What the report says.</param>
/// <param name="isCompared">True where the report's bytes were found to be the file's.</param>
internal sealed class AccessAt(FunctionView view, int index, MemoryOperand memory, MemoryFault fault, bool isCompared)
{
    private sealed record Reading(ResolvedPlace Place, int? Register, bool IsVariable, bool IsChoice);

    private readonly List<string> _tried = [];

    /// <summary>The access, its member told or why it is not.</summary>
    /// <exception cref="IO.BinaryFormatException">The file is damaged.</exception>
    public MemberAccess Infer()
    {
        MemberAccess access = new()
        {
            Kind = memory.Access switch
            {
                OpAccess.Read or OpAccess.CondRead => MemberAccessKind.Read,
                OpAccess.Write or OpAccess.CondWrite => MemberAccessKind.Write,
                OpAccess.ReadWrite or OpAccess.ReadCondWrite => MemberAccessKind.ReadWrite,
                _ => MemberAccessKind.Unknown,
            },
            Size = memory.Size,
            Address = fault.Address,
            BaseRegister = memory.Base is { } only && memory.Index is null ? X64Registers.NameOf(only) : null,
        };
        if (Value(memory.Base) is not { } start || Value(memory.Index) is not { } step)
        {
            return access with { Reason = "the report does not have the registers of the access" };
        }

        ulong stride = unchecked(step * (ulong)memory.Scale);
        ulong touched = unchecked(start + stride + (ulong)memory.Displacement);
        access = access with { Address = fault.Address ?? touched, Place = memory.Base is null || memory.Index is not null ? null : Sum(start) };
        if (Disagreement(touched) is { } disagreement)
        {
            return access with { Reason = disagreement };
        }

        List<Reading> readings = Readings(start, step);
        if (readings.Count == 0)
        {
            return access with { Reason = Ignorance() };
        }

        // A pointer that the register is says more than one that it is some bytes away from, unless it is to a mere link.
        Reading first = readings.Find(reading => reading.Place.Base.Offset == 0 && SaysMore(reading))
            ?? readings.Find(SaysMore) ?? readings[0];
        if (readings.Find(reading => !IsSameMember(reading.Place, first.Place)) is { } other)
        {
            return access with { Reason = $"two readings: {first.Place.Text} of {TypeText.OfAggregate(first.Place.Owner)}, {other.Place.Text} of {TypeText.OfAggregate(other.Place.Owner)}" };
        }

        return Describe(access, first, touched);
    }

    private MemberAccess Describe(MemberAccess access, Reading reading, ulong touched)
    {
        TrackedValue pointer = reading.Place.Base;
        string? register = reading.Register is { } number ? X64Registers.NameOf(number) : null;
        string? name = pointer.Kind == ValueKind.Object ? null : pointer.Text ?? (register is null ? null : $"({pointer.Type}){register}");
        ulong? value = pointer.Kind == ValueKind.Object ? null : unchecked(Value(reading.Register) - (ulong)pointer.Offset);
        if (name is not null && pointer.Offset > 0 && LinkAt(pointer) is { } link)
        {
            // What the register was is a pointer to a link in the structure, the structure is what is around it.
            name = $"&{ResolvedPlace.Join(name, isObject: false, link)}";
            value = Value(reading.Register);
        }

        bool isMember = reading.Place.Layout is not null && reading.Place.Owner.Bare.IsAggregate;
        return access with
        {
            Expression = reading.Place.Text,
            Variable = pointer.Root?.Declaration,
            Struct = isMember ? TypeText.OfAggregate(reading.Place.Owner) : null,
            Member = isMember ? reading.Place.Layout?.Path : null,
            Offset = isMember ? reading.Place.Layout?.Offset : null,
            BaseExpression = name,
            BaseRegister = register,
            BaseValue = value,
            Evidence = [.. Evidence(reading, pointer, register, touched)],
        };
    }

    private IEnumerable<string> Evidence(Reading reading, TrackedValue pointer, string? register, ulong touched)
    {
        string offset = pointer.Kind == ValueKind.Expression && pointer.Offset != 0 ? $" {(pointer.Offset < 0 ? "-" : "+")} 0x{Math.Abs(pointer.Offset):x}" : "";
        string declared = pointer.Root?.Function is { } function ? $" of {function}" : "";
        yield return reading.IsVariable
            ? $"debug information: {register} holds {pointer.Text}{offset}, the variable {pointer.Root?.Declaration}{declared}, at this instruction"
            : register is null
                ? $"the address is that of {pointer.Text}, {pointer.Type}, and an index"
                : $"the instructions before: {register} holds {pointer.Text ?? "a value"}{offset}, {pointer.Type}{declared}";
        if (reading.IsChoice)
        {
            yield return $"{pointer.Text} shares its bytes with other pointers in a union, none of which is to something with {memory.Size} bytes of a member there";
        }

        yield return fault.Address is { } address
            ? $"the registers add up to 0x{touched:x}, and the address the kernel printed is 0x{address:x}"
            : $"the registers add up to 0x{touched:x}, which is no canonical address";
        yield return isCompared ? "the bytes of the Code: line are the instruction of the file" : "the report has no bytes to compare with the file's instruction";
    }

    /// <summary>Why the registers cannot be those of the access; null where they can.</summary>
    private string? Disagreement(ulong touched)
    {
        if (fault.Address is { } address)
        {
            return unchecked(address - touched) < (ulong)Math.Max(1, memory.Size)
                ? null
                : $"the registers add up to 0x{touched:x}, not to the address 0x{address:x} the kernel printed";
        }

        // Five-level paging has 57 bits; an address that is canonical there is not the cause on any machine.
        long upper = (long)touched >> 47;
        return upper is 0 or -1 ? $"the registers add up to 0x{touched:x}, a canonical address, which is not what a general protection fault is about" : null;
    }

    private List<Reading> Readings(ulong start, ulong step)
    {
        var readings = new List<Reading>();
        ulong bits = UsedBits.Of(view.Code, index, memory);
        if (memory.Base is { } number)
        {
            AddReadings(readings, number, unchecked(step * (ulong)memory.Scale), memory.Index is not null, bits);
        }
        else if (view.Effects.AsObject(TrackedValue.Constant((ulong)memory.Displacement)) is { Kind: ValueKind.Object } table)
        {
            Add(readings, table, null, false, 0, unchecked(step * (ulong)memory.Scale), true, bits);
        }

        // With a scale of one, either of the two registers may be the pointer.
        if (memory is { Index: { } other, Scale: 1, Base: not null })
        {
            AddReadings(readings, other, start, true, bits);
        }

        return readings;
    }

    private void AddReadings(List<Reading> readings, int register, ulong stride, bool isIndexed, ulong bits)
    {
        foreach ((TrackedValue value, bool isVariable) in view.Candidates(index, register))
        {
            Add(readings, value, register, isVariable, memory.Displacement, stride, isIndexed, bits);
        }
    }

    private void Add(List<Reading> readings, TrackedValue value, int? register, bool isVariable, long displacement, ulong stride, bool isIndexed, ulong bits)
    {
        string? unnamed = register is { } number ? X64Registers.NameOf(number) : null;
        ResolvedPlace? place = isIndexed
            ? IndexedPlace.Find(value, displacement, (long)stride, memory.Size, bits, unnamed)
            : ResolvedPlace.Find(value, displacement, memory.Size, bits, unnamed);
        if (place is not null)
        {
            readings.Add(new Reading(place, register, isVariable, value.Kind == ValueKind.Choice));
        }
        else if (value.Type is not null && value.Kind == ValueKind.Expression)
        {
            _tried.Add(value.Type.Pointee is { Bare.Kind: not (TypeKind.Void or TypeKind.Function) } && !isIndexed
                ? $"{unnamed} holds {value.Text ?? "a value"}, {value.Type}, which has nothing of {memory.Size} bytes at offset 0x{unchecked(value.Offset + displacement):x}"
                : $"{unnamed} holds {value.Text ?? "a value"}, {value.Type}");
        }
    }

    private string Ignorance()
    {
        string why = _tried.Count > 0 ? string.Join("; ", _tried.Distinct(StringComparer.Ordinal)) : "the debug information does not tell what the register points to";
        return OnlyFit() is { } fit ? $"{why}; of the structures that variables here point to, only {fit} has a member of that size there" : why;
    }

    /// <summary>The one structure among those that variables in scope point to which has a member of that size at the displacement.</summary>
    private string? OnlyFit()
    {
        if (memory.Index is not null || memory.Displacement < 0)
        {
            return null;
        }

        var fitting = new SortedSet<string>(StringComparer.Ordinal);
        foreach (ScopeVariable variable in view.Facts.VisibleAt(view.Code.Instructions[index].IP))
        {
            if (variable.Type.Pointee is { Bare.IsAggregate: true } owner
                && TypeLayout.Find(owner, (ulong)memory.Displacement, (ulong)memory.Size) is { Type: not null, Path: var path })
            {
                _ = fitting.Add($"{TypeText.OfAggregate(owner)} ({path})");
            }
        }

        return fitting.Count == 1 ? fitting.Min : null;
    }

    /// <summary>A register's value, 0 where there is none to add; null where the report lacks it.</summary>
    private ulong? Value(int? register) => register is not { } number ? 0
        : fault.Registers.TryGetValue(X64Registers.NameOf(number), out ulong value) ? value : null;

    private string Sum(ulong start)
    {
        string sign = memory.Displacement < 0 ? "-" : "+";
        return $"{MemberAccess.Describe(start)} {sign} 0x{Math.Abs(memory.Displacement):x}";
    }

    /// <summary>The link of a list or tree that a pointer into a structure is at; null where it is at none.</summary>
    private static string? LinkAt(TrackedValue pointer)
    {
        string? path = pointer.Type?.Pointee is { } owner && TypeLayout.Find(owner, (ulong)pointer.Offset, 8) is { } place ? place.Path : null;
        int last = path?.LastIndexOf('.') ?? -1;
        return last > 0 && path![(last + 1)..] is "next" or "first" or "__rb_parent_color" ? path![..last] : null;
    }

    /// <summary>Links of lists and trees lie in what is linked, and plain values in structures.</summary>
    private static bool SaysMore(Reading reading) => reading.Place.Layout is not null
        && reading.Place.Owner.Bare.Name is not ("list_head" or "hlist_node" or "hlist_head" or "rb_node" or "llist_node");

    /// <summary>Two ways to say one thing: <c>pos->next</c>, and <c>item->list.next</c> of the structure around it.</summary>
    private static bool IsSameMember(ResolvedPlace one, ResolvedPlace other)
    {
        static string Last(ResolvedPlace place) => place.Layout is { } layout ? layout.Path[(layout.Path.LastIndexOf('.') + 1)..] : "";
        if (ReferenceEquals(one, other))
        {
            return true;
        }

        // A helper's "*addr" is the member where both are of one type.
        return one.Layout is null != other.Layout is null
            ? one.Type is not null && DataType.AreSame(one.Type, other.Type)
            : Last(one) == Last(other) && (one.Type is null || other.Type is null || DataType.AreSame(one.Type, other.Type));
    }
}
