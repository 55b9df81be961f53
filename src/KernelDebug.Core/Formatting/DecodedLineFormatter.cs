using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>The shape of a decoded line.</summary>
public enum LineLayout
{
    /// <summary>For people: the log's own words stay, the source place follows, inlined callers by name on lines of their own.</summary>
    Log,
    /// <summary>scripts/decode_stacktrace.sh's: <c>name (file:line file:line) module</c> in place of <c>name+off/size [module]</c>.</summary>
    Script,
    /// <summary>The script's, each place followed by its function in brackets.</summary>
    ScriptWithFunctions,
}

/// <summary>The text of a decoded line.</summary>
public static class DecodedLineFormatter
{
    private const string Indent = "    ";

    /// <summary>The line with source places in it; no control character but line feed and tab.</summary>
    public static string Format(PrintkLine line, IReadOnlyList<SymbolLocation> locations, CodeDisassembly? disassembly, LineLayout layout)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(locations);
        if (locations.Count == 0 && disassembly is null)
        {
            return ControlText.MakeVisible(ControlText.DropColours(Unterminated(line.RawText)));
        }

        var text = new StringBuilder();
        string raw = line.RawText;
        int done = 0;
        foreach (SymbolLocation location in locations)
        {
            SymbolReference reference = location.Reference;
            int start = reference.Start;
            int end = Math.Min(start + reference.Length, raw.Length);
            if (start < done || start > raw.Length)
            {
                continue;
            }

            Append(text, raw.AsSpan(done, start - done), layout, location);
            if (layout == LineLayout.Log)
            {
                Append(text, raw.AsSpan(start, end - start));
                AppendPlace(text, location);
            }
            else
            {
                AppendScript(text, raw.AsSpan(start, end - start), location, layout == LineLayout.ScriptWithFunctions);
            }

            done = end;
        }

        Append(text, Unterminated(raw).AsSpan(Math.Min(done, Unterminated(raw).Length)));
        if (layout == LineLayout.Log)
        {
            AppendCallers(text, line, locations);
        }

        if (disassembly is not null)
        {
            AppendCode(text, disassembly, layout);
        }

        return text.ToString();
    }

    private static string Unterminated(string raw) => raw.TrimEnd('\r', '\n');

    private static void AppendCode(StringBuilder text, CodeDisassembly disassembly, LineLayout layout)
    {
        if (disassembly.UnavailableReason is { } reason)
        {
            if (layout == LineLayout.Log)
            {
                text.Append(" (? ");
                Append(text, reason);
                text.Append(')');
            }

            return;
        }

        text.Append('\n').Append(CodeBlockFormatter.Format(disassembly));
        if (layout == LineLayout.Log)
        {
            text.Append(CodeBlockFormatter.FormatAligned(disassembly)).Append(FunctionBlockFormatter.Format(disassembly.Function));
        }

        text.Length--;
    }

    /// <summary>The script's layout drops the address an old kernel prints before a decoded name: <c>[&lt;ffffffff81234567&gt;] name</c>.</summary>
    private static void Append(StringBuilder text, ReadOnlySpan<char> between, LineLayout layout, SymbolLocation location)
    {
        int open = between.LastIndexOf("[<");
        int close = between.LastIndexOf(">] ");
        bool drops = layout != LineLayout.Log && location.Reference.Symbol is not null && open >= 0 && close > open;
        Append(text, drops ? between[..open] : between);
        if (drops)
        {
            Append(text, between[(close + 3)..]);
        }
    }

    private static void Append(StringBuilder text, ReadOnlySpan<char> raw) => text.Append(ControlText.MakeVisible(ControlText.DropColours(raw.ToString())));

    private static void Append(StringBuilder text, string? name) => text.Append(ControlText.MakeNameVisible(name ?? "?"));

    private static void AppendPlace(StringBuilder text, SymbolLocation location)
    {
        if (location.Frames is [var inner, ..])
        {
            text.Append(" (");
            if (inner.IsInlined || (inner.Function is not null && inner.Function != location.Symbol))
            {
                Append(text, inner.Function);
                text.Append(" at ");
            }

            Append(text, inner.Place);
            text.Append(')');
        }

        AppendReason(text, location);
    }

    /// <summary>What concerns this line alone; a missing or wrong file is told once, not on every line.</summary>
    private static void AppendReason(StringBuilder text, SymbolLocation location)
    {
        if (location.Reason is { } reason && reason.Kind is not (UnresolvedKind.NoVmlinux or UnresolvedKind.NoModuleFile
            or UnresolvedKind.BuildIdMismatch or UnresolvedKind.NoDebugInfo or UnresolvedKind.UserSpace or UnresolvedKind.SizeMismatch
            or UnresolvedKind.NoSuchSymbol))
        {
            text.Append(" (? ");
            Append(text, reason.Message);
            text.Append(')');
        }
    }

    private static void AppendCallers(StringBuilder text, PrintkLine line, IReadOnlyList<SymbolLocation> locations)
    {
        foreach (SymbolLocation location in locations)
        {
            foreach (SourceFrame frame in location.Frames.Skip(1))
            {
                text.Append('\n').Append(' ', Math.Min(line.MessageStart, 64)).Append(Indent).Append("inlined into ");
                Append(text, frame.Function);
                text.Append(" at ");
                Append(text, frame.Place);
            }
        }
    }

    private static void AppendScript(StringBuilder text, ReadOnlySpan<char> raw, SymbolLocation location, bool withFunctions)
    {
        if (location.Frames.Count == 0)
        {
            Append(text, raw);
            AppendReason(text, location);
            return;
        }

        // The script demangles Rust's names, which begin so.
        bool isRust = location.Symbol?.StartsWith("_R", StringComparison.Ordinal) == true;
        Append(text, isRust ? location.Frames[^1].Function ?? location.Symbol : location.Symbol);
        text.Append(" (");
        for (int i = 0; i < location.Frames.Count; i++)
        {
            text.Append(i == 0 ? "" : " ");
            Append(text, location.Frames[i].Place);
            if (withFunctions)
            {
                text.Append(" [");
                Append(text, location.Frames[i].Function);
                text.Append(']');
            }
        }

        text.Append(')');
        if (location.Module is { } module)
        {
            text.Append(' ');
            Append(text, module);
        }
    }
}
