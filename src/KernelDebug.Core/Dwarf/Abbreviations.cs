using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>One attribute of an abbreviation.</summary>
internal readonly record struct AttributeSpec(DwAttribute Attribute, DwForm Form, long ImplicitConstant);

/// <summary>The shape of an entry (DWARF 5, Section 7.5.3).</summary>
internal sealed class Abbreviation
{
    public Abbreviation(ulong code, DwTag tag, bool hasChildren, AttributeSpec[] attributes, DwarfEncoding encoding)
    {
        Code = code;
        Tag = tag;
        HasChildren = hasChildren;
        Attributes = attributes;
        int size = 0;
        for (int i = 0; i < attributes.Length; i++)
        {
            if (attributes[i].Attribute == DwAttribute.Sibling)
            {
                SiblingIndex = i;
                SiblingAt = size;
            }

            int one = FormReader.FixedSize(attributes[i].Form, encoding);
            size = one < 0 || size < 0 ? -1 : size + one;
        }

        FixedSize = size;
    }

    public ulong Code { get; }

    public DwTag Tag { get; }

    public bool HasChildren { get; }

    public AttributeSpec[] Attributes { get; }

    /// <summary>Bytes of all attributes where they never vary; -1 where they do.</summary>
    public int FixedSize { get; }

    /// <summary>Index of DW_AT_sibling; -1 where there is none.</summary>
    public int SiblingIndex { get; } = -1;

    /// <summary>Bytes before DW_AT_sibling's value where they never vary; -1 where they do.</summary>
    public int SiblingAt { get; } = -1;
}

/// <summary>One abbreviation table: codes to shapes.</summary>
internal sealed class AbbreviationTable
{
    private readonly Abbreviation?[] _dense;
    private readonly Dictionary<ulong, Abbreviation>? _sparse;

    private AbbreviationTable(Abbreviation?[] dense, Dictionary<ulong, Abbreviation>? sparse)
    {
        _dense = dense;
        _sparse = sparse;
    }

    /// <summary>The shape of a code; null where the table has none.</summary>
    public Abbreviation? this[ulong code] => code < (ulong)_dense.Length ? _dense[code] : _sparse?.GetValueOrDefault(code);

    /// <summary>Reads a table, or, given a code, only as far as that one: a unit's root has the first.</summary>
    /// <exception cref="BinaryFormatException">The table is damaged or over the caps.</exception>
    public static AbbreviationTable Read(ByteSlice table, DwarfEncoding encoding, WorkBudget budget, ulong? onlyCode = null)
    {
        SpanReader reader = table.Slice(0, Math.Min(table.Length, int.MaxValue)).Reader();
        var dense = new List<Abbreviation?>(capacity: 256) { null };
        Dictionary<ulong, Abbreviation>? sparse = null;
        var attributes = new ValueList<AttributeSpec>();
        for (int count = 0; !reader.IsAtEnd; count++)
        {
            ulong code = reader.ReadUleb128();
            if (code == 0)
            {
                break;
            }

            if (count >= ParserLimits.MaxAbbreviations)
            {
                throw reader.Error($"expected at most {ParserLimits.MaxAbbreviations} abbreviations in a table");
            }

            var tag = (DwTag)Math.Min(reader.ReadUleb128(), ushort.MaxValue);
            bool hasChildren = reader.ReadByte() != 0;
            ReadAttributes(ref reader, attributes);
            if (onlyCode is not null && onlyCode != code)
            {
                continue;
            }

            var abbreviation = new Abbreviation(code, tag, hasChildren, attributes.ToArray(), encoding);
            if (code == (ulong)dense.Count)
            {
                dense.Add(abbreviation);
            }
            else
            {
                (sparse ??= [])[code] = abbreviation;
            }

            if (onlyCode == code)
            {
                break;
            }
        }

        budget.Spend(reader.Position, table);
        return new AbbreviationTable([.. dense], sparse);
    }

    private static void ReadAttributes(ref SpanReader reader, ValueList<AttributeSpec> attributes)
    {
        attributes.Clear();
        while (true)
        {
            ulong attribute = reader.ReadUleb128();
            ulong form = reader.ReadUleb128();
            long constant = form == (ulong)DwForm.ImplicitConstant ? reader.ReadSleb128() : 0;
            if (attribute == 0 && form == 0)
            {
                return;
            }

            if (attributes.Count >= ParserLimits.MaxAttributesPerAbbreviation || form > ushort.MaxValue)
            {
                throw reader.Error($"expected at most {ParserLimits.MaxAttributesPerAbbreviation} attributes of known forms, have form 0x{form:x}");
            }

            // An attribute beyond 16 bits is none we read; its form still says how long it is.
            attributes.Add(new AttributeSpec((DwAttribute)Math.Min(attribute, ushort.MaxValue), (DwForm)form, constant));
        }
    }
}
