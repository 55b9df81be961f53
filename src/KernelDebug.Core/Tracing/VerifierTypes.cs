using KernelDebug.Btf;
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
