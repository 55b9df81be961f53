using System.Text;
using KernelDebug.Tracing;

namespace KernelDebug.Fuzz;

/// <summary>A trace saved from tracefs. No exception at all may come out, and no line be lost: what cannot be read is text.</summary>
internal sealed class TraceFile(string path) : IFuzzTarget
{
    public string Name => Path.GetFileName(path);

    public byte[] Bytes { get; } = File.ReadAllBytes(path);

    public int Questions => 2;

    public int Ask(byte[] damaged, Random random)
    {
        int answered = 0;
        foreach (bool mayBeTrimmed in (bool[])[false, true])
        {
            List<TraceLine> lines = [.. TraceText.Read(new MemoryStream(damaged), mayBeTrimmed)];
            if (lines.Find(line => line.Kind == TraceLineKind.Event && (line.Task is null || line.ProcessId is null || line.Cpu is null || (line.Time is null) == (line.Counter is null))) is { } torn)
            {
                throw new InvalidDataException($"half a line was read: {torn.Text}");
            }

            int shown = Encoding.Latin1.GetString(damaged).Split('\n').SkipWhile(line => line.StartsWith('#'))
                .Count(line => line.TrimEnd('\r').Length > 0 && !line.StartsWith("##### CPU", StringComparison.Ordinal));
            if (lines.Count < shown)
            {
                throw new InvalidDataException($"{shown} lines gave {lines.Count}");
            }

            answered += lines.Exists(line => line.Kind != TraceLineKind.Text) ? 1 : 0;
        }

        return answered;
    }
}
