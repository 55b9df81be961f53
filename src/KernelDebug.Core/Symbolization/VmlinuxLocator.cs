namespace KernelDebug.Symbolization;

/// <summary>Where distributions and kernel builds put a vmlinux with debug information.</summary>
internal static class VmlinuxLocator
{
    /// <summary>
    /// The places for a release: those of decode_stacktrace.sh (Debian, Ubuntu, a build tree), then Fedora's and SUSE's.
    /// </summary>
    public static IEnumerable<string> Places(string root, string release)
    {
        yield return $"{root}/boot/vmlinux-{release}";
        yield return $"{root}/boot/vmlinux-{release}.debug";
        yield return $"{root}/usr/lib/debug/boot/vmlinux-{release}";
        yield return $"{root}/usr/lib/debug/boot/vmlinux-{release}.debug";
        yield return $"{root}/lib/modules/{release}/vmlinux";
        yield return $"{root}/lib/modules/{release}/build/vmlinux";
        yield return $"{root}/usr/lib/debug/lib/modules/{release}/vmlinux";
        yield return $"{root}/usr/lib/debug/usr/lib/modules/{release}/vmlinux.debug";
    }

    /// <summary>A release comes from a log: one that could lead elsewhere in the file system names no place.</summary>
    public static bool IsPlainRelease(string release) =>
        release.Length is > 0 and <= 128 && !release.Contains('/', StringComparison.Ordinal) && release is not ("." or "..");

    /// <summary>
    /// What to install for a release, as far as its name tells the distribution. People paste this into a shell, and the log may be
    /// hostile: a release with a character that a shell obeys is not put into a command.
    /// </summary>
    public static string Remedy(string release) =>
        !release.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+' or '~')
            ? "Name the vmlinux of the build."
            : release.Contains(".fc", StringComparison.Ordinal) || release.Contains(".el", StringComparison.Ordinal)
            ? $"dnf debuginfo-install kernel-{release}"
            : release.Contains("-generic", StringComparison.Ordinal)
                ? $"apt-get install linux-image-{release}-dbgsym, from Ubuntu's ddebs archive"
                : $"apt-get install linux-image-{release}-dbg on Debian, or the vmlinux of the build";
}
