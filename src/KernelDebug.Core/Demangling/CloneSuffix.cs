using System.Text;

namespace KernelDebug.Demangling;

/// <summary>What compilers append to a Rust name when they split, specialize or rename a function: <c>.cold</c>.</summary>
internal static class CloneSuffix
{
    private const string LlvmUnique = ".llvm.";

    /// <summary>Writes a suffix the way c++filt writes that of a C++ name: <c> [clone .isra.0] [clone .cold]</c>.</summary>
    /// <param name="suffix">All that follows the mangled name; may be empty.</param>
    /// <returns>Null when it is not a clone suffix, which means that the name before it is not one either.</returns>
    public static string? TryFormat(ReadOnlySpan<char> suffix)
    {
        if (suffix.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder();
        while (!suffix.IsEmpty)
        {
            int length = suffix.StartsWith(LlvmUnique, StringComparison.Ordinal) ? 0 : CloneLength(suffix);
            if (length > 0)
            {
                text.Append(" [clone ").Append(suffix[..length]).Append(']');
            }
            else if ((length = LlvmUniqueLength(suffix)) == 0)
            {
                return null;
            }

            suffix = suffix[length..];
        }

        return text.ToString();
    }

    /// <summary>Length of <c>.name</c> or <c>.number</c> with the numbers that follow it; 0 where none starts.</summary>
    private static int CloneLength(ReadOnlySpan<char> suffix)
    {
        if (suffix.Length < 2 || suffix[0] != '.')
        {
            return 0;
        }

        int end = 1;
        while (end < suffix.Length && IsNameCharacter(suffix[end]))
        {
            end++;
        }

        if (end == 1)
        {
            return 0;
        }

        while (end + 1 < suffix.Length && suffix[end] == '.' && char.IsAsciiDigit(suffix[end + 1]))
        {
            end += 2;
            while (end < suffix.Length && char.IsAsciiDigit(suffix[end]))
            {
                end++;
            }
        }

        return end;
    }

    /// <summary>Length of ThinLTO's <c>.llvm.</c> and module hash, in old names with <c>@@16</c> behind; 0 where there is none.</summary>
    private static int LlvmUniqueLength(ReadOnlySpan<char> suffix)
    {
        if (!suffix.StartsWith(LlvmUnique, StringComparison.Ordinal))
        {
            return 0;
        }

        int end = LlvmUnique.Length;
        while (end < suffix.Length && (char.IsAsciiLetterOrDigit(suffix[end]) || suffix[end] == '@'))
        {
            end++;
        }

        return end == LlvmUnique.Length ? 0 : end;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$';
}
