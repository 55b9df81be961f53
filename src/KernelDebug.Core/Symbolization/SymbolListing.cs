using KernelDebug.Demangling;
using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>The symbols of one file by their numbers, and how they are found by name and by address.</summary>
internal abstract class SymbolListing
{
    /// <summary>A few names are found faster by looking through all than by making an index of all.</summary>
    private const int SearchesBeforeIndex = 4;

    private readonly Dictionary<(int Section, ulong Address), string[]> _places = [];
    private Dictionary<string, List<int>>? _byName;
    private int _searches;

    /// <summary>Number of symbols.</summary>
    public abstract int Count { get; }

    /// <summary>A symbol's name as bytes.</summary>
    public abstract ReadOnlySpan<byte> NameBytes(int index);

    /// <summary>The symbols of exactly this name.</summary>
    public IReadOnlyList<int> Named(string name)
    {
        if (_byName is null && _searches++ >= SearchesBeforeIndex)
        {
            _byName = ByName(_ => true, "");
        }

        if (_byName is not null)
        {
            return _byName.TryGetValue(name, out List<int>? known) ? known : [];
        }

        byte[] wanted = Encoding.UTF8.GetBytes(name);
        var found = new List<int>();
        for (int i = 0; i < Count; i++)
        {
            if (NameBytes(i).SequenceEqual(wanted))
            {
                found.Add(i);
            }
        }

        return found;
    }

    /// <summary>The names that fit, each with its symbols.</summary>
    /// <param name="fits">Decides.</param>
    /// <param name="part">ASCII text that every name that fits has in it, in either case: most names are then never made.</param>
    public Dictionary<string, List<int>> ByName(Func<string, bool> fits, string part)
    {
        byte[] wanted = Encoding.ASCII.GetBytes(part.ToLowerInvariant());
        var found = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<byte> bytes = NameBytes(i);
            if (!Has(bytes, wanted) || Encoding.UTF8.GetString(bytes) is var name && !fits(name))
            {
                continue;
            }

            if (!found.TryGetValue(name, out List<int>? same))
            {
                found[name] = same = new List<int>(1);
            }

            same.Add(i);
        }

        return found;
    }

    /// <summary>The names that begin so.</summary>
    public IEnumerable<string> NamesFrom(string start)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(start);
        for (int i = 0; i < Count; i++)
        {
            if (NameBytes(i).StartsWith(wanted))
            {
                yield return Encoding.UTF8.GetString(NameBytes(i));
            }
        }
    }

    /// <summary>Symbols of one name as they are shown, those of other modules left out and counted as duplicates.</summary>
    public IEnumerable<KernelSymbol> Describe(IReadOnlyList<int> same)
    {
        ulong?[]? addresses = null;
        for (int i = 0; i < same.Count; i++)
        {
            if (IsWanted(same[i]))
            {
                yield return Describe(same[i], same.Count < 2 ? [] : new Others<ulong?>(addresses ??= [.. same.Select(AddressOf)], i));
            }
        }
    }

    /// <summary>The symbol an address is in; null where there is none.</summary>
    /// <param name="address">In the base this file's symbols are shown in.</param>
    public KernelSymbol? At(ulong address)
    {
        if (Containing(address) is not [var index, ..])
        {
            return null;
        }

        int[] same = [.. Named(Encoding.UTF8.GetString(NameBytes(index)))];
        KernelSymbol symbol = Describe(index, same.Length < 2 ? [] : new Others<ulong?>([.. same.Select(AddressOf)], Array.IndexOf(same, index)));
        ulong offset = address - (symbol.Address ?? 0);
        return offset < symbol.Size || symbol.SizeSource != SymbolSizeSource.Declared
            ? symbol with { Offset = offset }
            // What is behind a function's end is printed by the kernel as in it.
            : symbol with { Offset = offset, Size = ToNext(index), SizeSource = SymbolSizeSource.NextSymbol };
    }

    /// <summary>False for a symbol of a module that was not asked for.</summary>
    protected abstract bool IsWanted(int index);

    /// <summary>Where it begins, in the base it is shown in; null where that is hidden.</summary>
    protected abstract ulong? AddressOf(int index);

    /// <summary>The symbols at the start of what an address is in, the one the kernel would print first.</summary>
    protected abstract int[] Containing(ulong address);

    /// <summary>What symbols of one place have in common; null for one that is not in a place.</summary>
    protected abstract (int Section, ulong Address)? PlaceOf(int index);

    /// <summary>The symbols of the same place as one, itself among them.</summary>
    protected abstract IEnumerable<int> SamePlace(int index);

    /// <summary>Bytes to the next symbol; null where that is not told.</summary>
    protected abstract ulong? ToNext(int index);

    /// <summary>What the file says of a symbol itself.</summary>
    protected abstract KernelSymbol Read(int index, string name);

    private KernelSymbol Describe(int index, IReadOnlyList<ulong?> duplicates)
    {
        string name = Encoding.UTF8.GetString(NameBytes(index));
        return Read(index, name) with { DemangledName = Demangler.TryDemangle(name), Duplicates = duplicates, Aliases = AliasesOf(index, name) ?? (IReadOnlyList<string>)[] };
    }

    private Others<string>? AliasesOf(int index, string name)
    {
        if (PlaceOf(index) is not { } place)
        {
            return null;
        }

        if (!_places.TryGetValue(place, out string[]? names))
        {
            // Ten thousand exports share one empty string: the list is made once.
            _places[place] = names = [.. SamePlace(index).Select(i => Encoding.UTF8.GetString(NameBytes(i))).Distinct(StringComparer.Ordinal)];
        }

        return names.Length < 2 ? null : new Others<string>(names, Array.IndexOf(names, name));
    }

    private static bool Has(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower)
    {
        for (int start = 0; start + lower.Length <= name.Length; start++)
        {
            int same = 0;
            while (same < lower.Length && ((char)name[start + same] is var c && char.IsAsciiLetterUpper(c) ? c | 0x20 : c) == lower[same])
            {
                same++;
            }

            if (same == lower.Length)
            {
                return true;
            }
        }

        return false;
    }
}
