using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>A call into libbpf that failed: which, with which error, and what libbpf said meanwhile.</summary>
public sealed partial class LibbpfException : Exception
{
    internal LibbpfException(string function, int errorNumber, IReadOnlyList<LibbpfMessage> messages)
        : base($"{function}: {NameOf(errorNumber) ?? $"error {errorNumber}"} ({Describe(errorNumber)})")
    {
        Function = function;
        ErrorNumber = errorNumber;
        Messages = messages;
    }

    /// <summary>The function of libbpf, or the system call.</summary>
    public string Function { get; }

    /// <summary>The error, positive: an errno of the system, or from 4000 on one of <c>enum libbpf_errno</c>.</summary>
    public int ErrorNumber { get; }

    /// <summary><c>EPERM</c>; null for a number without a name.</summary>
    public string? ErrorName => NameOf(ErrorNumber);

    /// <summary>What libbpf printed during the call, all levels, in order.</summary>
    public IReadOnlyList<LibbpfMessage> Messages { get; }

    /// <summary>Throws where a call returned an error.</summary>
    internal static int Check(int result, string function, IReadOnlyList<LibbpfMessage>? messages = null) =>
        result < 0 ? throw new LibbpfException(function, -result, messages ?? []) : result;

    /// <summary>Throws where a call returned no pointer; the error is in errno.</summary>
    internal static nint Check(nint result, string function, IReadOnlyList<LibbpfMessage>? messages = null) =>
        result == 0 ? throw new LibbpfException(function, Marshal.GetLastPInvokeError(), messages ?? []) : result;

    private static string? NameOf(int number) => number switch
    {
        // enum libbpf_errno, bpf/libbpf.h.
        4000 => "LIBBPF_ERRNO__LIBELF",
        4001 => "LIBBPF_ERRNO__FORMAT",
        4002 => "LIBBPF_ERRNO__KVERSION",
        4003 => "LIBBPF_ERRNO__ENDIAN",
        4004 => "LIBBPF_ERRNO__INTERNAL",
        4005 => "LIBBPF_ERRNO__RELOC",
        4006 => "LIBBPF_ERRNO__LOAD",
        4007 => "LIBBPF_ERRNO__VERIFY",
        4008 => "LIBBPF_ERRNO__PROG2BIG",
        4009 => "LIBBPF_ERRNO__KVER",
        4010 => "LIBBPF_ERRNO__PROGTYPE",
        4011 => "LIBBPF_ERRNO__WRNGPID",
        4012 => "LIBBPF_ERRNO__INVSEQ",
        4013 => "LIBBPF_ERRNO__NLPARSE",
        // Of the kernel alone: libc does not know it (include/linux/errno.h).
        524 => "ENOTSUPP",
        _ => SystemName(number),
    };

    private static string Describe(int number) => number switch
    {
        4000 => "libelf cannot read it",
        4001 => "no valid BPF object",
        4003 => "another byte order",
        4005 => "a relocation failed",
        524 => "the kernel does not support the operation",
        >= 4000 => "an error of libbpf's",
        _ => Marshal.GetPInvokeErrorMessage(number),
    };

    private static string? SystemName(int number)
    {
        try
        {
            return Marshal.PtrToStringUTF8(strerrorname_np(number));
        }
        catch (EntryPointNotFoundException)
        {
            // Not glibc, or one before 2.32.
            return null;
        }
    }

    [LibraryImport("libc")]
    private static partial nint strerrorname_np(int number);
}
