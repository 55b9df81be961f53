using System.Text;

namespace KernelDebug.Tracing.Expressions;

/// <summary>A pattern of PowerShell's <c>-like</c> as parts between its asterisks; of <c>-eq</c>, the text as one part.</summary>
/// <param name="Parts">The parts, each a character or null for any one (<c>?</c>); of two on, asterisks are between them.</param>
/// <param name="IsCaseSensitive">True where capitals differ from small letters.</param>
internal sealed record TextPattern(IReadOnlyList<IReadOnlyList<byte?>> Parts, bool IsCaseSensitive)
{
    /// <summary>Bytes of a text that are compared at most; a longer one is like none that does not end in an asterisk.</summary>
    public const int MostBytes = 126;

    /// <summary>Reads a pattern, or a text that is compared whole.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isPattern">True where <c>*</c>, <c>?</c> and the backquote mean something.</param>
    /// <param name="isCaseSensitive">True where capitals differ from small letters.</param>
    /// <param name="wrong">What is wrong with it, and what to write instead.</param>
    /// <returns>null where a program in the kernel cannot ask it.</returns>
    public static TextPattern? Parse(string text, bool isPattern, bool isCaseSensitive, out (string Problem, string Remedy) wrong)
    {
        const char Escape = '`';
        wrong = default;
        var parts = new List<List<byte?>> { new() };
        for (int i = 0; i < text.Length; i++)
        {
            if (isPattern && text[i] == '*')
            {
                // Of several in a row, one does.
                if (parts.Count == 1 || parts[^1].Count > 0)
                {
                    parts.Add([]);
                }
            }
            else if (isPattern && text[i] == '?')
            {
                parts[^1].Add(null);
            }
            else if (isPattern && text[i] is '[' or ']')
            {
                wrong = ("Sets of characters cannot be asked in the kernel", "Patterns have * and ?; write `[ for the character itself.");
                return null;
            }
            else
            {
                int from = isPattern && text[i] == Escape && i + 1 < text.Length ? ++i : i;
                i += char.IsHighSurrogate(text[from]) && from + 1 < text.Length ? 1 : 0;
                parts[^1].AddRange(Encoding.UTF8.GetBytes(text[from..(i + 1)]).Select(value => (byte?)value));
            }
        }

        if (parts.Sum(part => part.Count) > MostBytes)
        {
            wrong = ($"Texts are compared up to {MostBytes} bytes in the kernel, and this one is longer", "Compare the beginning: -like 'beginning*'.");
            return null;
        }

        return new TextPattern([.. parts], isCaseSensitive);
    }
}
