namespace KernelDebug.Symbolization;

/// <summary>
/// Tells builds of one release apart: a log's <c>CPU:</c> line has the build's number and the distribution's package
/// (<c>#1  Debian 6.1.192-2</c>, <c>#147-Ubuntu</c>; lib/dump_stack.c), a vmlinux's banner has them too.
/// </summary>
internal static class KernelBanner
{
    private const string Debian = "Debian";

    /// <returns>How the banner disagrees with the log's version; null where it does not, or either does not say.</returns>
    public static string? Disagreement(string banner, string version)
    {
        string[] ofLog = version.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] ofFile = banner.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Differs(Number(ofFile), Number(ofLog)) ?? Differs(Package(ofFile), Package(ofLog));
    }

    private static string? Differs(string? file, string? log) =>
        file is not null && log is not null && file != log ? $"is build {file} of its release, not {log}" : null;

    /// <summary><c>#1</c>; some banners in a vmlinux have a bare <c>#</c>, since the number is made later.</summary>
    private static string? Number(string[] words) => Array.Find(words, word => word.Length > 1 && word[0] == '#');

    /// <summary>The last word behind "Debian" that is a version: the compiler's comes before the kernel's.</summary>
    private static string? Package(string[] words)
    {
        for (int i = words.Length - 2; i >= 0; i--)
        {
            if (words[i] == Debian && char.IsAsciiDigit(words[i + 1][0]))
            {
                return $"{Debian} {words[i + 1]}";
            }
        }

        return null;
    }
}
