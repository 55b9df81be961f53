using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>
/// What memory reports say of the access and the object: mm/kasan/report.c and report_generic.c (both ages), mm/kfence/report.c,
/// kernel/kcsan/report.c, mm/kmemleak.c.
/// </summary>
internal sealed class MemoryDetails
{
    private const int MaxStateLines = 64;

    private readonly List<string> _state = [];
    private bool? _isWrite;
    private ulong? _accessSize;
    private ulong? _accessAddress;
    private ulong? _objectAddress;
    private ulong? _objectSize;
    private string? _cache;
    private string? _position;
    private bool _isInState;
    private bool _wantsRegion;
    private bool _wantsVariable;
    private bool _hasAccess;

    /// <summary><c>Read</c> or <c>Write</c> where known.</summary>
    public string? AccessName => _isWrite is { } write ? (write ? "Write" : "Read") : null;

    public ReportedAccess? Access => _hasAccess ? new ReportedAccess(_isWrite, _accessSize, _accessAddress) : null;

    public ReportedObject? Object => _objectAddress is null && _cache is null && _position is null && _state.Count == 0 && _objectSize is null ? null : new ReportedObject
    {
        Address = _objectAddress,
        Cache = _cache,
        Size = _objectSize,
        Position = _position,
        MemoryState = _state,
    };

    /// <summary>Reads a headline: old KASAN's <c>... at addr ffff88...</c>, KFENCE's and KCSAN's kinds say it elsewhere.</summary>
    public void ReadHeadline(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("BUG: KASAN: ", StringComparison.Ordinal) && Hex(text, " at addr ") is { } address)
        {
            (_hasAccess, _accessAddress) = (true, address);
        }
        else if (text.StartsWith("BUG: KFENCE: ", StringComparison.Ordinal) && (text.Contains(" read in ", StringComparison.Ordinal) || text.Contains(" write in ", StringComparison.Ordinal)))
        {
            (_hasAccess, _isWrite) = (true, text.Contains(" write in ", StringComparison.Ordinal));
        }
    }

    /// <summary>Reads a line; true where it is one of a memory report.</summary>
    public bool Read(ReadOnlySpan<char> text)
    {
        if (_wantsRegion)
        {
            _wantsRegion = false;
            if (text.Contains("-byte region [", StringComparison.Ordinal))
            {
                _position = $"{_position} {text}";
                _objectSize ??= Number(text.StartsWith("freed ", StringComparison.Ordinal) ? text[6..] : text.StartsWith("allocated ", StringComparison.Ordinal) ? text[10..] : text);
                return true;
            }
        }
        if (_wantsVariable)
        {
            _wantsVariable = false;
            _cache = text.ToString();
            return true;
        }
        return ReadState(text) || ReadAccess(text) || ReadObject(text);
    }

    private bool ReadAccess(ReadOnlySpan<char> text)
    {
        bool isWrite = text.StartsWith("Write of size ", StringComparison.Ordinal) || text.StartsWith("Write at addr ", StringComparison.Ordinal);
        if (isWrite || text.StartsWith("Read of size ", StringComparison.Ordinal) || text.StartsWith("Read at addr ", StringComparison.Ordinal))
        {
            _hasAccess = true;
            _isWrite ??= isWrite;
            _accessSize ??= Number(After(text, " of size "));
            _accessAddress ??= Hex(text, " at addr ");
            return true;
        }
        // KFENCE: "Use-after-free read at 0x00000000f9e9d3b4 (in kfence-#24):", "Invalid free of 0x...", "Corrupted memory at 0x... [ ! . ]".
        if (text.Contains(" at 0x", StringComparison.Ordinal) && (text.StartsWith("Use-after-free ", StringComparison.Ordinal) || text.StartsWith("Out-of-bounds ", StringComparison.Ordinal)
            || text.StartsWith("Invalid read ", StringComparison.Ordinal) || text.StartsWith("Invalid write ", StringComparison.Ordinal) || text.StartsWith("Corrupted memory ", StringComparison.Ordinal)))
        {
            _hasAccess = true;
            _accessAddress ??= Hex(text, " at 0x");
            _position ??= text.Contains(" left of kfence", StringComparison.Ordinal) || text.Contains(" right of kfence", StringComparison.Ordinal) ? After(text, " (").TrimEnd("):").ToString() : null;
            return true;
        }
        // KCSAN: "write to 0xffffffff85e6a4c8 of 4 bytes by task 1 on cpu 0:".
        if (text.EndsWith(':') && text.Contains(" bytes by ", StringComparison.Ordinal) && text.Contains(" to 0x", StringComparison.Ordinal))
        {
            if (!_hasAccess)
            {
                _isWrite = text.StartsWith("write", StringComparison.Ordinal) || text.StartsWith("read-write", StringComparison.Ordinal);
                _accessAddress = Hex(text, " to 0x");
                _accessSize = Number(After(text, " of "));
                _hasAccess = true;
            }
            // The label of a stack too: whoever reads labels must still see it.
            return false;
        }
        return false;
    }

    private bool ReadObject(ReadOnlySpan<char> text)
    {
        if (Hex(text, "The buggy address belongs to the object at ") is { } belongs)
        {
            _objectAddress ??= belongs;
            return true;
        }
        if (text.StartsWith("which belongs to the cache ", StringComparison.Ordinal) || text.StartsWith("Object at ", StringComparison.Ordinal) && text.Contains(", in cache ", StringComparison.Ordinal))
        {
            var rest = text[0] == 'w' ? text["which belongs to the cache ".Length..] : After(text, ", in cache ");
            int end = rest.IndexOf(' ');
            _cache ??= (end < 0 ? rest : rest[..end]).ToString();
            _objectSize ??= Number(After(rest, " of size ")) ?? Number(After(rest, " size: "));
            _objectAddress ??= Hex(text, "Object at ");
            return true;
        }
        if (text.StartsWith("The buggy address is located ", StringComparison.Ordinal))
        {
            _position ??= text["The buggy address is ".Length..].ToString();
            _wantsRegion = !text.Contains("region [", StringComparison.Ordinal);
            return true;
        }
        if (text.StartsWith("The buggy address belongs to the variable:", StringComparison.Ordinal))
        {
            _wantsVariable = true;
            return true;
        }
        if (text.StartsWith("kfence-#", StringComparison.Ordinal))
        {
            _objectAddress ??= Hex(text, ": 0x") ?? Hex(text, " [0x");
            _objectSize ??= Number(After(text, "size="));
            var cache = After(text, "cache=");
            int end = cache.IndexOfAny("] ,");
            _cache ??= cache.IsEmpty ? null : (end < 0 ? cache : cache[..end]).ToString();
            return !text.Contains(" by task ", StringComparison.Ordinal);
        }
        if (text.StartsWith("unreferenced object 0x", StringComparison.Ordinal))
        {
            _objectAddress ??= Hex(text, " object 0x");
            _objectSize ??= Number(After(text, "(size "));
            return true;
        }
        return text.StartsWith("The buggy address belongs to ", StringComparison.Ordinal);
    }

    private bool ReadState(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("Memory state around the buggy address:", StringComparison.Ordinal) || text.StartsWith("Tags for ", StringComparison.Ordinal))
        {
            _isInState = true;
            return true;
        }
        bool isRow = _isInState && !text.IsEmpty && (text[0] == '^' || HexText.EndOfHex(text, text[0] == '>' ? 1 : 0) is var end && end >= 9 && end < text.Length && text[end] == ':');
        _isInState = isRow;
        if (isRow && _state.Count < MaxStateLines)
        {
            _state.Add(text.ToString());
        }
        return isRow;
    }

    private static ReadOnlySpan<char> After(ReadOnlySpan<char> text, string mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? default : text[(at + mark.Length)..];
    }

    private static ulong? Hex(ReadOnlySpan<char> text, string mark)
    {
        var rest = After(text, mark);
        rest = rest.StartsWith("0x", StringComparison.Ordinal) ? rest[2..] : rest;
        return HexText.TryParse(rest[..HexText.EndOfHex(rest, 0)], out ulong value) ? value : null;
    }

    private static ulong? Number(ReadOnlySpan<char> text) => HexText.TryParseInt(text, out int value) ? (ulong)value : null;
}
