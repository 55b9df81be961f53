using System.Globalization;
using System.Text.RegularExpressions;
using KernelDebug.Dwarf;
using KernelDebug.Records;

namespace KernelDebug.Tests.Gsym;

/// <summary>What llvm-gsymutil prints for an address: <c>0x1010: leaf @ /src/b.h:5 [inlined]</c> and a line for each caller; an error where it knows nothing.</summary>
internal sealed partial record LlvmAnswer(ulong Address, string Frames)
{
    public static IEnumerable<LlvmAnswer> Parse(IEnumerable<string> lines)
    {
        ulong? address = null;
        var frames = new List<string>();
        foreach (string line in lines)
        {
            Match start = Start().Match(line);
            if ((start.Success || line.Length == 0) && address is { } known)
            {
                yield return new LlvmAnswer(known, string.Join(" <- ", frames));
                address = null;
            }

            string rest = line.Trim();
            if (start.Success)
            {
                frames.Clear();
                address = ulong.Parse(start.Groups[1].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                rest = line[start.Length..].Trim();
            }

            if (address is not null && rest.Length > 0 && !rest.StartsWith("error: ", StringComparison.Ordinal))
            {
                Match frame = Frame().Match(rest);
                frames.Add(frame.Success ? $"{frame.Groups["name"].Value} {SourcePath.Normalize(frame.Groups["path"].Value)}:{frame.Groups["line"].Value}{frame.Groups["inlined"].Value}" : rest);
            }
        }
    }

    public static string Text(IEnumerable<CodeFrame> frames) =>
        string.Join(" <- ", frames.Select(f => $"{f.Name} {SourcePath.Normalize(f.Path ?? "")}:{f.Line ?? 0}{(f.IsInlined ? " [inlined]" : "")}"));

    [GeneratedRegex("^0x([0-9a-f]+): ")]
    private static partial Regex Start();

    [GeneratedRegex(@"^(?<name>.*?)(?: \+ \d+)? @ (?<path>.*):(?<line>\d+)(?<inlined> \[inlined\])?$")]
    private static partial Regex Frame();
}
