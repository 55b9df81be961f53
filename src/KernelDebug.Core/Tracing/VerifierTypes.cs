using KernelDebug.Btf;
using KernelDebug.IO;
using KernelDebug.Tracing.Expressions;

namespace KernelDebug.Tracing;

/// <summary>What the kernel's verifier makes of types, where it knows them.</summary>
internal static class VerifierTypes
{
    /// <summary>True for a pointer to a structure that the verifier follows: not one that is marked as of another address space.</summary>
    public static bool IsFollowed(TraceType type)
    {
        if (type.Pointers > 0 || type.Base.Bare is not BtfPointer pointer)
        {
            return false;
        }

        for (BtfType? at = pointer.Target; at is BtfTypedef or BtfModifier; at = at.Target)
        {
            if (at.Kind == BtfKind.TypeTag)
            {
                return false;
            }
        }

        return pointer.Target.Bare is BtfStruct { IsUnion: false };
    }

    /// <summary>
    /// True where a load from a structure is one of a value's type to the verifier, too: it takes the first member that has the place, within structures
    /// and unions, and of those only the first may be what is meant (kernel/bpf/btf.c, <c>btf_struct_walk</c>). Elements of arrays are left to calls.
    /// </summary>
    /// <param name="structure">The structure.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="type">The value's type.</param>
    /// <exception cref="BinaryFormatException">A type is damaged.</exception>
    public static bool Loads(BtfStruct structure, long offset, TraceType type)
    {
        ulong at = (ulong)offset, end = at + type.Size!.Value;
        for (int depth = 0; depth < ParserLimits.MaxBtfNesting && offset >= 0 && end <= structure.ByteSize; depth++)
        {
            if (MemberAt(structure, at, end) is not { } member)
            {
                return false;
            }

            BtfType own = member.Type.Bare;
            ulong start = member.ByteOffset;
            if (own is not BtfStruct inner)
            {
                return member.IsBitField || own is not BtfPointer
                    ? !type.IsPointer && own is BtfInt or BtfEnum && (member.IsBitField || end <= start + own.Size)
                    : at == start && type.Pointers == 0 && type.Base.Bare?.Id == own.Id;
            }

            (structure, at, end) = (inner, at - start, end - start);
        }

        return false;
    }

    /// <summary>The first member that a place is in; null where none is. A bit field counts where all of it is read.</summary>
    private static BtfMember? MemberAt(BtfStruct structure, ulong at, ulong end)
    {
        foreach (BtfMember member in structure.Members)
        {
            ulong start = member.ByteOffset;
            if (member.IsBitField)
            {
                if (end > start && at <= start && (member.BitOffset + (member.BitSize ?? 0) + 7) / 8 <= end)
                {
                    return member;
                }
            }
            else if (at < start || member.Type.Bare.Size is not { } size)
            {
                return null;
            }
            else if (at < start + size)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>True for a pointer that is marked as one to a program's memory, or to what each processor has of its own: no address by itself.</summary>
    public static bool IsElsewhere(BtfType type)
    {
        for (BtfType? at = (type.Bare as BtfPointer)?.Target; at is BtfTypedef or BtfModifier; at = at.Target)
        {
            if (at is { Kind: BtfKind.TypeTag, Name: "user" or "percpu" })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True for a pointer that is a number to the verifier: to void, as long as nothing qualifies it, or to integers (kernel/bpf/btf.c, <c>btf_ctx_access</c>).</summary>
    public static bool IsPlainPointer(TraceType type) => type.Pointers == 0 && type.Base.Bare is BtfPointer pointer && (pointer.Target is BtfVoid || pointer.Target.Bare is BtfInt);
}
