namespace KernelDebug.Tests.Fuzzing;

/// <summary>
/// Makes broken inputs of good ones, the same ones for the same seed: a failing case is named by seed and number.
/// </summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[] _interesting = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x0d, 0x1b, 0x2b, 0x2f, 0x30, 0x3a, 0x5b, 0x5d];
    private static readonly ulong[] _interestingNumbers = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, ulong.MaxValue];
    private readonly Random _random = new(seed);

    /// <summary>A mutated copy of <paramref name="input"/>; <paramref name="other"/> is what parts may be taken from.</summary>
    public byte[] Mutate(ReadOnlySpan<byte> input, ReadOnlySpan<byte> other)
    {
        var bytes = new List<byte>(input.Length + 64);
        bytes.AddRange(input);
        for (int count = 1 + _random.Next(4); count > 0; count--)
        {
            Step(bytes, other);
        }
        return [.. bytes];
    }

    /// <summary>A mutated copy of a text: the same changes over its UTF-16 units' low bytes, and now and then a unit above them.</summary>
    public string Mutate(string input, string other)
    {
        var bytes = Mutate(System.Text.Encoding.Latin1.GetBytes(input), System.Text.Encoding.Latin1.GetBytes(other));
        string text = System.Text.Encoding.Latin1.GetString(bytes);
        if (text.Length > 0 && _random.Next(16) == 0)
        {
            text = text.Insert(_random.Next(text.Length), ((char)_random.Next(0x100, 0x10000)).ToString());
        }
        return text;
    }

    /// <summary>One of a list.</summary>
    public T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    private void Step(List<byte> bytes, ReadOnlySpan<byte> other)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)_random.Next(256));
            return;
        }
        int at = _random.Next(bytes.Count);
        int length = Math.Min(1 + _random.Next(32), bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                bytes[at] = _interesting[_random.Next(_interesting.Length)];
                break;
            case 2:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6 when other.Length > 0:
                int from = _random.Next(other.Length);
                bytes.InsertRange(at, other.Slice(from, Math.Min(length, other.Length - from)).ToArray());
                break;
            case 7:
                ulong number = _interestingNumbers[_random.Next(_interestingNumbers.Length)];
                int size = 1 << _random.Next(4);
                for (int i = 0; i < size && at + i < bytes.Count; i++)
                {
                    bytes[at + i] = (byte)(number >> (8 * i));
                }
                break;
            default:
                int to = _random.Next(bytes.Count);
                (bytes[at], bytes[to]) = (bytes[to], bytes[at]);
                break;
        }
    }
}
