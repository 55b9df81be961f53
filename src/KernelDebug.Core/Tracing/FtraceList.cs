using System.Globalization;
using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>
/// tracefs' <c>available_filter_functions</c>, lines of <c>name</c> or <c>name [module]</c>, or <c>available_filter_functions_addrs</c>
/// (since Linux 6.5) with an address before (kernel/trace/ftrace.c, <c>t_show</c>). Kept as bytes, a name made when asked for.
/// </summary>
internal sealed class FtraceList
{
    /// <summary>A distribution's kernel with its modules has 2 MB.</summary>
    private const int MaxBytes = 1 << 26;

    /// <summary>Stands in the list for weak functions another took the place of (since Linux 6.1).</summary>
    private static ReadOnlySpan<byte> InvalidPrefix => "__ftrace_invalid_address__"u8;

    private readonly byte[] _text;
    private readonly int[] _starts;
    private readonly ulong[] _addresses;
    private NameChains? _chains;

    private FtraceList(byte[] text, int[] starts, ulong[] addresses)
    {
        _text = text;
        _starts = starts;
        _addresses = addresses;
    }

    /// <summary>Number of places.</summary>
    public int Count => _starts.Length;

    /// <summary>True where the kernel says where each place is.</summary>
    public bool HasAddresses => _addresses.Length > 0;

    /// <summary>Reads the list of a tracefs.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel refuses it.</exception>
    /// <exception cref="BinaryFormatException">It is no such list.</exception>
    public static FtraceList Read(string tracing)
    {
        string path = $"{tracing}/available_filter_functions_addrs";
        bool hasAddresses = File.Exists(path);
        path = hasAddresses ? path : $"{tracing}/available_filter_functions";
        return Parse(KernelFile.Read(path, firstGuess: 1 << 21, MaxBytes), hasAddresses, path);
    }

    /// <summary>Takes the bytes of a list.</summary>
    /// <exception cref="BinaryFormatException">A line is not one of it.</exception>
    public static FtraceList Parse(byte[] text, bool hasAddresses, string path)
    {
        const int BytesOfALine = 16;
        var starts = new int[text.Length / BytesOfALine + 1];
        var addresses = new ulong[hasAddresses ? starts.Length : 0];
        int count = 0;
        for (int at = 0; at < text.Length;)
        {
            int feed = text.AsSpan(at).IndexOf((byte)'\n');
            int end = feed < 0 ? text.Length : at + feed;
            int name = at;
            ulong address = 0;
            if (hasAddresses)
            {
                int blank = text.AsSpan(at, end - at).IndexOf((byte)' ');
                name = at + blank + 1;
                if (blank <= 0 || !ulong.TryParse(text.AsSpan(at, blank), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address))
                {
                    throw new BinaryFormatException(path, "line", at, "expected ADDRESS NAME [MODULE]");
                }
            }

            if (name < end && !text.AsSpan(name, end - name).StartsWith(InvalidPrefix))
            {
                if (count == starts.Length)
                {
                    Array.Resize(ref starts, count * 2);
                    Array.Resize(ref addresses, hasAddresses ? count * 2 : 0);
                }

                _ = hasAddresses ? addresses[count] = address : 0;
                starts[count++] = name;
            }

            at = end + 1;
        }

        Array.Resize(ref starts, count);
        Array.Resize(ref addresses, hasAddresses ? count : 0);
        return new FtraceList(text, starts, Array.TrueForAll(addresses, address => address == 0) ? [] : addresses);
    }

    /// <summary>The address of a place: of the function, or a few bytes behind it.</summary>
    public ulong AddressOf(int index) => _addresses[index];

    /// <summary>The name as bytes.</summary>
    public ReadOnlySpan<byte> NameBytes(int index)
    {
        ReadOnlySpan<byte> rest = _text.AsSpan(_starts[index]);
        int end = rest.IndexOfAny((byte)' ', (byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>The name.</summary>
    public string NameOf(int index) => Encoding.UTF8.GetString(NameBytes(index));

    /// <summary>The module as bytes; empty for the kernel proper.</summary>
    public ReadOnlySpan<byte> ModuleBytes(int index)
    {
        ReadOnlySpan<byte> rest = _text.AsSpan(_starts[index] + NameBytes(index).Length);
        int end = rest.IndexOf((byte)'\n');
        rest = end < 0 ? rest : rest[..end];
        return rest.StartsWith(" ["u8) && rest[^1] == (byte)']' ? rest[2..^1] : default;
    }

    /// <summary>The places of a name.</summary>
    public IReadOnlyList<int> Named(ReadOnlySpan<byte> name) => (_chains ??= new NameChains(Count, NameBytes)).Find(name);
}
