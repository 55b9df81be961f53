namespace KernelDebug.Records;

/// <summary>Error numbers that kernel functions return, also as pointers (include/uapi/asm-generic/errno-base.h, errno.h, include/linux/errno.h).</summary>
internal static class ErrorNumbers
{
    /// <summary><c>MAX_ERRNO</c>, include/linux/err.h.</summary>
    public const ulong Max = 4095;

    private static readonly string[] s_base =
    [
        "", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST",
        "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE",
    ];

    // Above 34 the architectures differ (mips, parisc, alpha, sparc have numbers of their own): only those of asm-generic that are met as pointers.
    private static readonly Dictionary<ulong, string> s_more = new()
    {
        [36] = "ENAMETOOLONG", [38] = "ENOSYS", [61] = "ENODATA", [62] = "ETIME", [71] = "EPROTO", [75] = "EOVERFLOW", [95] = "EOPNOTSUPP", [98] = "EADDRINUSE", [101] = "ENETUNREACH",
        [104] = "ECONNRESET", [105] = "ENOBUFS", [107] = "ENOTCONN", [108] = "ESHUTDOWN", [110] = "ETIMEDOUT", [111] = "ECONNREFUSED", [113] = "EHOSTUNREACH", [115] = "EINPROGRESS",
        [116] = "ESTALE", [117] = "EUCLEAN", [125] = "ECANCELED", [512] = "ERESTARTSYS", [517] = "EPROBE_DEFER", [524] = "ENOTSUPP", [529] = "EIOCBQUEUED",
    };

    /// <summary><c>ENOMEM</c> of 12; null for a number without a name.</summary>
    public static string? NameOf(ulong number) => number is > 0 and var known && known < (ulong)s_base.Length ? s_base[known] : s_more.GetValueOrDefault(number);

    /// <summary><c>-12 (ENOMEM)</c>.</summary>
    public static string Describe(ulong number) => NameOf(number) is { } name ? $"-{number} ({name})" : $"-{number}";
}
