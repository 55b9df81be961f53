using KernelDebug.Btf;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>What the kernel's trampolines from a function to a BPF program hand on, told from the kernel's own types and not from its version.</summary>
/// <param name="Registers">How many 8-byte words of arguments are in registers; null where the processor is not known.</param>
/// <param name="TakesStack">True where arguments on the stack are handed on too; null where that is not known.</param>
/// <param name="TakesStructures">True where structures of up to 16 bytes are handed on by value.</param>
/// <param name="FindsInModule">True where a function of a module is looked for in that module, and not by its name among all symbols.</param>
internal sealed record TrampolineLimits(int? Registers, bool? TakesStack, bool TakesStructures, bool FindsInModule)
{
    /// <summary>Reads a kernel's limits.</summary>
    /// <param name="kernel">The types of its vmlinux.</param>
    /// <param name="architecture">As <c>uname -m</c> names it; null where not known.</param>
    /// <exception cref="BinaryFormatException">A type refers to what is not there.</exception>
    public static TrampolineLimits Of(BtfFile kernel, string? architecture) => new(
        architecture switch { "x86_64" => 6, "aarch64" or "riscv64" or "loongarch64" or "ppc64le" => 8, "s390x" => 5, _ => null },
        // Linux kernel commit 473e3150e30a ("bpf, x86: allow function arguments up to 12 for TRACING") (in v6.6) came with this function
        // of seven arguments for its test.
        architecture == "x86_64" ? KernelTypes.Find(kernel, "bpf_modify_return_test2").Count > 0 : null,
        // Linux kernel commit 720e6a435194 ("bpf: Allow struct argument in trampoline based programs") (in v6.1) added the member.
        kernel.Find("struct btf_func_model") is BtfStruct model && model.Members.Any(member => member.Name == "arg_flags"),
        // Linux kernel commit 31bf1dbccfb0 ("bpf: Fix attaching fentry/fexit/fmod_ret/lsm to modules") (in v6.3) added the member. Before,
        // the program was attached to the first function of that name, whatever its module.
        kernel.Find("struct bpf_attach_target_info") is BtfStruct target && target.Members.Any(member => member.Name == "tgt_mod"));
}

/// <summary>Whether the kernel can hand a function's arguments and result to a BPF program (kernel/bpf/btf.c, <c>btf_distill_func_proto</c>).</summary>
internal static class TrampolineRules
{
    /// <summary>MAX_BPF_FUNC_ARGS (include/linux/bpf.h).</summary>
    private const int MostArguments = 12;

    private const ulong MostBytes = 16;
    private const ulong WordBytes = 8;

    /// <summary>
    /// Functions that run on the way into every BPF program (kernel/bpf/verifier.c, <c>btf_id_deny</c>; which are there depends on how
    /// the kernel was built).
    /// </summary>
    private static readonly HashSet<string> DeniedNames = new(StringComparer.Ordinal)
    {
        "migrate_disable", "migrate_enable", "__migrate_enable", "___migrate_enable", "rcu_read_unlock_strict", "preempt_count_add",
        "preempt_count_sub", "__rcu_read_lock", "__rcu_read_unlock",
    };

    /// <summary>Functions that do not return, whose end newer kernels refuse to trace (kernel/bpf/verifier.c, <c>noreturn_deny</c>, since Linux 6.15).</summary>
    private static readonly HashSet<string> EndlessNames = new(StringComparer.Ordinal)
    {
        "__ia32_sys_exit", "__ia32_sys_exit_group", "__kunit_abort", "kunit_try_catch_throw", "__module_put_and_kthread_exit", "__x64_sys_exit",
        "__x64_sys_exit_group", "do_exit", "do_group_exit", "kthread_complete_and_exit", "kthread_exit", "make_task_dead",
    };

    /// <summary>True for a function that calls from BPF programs would lead back to.</summary>
    public static bool IsDenied(string name) => DeniedNames.Contains(name);

    /// <summary>True for a function without an end.</summary>
    public static bool IsEndless(string name) => EndlessNames.Contains(name);

    /// <summary>Why a function's arguments cannot be handed on; null where they can, or where that is not known.</summary>
    /// <param name="function">The function.</param>
    /// <param name="limits">The kernel's limits.</param>
    /// <param name="isKnown">False where it is not known.</param>
    /// <exception cref="BinaryFormatException">A type refers to what is not there.</exception>
    public static TraceRefusal? Check(BtfFunction function, TrampolineLimits limits, out bool isKnown)
    {
        isKnown = true;
        BtfFunctionPrototype prototype = function.Prototype;
        if (prototype.IsVariadic)
        {
            return new(TraceObstacle.Variadic, "It takes any number of arguments, which fentry does not hand on.");
        }

        if (prototype.ReturnType.Bare is not (BtfVoid or BtfPointer or BtfInt or BtfEnum))
        {
            return new(TraceObstacle.UnsupportedReturn, $"It returns {prototype.ReturnType}, which fentry and fexit do not hand on.");
        }

        ulong words = 0;
        foreach (BtfParameter parameter in prototype.Parameters)
        {
            BtfType type = parameter.Type.Bare;
            bool isStructure = type is BtfStruct { IsUnion: false };
            ulong size = type.Size ?? 0;
            if (type is not (BtfPointer or BtfInt or BtfEnum) && !(isStructure && limits.TakesStructures) || size is 0 or > MostBytes)
            {
                return new(TraceObstacle.UnsupportedArgument, $"It takes '{parameter}' by value, which this kernel's fentry does not hand on.");
            }

            words += (size + WordBytes - 1) / WordBytes;
        }

        int count = prototype.Parameters.Count;
        if (words > MostArguments)
        {
            return new(TraceObstacle.TooManyArguments, $"It takes {count} arguments ({words} words); fentry hands on at most {MostArguments}.");
        }

        bool isOnStack = words > (ulong)(limits.Registers ?? 5);
        if (isOnStack && limits.TakesStack == false)
        {
            return new(TraceObstacle.TooManyArguments, $"It takes {count} arguments ({words} words); this kernel's fentry hands on the {limits.Registers} in registers. Kernels from 6.6 on take {MostArguments}.");
        }

        isKnown = !isOnStack || limits.TakesStack == true;
        return null;
    }
}
