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
}
