using System.Text;
using KernelDebug.KernelLog;
using KernelDebug.Records;

namespace KernelDebug.Fuzz;

/// <summary>
/// A real log: a stretch of it is damaged and read. No exception at all may come out: a damaged log is a result that says so, and
/// what it says of its lines puts the log together again.
/// </summary>
internal sealed class LogFile : IFuzzTarget
{
    private LogFile(string name, byte[] bytes)
    {
        Name = name;
        Bytes = bytes;
    }

    public string Name { get; }

    public byte[] Bytes { get; }

    public int Questions => 1;

    /// <summary>The stretches of a log: each report is some 100 lines.</summary>
    public static IEnumerable<LogFile> Open(string path)
    {
        const int Stretch = 40;
        string name = Path.GetFileName(Path.GetDirectoryName(path)!);
        return File.ReadAllLines(path).Chunk(Stretch).Select((lines, i) => new LogFile($"{name} stretch {i}", Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    public int Ask(byte[] damaged, Random random)
    {
        string[] lines = LogDamage.Damage(Encoding.UTF8.GetString(damaged).Split('\n'), random);
        if (RoundTrip.Check(string.Join('\n', lines), out int reports) is { } fault)
        {
            throw new InvalidDataException(fault);
        }

        for (int i = 0; i < lines.Length; i++)
        {
            PrintkLine line = PrintkLineParser.Parse(lines[i], i + 1);
            _ = SymbolReferenceScanner.Scan(line);
            _ = CodeLineParser.TryParse(line, false, out _);
        }

        return reports > 0 ? 1 : 0;
    }
}
