using KernelDebug.Demangling;

namespace KernelDebug.Triage;

/// <summary>Function names as they are compared over builds and architectures.</summary>
public static class FunctionName
{
    // Syscall wrappers: include/linux/syscalls.h, arch/*/include/asm/syscall_wrapper.h, and before v4.17 SyS_ and SYSC_.
    private static readonly string[] s_wrappers =
    [
        "__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_", "__powerpc_sys_", "__loongarch_sys_",
        "__x64_compat_sys_", "__ia32_compat_sys_", "__arm64_compat_sys_", "__se_sys_", "__do_sys_", "__se_compat_sys_", "__do_compat_sys_",
        "compat_SyS_", "compat_SYSC_", "SyS_", "SYSC_", "____sys_", "___sys_", "__sys_", "ksys_", "compat_sys_",
    ];

    /// <summary>
    /// The name without what the compiler appended: <c>.isra.0</c>, <c>.cold</c>, <c>.llvm.123</c>. A mangled name, Rust's above all, is
    /// demangled: what stands in it else is the crate's hash, another one in each build.
    /// </summary>
    public static string WithoutSuffix(string symbol)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        const string Clone = " [clone ";
        if (symbol.StartsWith('_') && Demangler.TryDemangle(symbol) is { } written)
        {
            int clone = written.IndexOf(Clone, StringComparison.Ordinal);
            return clone < 0 ? written : written[..clone];
        }

        int dot = symbol.IndexOf('.', 1);
        return dot < 0 ? symbol : symbol[..dot];
    }

    /// <summary>
    /// The name of a family of functions that wait for the same: a lockup or hang in one is known by the family, since which of them
    /// it is differs by configuration. Other names are returned as <see cref="Canonical"/> has them.
    /// </summary>
    public static string Family(string symbol)
    {
        string name = Canonical(symbol);
        return name.Contains("smp_call_function", StringComparison.Ordinal) && !name.Contains("interrupt", StringComparison.Ordinal) && !name.Contains("flush", StringComparison.Ordinal) ? "smp_call_function"
            : name.Contains("synchronize_rcu", StringComparison.Ordinal) || name.Contains("synchronize_srcu", StringComparison.Ordinal)
                || name.Contains("synchronize_net", StringComparison.Ordinal) || name.Contains("synchronize_sched", StringComparison.Ordinal) ? "synchronize_rcu"
            : name;
    }

    /// <summary>Without suffix, and a system call by one name whatever wrapper it was entered by: <c>__x64_sys_read</c> is <c>sys_read</c>.</summary>
    public static string Canonical(string symbol)
    {
        string name = WithoutSuffix(symbol);
        foreach (string wrapper in s_wrappers)
        {
            if (name.Length > wrapper.Length && name.StartsWith(wrapper, StringComparison.Ordinal))
            {
                return "sys_" + name[wrapper.Length..];
            }
        }
        return name;
    }
}
