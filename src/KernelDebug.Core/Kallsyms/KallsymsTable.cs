using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Kallsyms;

/// <summary>
/// The symbols of a running kernel as it prints them, or of a build: <c>ffffffff81000000 T _text</c>, <c>ffffffffc0000000 t
/// init\t[module]</c> (kernel/kallsyms.c, <c>s_show</c>; scripts/mksysmap). The text is kept as bytes, a name made when asked for.
/// </summary>
public sealed class KallsymsTable
{
    /// <summary>A line and a half of real ones, for the first guess at their number.</summary>
    private const int BytesPerLine = 32;

    private readonly byte[] _text;
    private readonly string _path;
    private ulong[] _addresses;
    private int[] _names;
    private int _count;
    private AddressOrder? _order;
    private NameChains? _chains;

    private KallsymsTable(byte[] text, string path)
    {
        _text = text;
        _path = path;
        _addresses = new ulong[text.Length / BytesPerLine + 1];
        _names = new int[_addresses.Length];
    }

    /// <summary>The file.</summary>
    public string Path => _path;

    /// <summary>Number of symbols.</summary>
    public int Count => _count;

    /// <summary>
    /// True where every address is zero: the kernel hides them from a user without CAP_SYSLOG (kernel/kallsyms.c,
    /// <c>kallsyms_show_value</c>; sysctl kernel.kptr_restrict).
    /// </summary>
    public bool IsHidden { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">A line is not one of a symbol, or the file is over the cap.</exception>
    public static KallsymsTable Read(string path)
    {
        byte[] text = KernelFile.Read(path, firstGuess: 1 << 23, ParserLimits.MaxSymbolMapBytes);
        return Parse(text, path);
    }

    /// <summary>Takes the bytes of a file.</summary>
    /// <exception cref="BinaryFormatException">A line is not one of a symbol.</exception>
    public static KallsymsTable Parse(byte[] text, string path)
    {
        ArgumentNullException.ThrowIfNull(text);
        var table = new KallsymsTable(text, path);
        ulong any = 0;
        for (int at = 0, line = 1; at < text.Length; line++)
        {
            int end = text.AsSpan(at).IndexOf((byte)'\n');
            end = end < 0 ? text.Length : at + end;
            if (end > at)
            {
                any |= table.Add(at, end, line);
            }

            at = end + 1;
        }

        table.IsHidden = any == 0 && table.Count > 0;
        return table;
    }

    /// <summary>A symbol's address: runtime of a running kernel, link-time of a System.map.</summary>
    public ulong AddressOf(int index) => _addresses[index];

    /// <summary>The letter of nm(1).</summary>
    public char TypeOf(int index) => (char)_text[_names[index] - 2];

    /// <summary>The name as bytes.</summary>
    public ReadOnlySpan<byte> NameBytes(int index)
    {
        ReadOnlySpan<byte> rest = _text.AsSpan(_names[index]);
        int end = rest.IndexOfAny((byte)'\t', (byte)'\n', (byte)' ');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>The name.</summary>
    public string NameOf(int index) => Encoding.UTF8.GetString(NameBytes(index));

    /// <summary>The module a symbol is of, as bytes; empty for the kernel proper.</summary>
    public ReadOnlySpan<byte> ModuleBytes(int index)
    {
        ReadOnlySpan<byte> rest = _text.AsSpan(_names[index]);
        int end = rest.IndexOf((byte)'\n');
        rest = end < 0 ? rest : rest[..end];
        int open = rest.IndexOf((byte)'[');
        return open > 0 && rest[open - 1] is (byte)'\t' or (byte)' ' && rest[^1] == (byte)']' ? rest[(open + 1)..^1] : default;
    }

    /// <summary>The module; null for the kernel proper.</summary>
    public string? ModuleOf(int index) => ModuleBytes(index) is { IsEmpty: false } name ? Encoding.UTF8.GetString(name) : null;

    /// <summary>
    /// Bytes to the next symbol, as the kernel prints a size (kernel/kallsyms.c, <c>get_symbol_pos</c>; kernel/module/kallsyms.c,
    /// <c>find_kallsyms_symbol</c>). Null where that is not told: of the last symbol, of a module's last one in a part of its memory,
    /// of code made at run time, and where addresses are hidden.
    /// </summary>
    public ulong? SizeOf(int index)
    {
        if (IsHidden || IsMadeAtRunTime(ModuleBytes(index)) || Order.NextAfter(_addresses[index]) is not { } next)
        {
            return null;
        }

        // Parts of a module lie in different places; where its code ends the kernel knows and the listing does not.
        bool isWithinPart = ModuleBytes(next).SequenceEqual(ModuleBytes(index)) && (ModuleBytes(index).IsEmpty || IsCode(next) == IsCode(index));
        return isWithinPart ? _addresses[next] - _addresses[index] : null;
    }

    /// <summary>The symbols that begin at the last address at or below this one and reach to it; empty where none is certain to.</summary>
    public int[] At(ulong address)
    {
        // The last function of a module ends somewhere in its page.
        const ulong Slack = 0x1000;
        int[] found = IsHidden ? [] : Order.At(address);
        return found.Length == 0 ? []
            : SizeOf(found[0]) is { } size ? address - _addresses[found[0]] < size ? found : []
            : !ModuleBytes(found[0]).IsEmpty && address - _addresses[found[0]] < Slack ? found
            : [];
    }

    /// <summary>The symbols of a name, ascending.</summary>
    public IReadOnlyList<int> Named(ReadOnlySpan<byte> name) => Names.Find(name);

    /// <summary>The symbols of the same address as one, itself among them.</summary>
    public int[] SamePlace(int index) => Order.At(_addresses[index]);

    private AddressOrder Order => _order ??= new AddressOrder(_addresses.AsSpan(0, _count));

    private NameChains Names => _chains ??= new NameChains(_count, NameBytes);

    /// <summary>True for code: <c>t</c>, <c>T</c>, and the weak <c>w</c>, <c>W</c>, which may be data.</summary>
    public bool IsCode(int index) => TypeOf(index) is 't' or 'T' or 'w' or 'W';

    /// <summary>True for what is no module: names of code made while the kernel runs, a BPF program's or a trampoline's.</summary>
    public static bool IsMadeAtRunTime(string module) => IsMadeAtRunTime(Encoding.UTF8.GetBytes(module));

    private static bool IsMadeAtRunTime(ReadOnlySpan<byte> module) => module.SequenceEqual("bpf"u8) || module.StartsWith("__builtin__"u8);

    private static int HexDigit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private ulong Add(int start, int end, int line)
    {
        ulong address = 0;
        int at = start;
        for (; at < end && at - start < 16 && char.IsAsciiHexDigit((char)_text[at]); at++)
        {
            address = address << 4 | (uint)HexDigit(_text[at]);
        }

        bool isSymbol = at > start && at + 3 < end && _text[at] == ' ' && _text[at + 1] > ' ' && _text[at + 2] == ' ' && _text[at + 3] > ' ';
        ReadOnlySpan<byte> rest = isSymbol ? _text.AsSpan(at + 3, end - at - 3) : default;
        int blank = rest.IndexOfAny((byte)' ', (byte)'\t');
        if (!isSymbol || blank >= 0 && (blank + 1 >= rest.Length || rest[blank + 1] != '['))
        {
            const int Shown = 80;
            string text = Encoding.UTF8.GetString(_text.AsSpan(start, Math.Min(end - start, Shown)));
            throw new BinaryFormatException(_path, $"line {line}", start, $"expected ADDRESS TYPE NAME, have '{text}'");
        }

        if (_count == _addresses.Length)
        {
            Array.Resize(ref _addresses, _count * 2);
            Array.Resize(ref _names, _count * 2);
        }

        _addresses[_count] = address;
        _names[_count++] = at + 3;
        return address;
    }
}
