namespace KernelDebug.Symbolization;

/// <summary>Where symbol bundles of a release are looked for: beside the places of a vmlinux (<see cref="VmlinuxLocator"/>).</summary>
internal static class BundleLocator
{
    /// <summary>The places for a release.</summary>
    public static IEnumerable<string> Places(string root, string release)
    {
        foreach (string directory in (string[])["/boot", "/usr/lib/debug/boot"])
        {
            yield return $"{root}{directory}/vmlinux-{release}.gsym";
            yield return $"{root}{directory}/{release}.gsym";
        }

        foreach (string directory in (string[])["/lib/modules", "/usr/lib/debug/lib/modules"])
        {
            yield return $"{root}{directory}/{release}/vmlinux.gsym";
            yield return $"{root}{directory}/{release}/{release}.gsym";
        }
    }
}
