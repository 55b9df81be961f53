using KernelDebug.Records;

namespace KernelDebug.Tests.Disassembly;

/// <summary>What tests/Fixtures/code/make.sh made with binutils.</summary>
internal static class CodeFixtures
{
    public static readonly string Folder = FindFolder();

    public static string[] Lines(string name) => File.ReadAllLines(Path.Combine(Folder, name));

    public static string Text(string name) => File.ReadAllText(Path.Combine(Folder, name));

    /// <summary>A window and its rows: hexadecimal offset (or <c>-</c>), AT&amp;T text, Intel text.</summary>
    public static List<(byte[] Code, List<string[]> Rows)> Windows(string name) => ParseWindows(Lines(name));

    public static List<(byte[] Code, List<string[]> Rows)> ParseWindows(IEnumerable<string> lines)
    {
        var windows = new List<(byte[], List<string[]>)>();
        foreach (var line in lines)
        {
            if (line.StartsWith("W ", StringComparison.Ordinal)) windows.Add((Convert.FromHexString(line[2..]), []));
            else windows[^1].Item2.Add(line.Split('\t'));
        }
        return windows;
    }

    /// <summary>The bytes of a line of lines.txt.</summary>
    public static CodeBytes Parse(string text)
    {
        var units = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var fault = Array.FindIndex(units, unit => unit[0] is '<' or '(');
        return new()
        {
            LineNumber = 1,
            Bytes = [.. units.Select(unit => Convert.ToByte(unit.Trim('<', '>', '(', ')'), 16))],
            FaultIndex = fault < 0 ? null : fault,
            RawText = text,
        };
    }

    private static string FindFolder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "tests", "Fixtures", "code");
            if (Directory.Exists(folder)) return folder;
        }
        throw new DirectoryNotFoundException("tests/Fixtures/code");
    }
}
