namespace KernelDebug.Triage;

/// <summary>A function name with <c>*</c> at its start, its end, or both; without one, the whole name.</summary>
internal readonly struct NamePattern
{
    private readonly string _text;
    private readonly bool _anyStart;
    private readonly bool _anyEnd;

    public NamePattern(string pattern)
    {
        _anyStart = pattern.StartsWith('*');
        _anyEnd = pattern.EndsWith('*');
        _text = pattern.Trim('*');
    }

    /// <param name="name">The name.</param>
    /// <param name="isAnchored">True where the name has to begin as the pattern does, <c>*</c> or not.</param>
    public bool Matches(ReadOnlySpan<char> name, bool isAnchored = false) => (_anyStart && !isAnchored, _anyEnd) switch
    {
        (true, true) => name.Contains(_text, StringComparison.Ordinal),
        (true, false) => name.EndsWith(_text, StringComparison.Ordinal),
        (false, true) => name.StartsWith(_text, StringComparison.Ordinal),
        _ => name.SequenceEqual(_text),
    };

    /// <summary>The patterns of a list separated by blanks.</summary>
    public static NamePattern[] Parse(string list) =>
        Array.ConvertAll(list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), pattern => new NamePattern(pattern));

    public static bool Any(NamePattern[] patterns, ReadOnlySpan<char> name, bool isAnchored = false)
    {
        foreach (NamePattern pattern in patterns)
        {
            if (pattern.Matches(name, isAnchored))
            {
                return true;
            }
        }
        return false;
    }
}
