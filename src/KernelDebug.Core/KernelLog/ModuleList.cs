using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>The <c>Modules linked in:</c> list (<c>print_modules</c>, kernel/module/main.c) and its continuation lines.</summary>
internal static class ModuleList
{
    private const string Header = "Modules linked in:";
    // printk's buffer holds about 1,000 characters: a shorter line was not cut, and has no continuation.
    private const int ShortestCutLine = 800;

    /// <summary>True for the line that begins the list.</summary>
    public static bool IsHeader(ReadOnlySpan<char> text) => text.StartsWith(Header, StringComparison.Ordinal);

    /// <summary>True where a line may carry on the list of the line before it.</summary>
    public static bool IsContinuation(ReadOnlySpan<char> text, int lengthBefore)
    {
        var list = WithoutLastUnloaded(text);
        if (lengthBefore < ShortestCutLine && list.Length == text.Length || list.Length == 0 && text.Length == 0)
        {
            return false;
        }
        foreach (var range in list.Split(' '))
        {
            if (list[range].Length > 0 && !TryParse(list[range], out _))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Adds the modules of a list's line; false where <see cref="LogLimits.MaxModules"/> is reached.</summary>
    public static bool Read(ReadOnlySpan<char> text, List<LoadedModule> modules)
    {
        var list = WithoutLastUnloaded(IsHeader(text) ? text[Header.Length..] : text);
        foreach (var range in list.Split(' '))
        {
            if (!TryParse(list[range], out var module))
            {
                continue;
            }
            if (modules.Count >= LogLimits.MaxModules)
            {
                return false;
            }
            modules.Add(module);
        }
        return true;
    }

    private static ReadOnlySpan<char> WithoutLastUnloaded(ReadOnlySpan<char> text)
    {
        int at = text.IndexOf("[last unloaded:", StringComparison.Ordinal);
        return at < 0 ? text : text[..at];
    }

    private static bool TryParse(ReadOnlySpan<char> text, out LoadedModule module)
    {
        module = null!;
        int open = text.IndexOf('(');
        var name = open < 0 ? text : text[..open];
        if (name.IsEmpty || name.Length > 64 || open >= 0 && text[^1] != ')')
        {
            return false;
        }
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
            {
                return false;
            }
        }
        var flags = open < 0 ? default : text[(open + 1)..^1];
        foreach (char c in flags)
        {
            if (!char.IsAsciiLetterUpper(c) && c is not ('+' or '-'))
            {
                return false;
            }
        }
        module = new LoadedModule(name.ToString(), flags.ToString());
        return true;
    }
}
