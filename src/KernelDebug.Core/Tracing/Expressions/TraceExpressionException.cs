using KernelDebug.Formatting;

namespace KernelDebug.Tracing.Expressions;

/// <summary>An expression that cannot be asked, with the place in its text.</summary>
public sealed class TraceExpressionException : Exception
{
    private const int MostShown = 100;

    /// <summary>Makes it.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="place">What of it is wrong.</param>
    /// <param name="problem">What is wrong, as a sentence without its end.</param>
    /// <param name="remedy">What to write instead.</param>
    public TraceExpressionException(string text, TextPlace place, string problem, string remedy)
        : base(Show(text ?? "", place, problem))
    {
        Text = text ?? "";
        Place = place;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>What of it is wrong.</summary>
    public TextPlace Place { get; }

    /// <summary>What is wrong, without the text.</summary>
    public string Problem { get; }

    /// <summary>What to write instead.</summary>
    public string Remedy { get; }

    /// <summary>The problem, the text, and a mark under the place.</summary>
    private static string Show(string text, TextPlace place, string problem)
    {
        int from = Math.Max(0, place.Start - (MostShown / 2));
        int length = Math.Min(MostShown, text.Length - from);
        string shown = ControlText.MakeNameVisible(text.Substring(from, length));
        if (shown.Length != length)
        {
            // Control characters take more room than they had: then no mark is better than a wrong one.
            return $"{problem}: {shown}";
        }

        int marked = Math.Clamp(place.Length, 1, Math.Max(1, MostShown - (place.Start - from)));
        return $"{problem}:\n  {shown}\n  {new string(' ', place.Start - from)}{new string('~', Math.Min(marked, Math.Max(1, length - (place.Start - from))))}";
    }
}
