using KernelDebug.Demangling;

namespace KernelDebug.Symbolization;

/// <summary>The one name GSYM has for a function, of the two that debug information may have.</summary>
internal static class BundleNames
{
    /// <summary>The mangled name where it can be read back, since it tells more; else the plain one; null where neither is stated.</summary>
    public static string? Of(string? name, string? linkageName)
    {
        string? chosen = linkageName is not null && Demangler.TryDemangle(linkageName) is not null ? linkageName : name;
        return string.IsNullOrEmpty(chosen) ? null : chosen;
    }
}
