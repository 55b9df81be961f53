using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Gsym;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>
/// Turns the code of an object into functions of GSYM, cut so that a look-up there answers as one in the DWARF does: at each function's
/// and each symbol's start.
/// </summary>
internal sealed class BundleFrames(ElfFile elf, CodeSections sections, IReadOnlySet<ulong>? functions, GsymWriter writer)
{
    private readonly CodeAddressIndex _symbols = elf.Symbols.ByAddress;
    private readonly ByteBuffer _parts = new();
    private readonly List<Encoded> _encoded = [];
    private readonly List<GsymLine> _rows = [];

    /// <summary>Lines of code that no function of the debug information has: an assembler file's.</summary>
    private readonly List<(ulong Low, ulong High, uint File, uint Line)> _loose = [];

    /// <param name="Start">Address in the bundle.</param>
    /// <param name="CodeEnd">The address behind the function's code.</param>
    /// <param name="End">The address behind its padding.</param>
    /// <param name="Name">Offset of its name.</param>
    /// <param name="At">Where its parts begin.</param>
    /// <param name="Length">Bytes of its parts.</param>
    private readonly record struct Encoded(ulong Start, ulong CodeEnd, ulong End, uint Name, int At, int Length);

    /// <summary>Takes a unit.</summary>
    /// <exception cref="BinaryFormatException">The unit is damaged.</exception>
    public void Add(UnitCode unit)
    {
        var lines = new UnitLines(unit, writer);
        IReadOnlyList<FunctionPart> parts = unit.Functions();
        (UnitOffset Entry, FunctionCalls Calls)? last = null;
        ulong done = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            AddressRange range = parts[i].Range;
            if (sections.Of(range.Low) is not { } section)
            {
                continue;
            }

            lines.TakeBetween(done, range.Low, AddLoose);
            ulong high = Math.Min(range.High, section.End);
            for (ulong low = range.Low; low < high;)
            {
                ulong next = Math.Min(_symbols.NextAfter(low) ?? section.End, section.End);
                ulong end = next;
                if (next > high)
                {
                    // What follows the function up to the next symbol is its padding as far as the line table has it, unless it is
                    // another function.
                    ulong following = i + 1 < parts.Count ? Math.Max(high, parts[i + 1].Range.Low) : next;
                    end = lines.EndOfCover(high, Math.Min(next, following));
                }

                if (IsWanted(low))
                {
                    if (last?.Entry != parts[i].Function)
                    {
                        last = (parts[i].Function, unit.Calls(parts[i].Function));
                    }

                    Encode(section, new AddressRange(low, Math.Min(next, high)), end, last.Value.Calls, lines);
                }

                done = end;
                low = next;
            }
        }

        lines.TakeBetween(done, ulong.MaxValue, AddLoose);
    }

    /// <summary>Adds what no unit has, and hands all over to the writer.</summary>
    /// <exception cref="BinaryFormatException">The symbol table is damaged.</exception>
    public void Complete()
    {
        _loose.Sort((a, b) => a.Low.CompareTo(b.Low));
        List<Encoded> known = ApartFromEachOther();
        _encoded.Clear();
        int at = 0;
        foreach (CodeSection section in sections.InOrder)
        {
            ulong free = section.Section.Address;
            for (; at < known.Count && known[at].Start < unchecked(section.End + section.Shift); at++)
            {
                FillGap(section, free, unchecked(known[at].Start - section.Shift));
                _encoded.Add(known[at]);
                free = unchecked(known[at].End - section.Shift);
            }

            FillGap(section, free, section.End);
        }

        foreach (Encoded one in _encoded)
        {
            writer.Add(one.Start, (uint)(one.End - one.Start), one.Name, _parts.Span.Slice(one.At, one.Length));
        }
    }

    /// <summary>What the units gave, rising; of two units that claim one address the first has it.</summary>
    private List<Encoded> ApartFromEachOther()
    {
        var apart = new List<Encoded>();
        foreach (Encoded one in _encoded.OrderBy(one => one.Start))
        {
            if (apart.Count == 0 || one.Start >= apart[^1].CodeEnd)
            {
                apart.Add(one);
            }
        }

        for (int i = 0; i + 1 < apart.Count; i++)
        {
            apart[i] = apart[i] with { End = Math.Min(apart[i].End, apart[i + 1].Start) };
        }

        return apart;
    }

    /// <summary>Code without a function in the debug information: what the symbol table says of it, and its lines.</summary>
    private void FillGap(CodeSection section, ulong low, ulong high)
    {
        while (low < high)
        {
            ulong end = Math.Min(high, _symbols.NextAfter(low) ?? high);
            if (_symbols.At(low) is [var symbol, ..] && IsWanted(low))
            {
                CollectLoose(low, end);
                if (_rows.Count > 0 || symbol.Address == low)
                {
                    uint name = writer.AddString(elf.Symbols.NameOf(symbol));
                    Emit(section, new AddressRange(low, end), end, name, _rows.Count == 0 ? null : Root(0, section, new AddressRange(low, end)));
                }
            }

            low = end;
        }
    }

    private void Encode(CodeSection section, AddressRange range, ulong end, FunctionCalls calls, UnitLines lines)
    {
        _rows.Clear();
        lines.Collect(range.Low, end, _rows);
        ElfSymbol[] symbols = _symbols.At(range.Low);
        string? own = BundleNames.Of(calls.Name, calls.LinkageName);
        string? shown = own ?? (symbols.Length > 0 ? elf.Symbols.NameOf(symbols[0]) : null);
        if (shown is null)
        {
            return;
        }

        GsymCallNode root = Root(own is null ? 0 : writer.AddString(own), section, range);
        AddCalls(root, section, range, calls);

        // Behind the function's end its symbol alone speaks; the root says where that is, unless both have one name.
        bool needsRoot = root.Children.Count > 0 || own is null || _rows.Count == 0
            || (end > range.High && symbols.Any(symbol => elf.Symbols.NameOf(symbol) != own));
        Emit(section, range, end, writer.AddString(shown), needsRoot ? root : null);
    }

    private void AddCalls(GsymCallNode root, CodeSection section, AddressRange range, FunctionCalls calls)
    {
        var nodes = new Dictionary<int, GsymCallNode>();
        foreach ((AddressRange part, int owner) in calls.Innermost)
        {
            ulong low = Math.Max(part.Low, range.Low);
            ulong high = Math.Min(part.High, range.High);
            for (int i = owner; low < high && i >= 0; i = calls.Calls[i].Parent)
            {
                Extend(NodeOf(i).Ranges, unchecked(low + section.Shift), unchecked(high + section.Shift));
            }
        }

        GsymCallNode NodeOf(int index)
        {
            if (index < 0)
            {
                return root;
            }

            if (!nodes.TryGetValue(index, out GsymCallNode? node))
            {
                InlinedCall call = calls.Calls[index];
                string? name = BundleNames.Of(call.Name, call.LinkageName);
                node = new GsymCallNode(new GsymCall(name is null ? 0 : writer.AddString(name), writer.AddFile(call.Path), call.Line));
                nodes.Add(index, node);
                NodeOf(call.Parent).Children.Add(node);
            }

            return node;
        }
    }

    private void Emit(CodeSection section, AddressRange range, ulong end, uint name, GsymCallNode? root)
    {
        ulong start = unchecked(range.Low + section.Shift);
        Span<GsymLine> rows = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows);
        foreach (ref GsymLine row in rows)
        {
            row = row with { Address = unchecked(row.Address + section.Shift) };
        }

        int at = _parts.Length;
        GsymWriter.WriteParts(_parts, start, rows, root);
        _encoded.Add(new Encoded(start, unchecked(range.High + section.Shift), unchecked(end + section.Shift), name, at, _parts.Length - at));
    }

    private void CollectLoose(ulong low, ulong high)
    {
        _rows.Clear();
        int first = _loose.BinarySearch((low, 0, 0, 0), Comparer<(ulong Low, ulong, uint, uint)>.Create((a, b) => a.Low.CompareTo(b.Low)));
        first = Math.Max(0, (first < 0 ? ~first : first) - 1);
        ulong end = low;
        for (int i = first; i < _loose.Count && _loose[i].Low < high; i++)
        {
            (ulong from, ulong to, uint file, uint line) = _loose[i];
            from = Math.Max(from, end);
            if (from < to)
            {
                UnitLines.AddRow(_rows, ref end, from, Math.Min(to, high), file, line);
            }
        }

        UnitLines.Close(_rows, end, high);
    }

    private void AddLoose(ulong low, ulong high, uint file, uint line)
    {
        if (sections.Of(low) is not null)
        {
            _loose.Add((low, high, file, line));
        }
    }

    private bool IsWanted(ulong address) => functions is null || (_symbols.At(address) is [var symbol, ..] && functions.Contains(symbol.Address));

    private static GsymCallNode Root(uint name, CodeSection section, AddressRange range)
    {
        var root = new GsymCallNode(new GsymCall(name, 0, 0));
        root.Ranges.Add((unchecked(range.Low + section.Shift), unchecked(range.High + section.Shift)));
        return root;
    }

    private static void Extend(ValueList<(ulong Low, ulong High)> ranges, ulong low, ulong high)
    {
        if (ranges.Count > 0 && ranges[ranges.Count - 1].High == low)
        {
            ranges[ranges.Count - 1].High = high;
        }
        else
        {
            ranges.Add((low, high));
        }
    }
}
