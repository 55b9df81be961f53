using System.Numerics;

namespace KernelDebug.IO;

/// <summary>
/// Whole lines of a stream, as bytes, and where each ends. A line longer than <see cref="LineReader.MaxLineBytes"/> comes in parts,
/// each in a block of its own; parts of one line have its number. Blocks are filled again and again.
/// </summary>
public sealed class LineBlock
{
    private int[] _ends = [];
    private ulong[] _marks = [];

    /// <summary>The bytes, and room for more.</summary>
    internal byte[] Buffer { get; set; } = [];
    /// <summary>Bytes of the lines.</summary>
    public int Length { get; internal set; }
    /// <summary>Lines.</summary>
    public int Count { get; private set; }
    /// <summary>Byte offset of the first byte in the stream.</summary>
    public long Offset { get; internal set; }
    /// <summary>1-based number of the first line.</summary>
    public int FirstLine { get; internal set; }
    /// <summary>Bytes read of the file as it lies on disk, when this block was filled.</summary>
    public long PackedPosition { get; internal set; }
    /// <summary>True where the last line has no line feed: the log's last, or part of a longer one.</summary>
    public bool EndsInsideLine { get; private set; }

    /// <summary>The bytes of all lines, line feeds included.</summary>
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>Index behind each line's last byte: its line feed's.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Index of a line's first byte.</summary>
    public int Start(int line) => line == 0 ? 0 : _ends[line - 1] + 1;

    /// <summary>A line without its line feed.</summary>
    public ReadOnlySpan<byte> Line(int line) => Buffer.AsSpan(Start(line), _ends[line] - Start(line));

    /// <summary>Marks a line.</summary>
    public void Mark(int line) => _marks[line >> 6] |= 1UL << (line & 63);

    /// <summary>The first marked line from one on; <see cref="Count"/> where there is none.</summary>
    public int NextMarked(int from)
    {
        int word = from >> 6;
        if (from >= Count)
        {
            return Count;
        }

        ulong marks = _marks[word] & ulong.MaxValue << (from & 63);
        while (marks == 0)
        {
            if (++word > (Count - 1) >> 6)
            {
                return Count;
            }

            marks = _marks[word];
        }

        return (word << 6) + BitOperations.TrailingZeroCount(marks);
    }

    /// <summary>Finds the lines in the first <see cref="Length"/> bytes, none marked.</summary>
    internal void FindLines()
    {
        Count = LineFeeds.Find(Bytes, ref _ends);
        EndsInsideLine = Length > 0 && Buffer[Length - 1] != '\n';
        if (EndsInsideLine)
        {
            LineFeeds.Append(ref _ends, Count++, Length);
        }

        int words = (Count + 63) >> 6;
        if (_marks.Length < words)
        {
            _marks = new ulong[words * 2];
        }

        Array.Clear(_marks, 0, words);
    }
}
