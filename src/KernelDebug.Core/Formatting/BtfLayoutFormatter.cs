using System.Globalization;
using System.Text;
using KernelDebug.Btf;
using KernelDebug.IO;

namespace KernelDebug.Formatting;

/// <summary>A layout as pahole writes it: each member with offset and size, holes and cache lines between them, the sums below.</summary>
public static class BtfLayoutFormatter
{
    private const int TypeWidth = 26;
    private const int MemberWidth = 49;

    /// <summary>The text, of several lines, without a line end behind the last.</summary>
    /// <exception cref="BinaryFormatException">Anonymous structures nest deeper than <see cref="ParserLimits.MaxBtfNesting"/>.</exception>
    public static string Format(BtfLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var writer = new Writer(layout.CacheLineSize);
        writer.Structure(layout, 0, 0, "");
        return writer.ToString();
    }

    /// <summary>The members in their new order, with what is won.</summary>
    public static string Format(BtfReorganization better)
    {
        ArgumentNullException.ThrowIfNull(better);
        var text = new StringBuilder();
        text.Append(Declared(better.Layout.Type)).Append(" {\n");
        foreach (BtfMovedMember member in better.Members)
        {
            string place = member.Member.BitFieldSize != 0
                ? string.Create(CultureInfo.InvariantCulture, $"/* {member.ByteOffset,5}:{member.BitOffset % 8,2}    */")
                : string.Create(CultureInfo.InvariantCulture, $"/* {member.ByteOffset,5} {member.Member.Type.Size ?? 0,5} */");
            text.Append('\t').Append(Writer.Statement(member.Member).PadRight(MemberWidth)).Append(place).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"\n\t/* size: {better.ByteSize}, cachelines: {better.CacheLines}, members: {better.Members.Count} */");
        text.Append(CultureInfo.InvariantCulture, $"\n}};   /* saved {better.SavedBytes} bytes! */");
        return text.ToString();
    }

    private static string Declared(BtfStruct type) => (type.IsUnion ? "union" : "struct") + (type.Name is null ? "" : $" {type.Name}");

    private sealed class Writer(int cacheLineSize)
    {
        private readonly StringBuilder _text = new();
        private ulong _cacheLine;

        /// <param name="layout">The structure.</param>
        /// <param name="start">Its first byte, from the outermost structure's start.</param>
        /// <param name="level">How deep it is within others.</param>
        /// <param name="name">The name of the member it is.</param>
        public void Structure(BtfLayout layout, ulong start, int level, string name)
        {
            if (level > ParserLimits.MaxBtfNesting || _text.Length > ParserLimits.MaxBtfHeaderLength)
            {
                throw new BinaryFormatException(layout.Type.File.Path, layout.Type.File.Section, 0, $"expected at most {ParserLimits.MaxBtfNesting} structures within each other, have more");
            }

            _text.Append(Declared(layout.Type)).Append(" {\n");
            string indent = new('\t', level + 1);
            if (layout.LeadingHole > 0)
            {
                _text.Append('\n');
                Note(indent, $"XXX {Count(layout.LeadingHole, "byte")} hole, try to pack");
                _text.Append('\n');
            }

            bool isSpaced = false;
            ulong line = _cacheLine;
            foreach (BtfLayoutMember member in layout.Members)
            {
                _text.Append(isSpaced ? "\n" : "");
                _cacheLine = layout.Type.IsUnion ? line : _cacheLine;
                Boundary(indent, start + member.ByteOffset);
                _text.Append(indent);
                Member(member, start, level);
                isSpaced = Notes(member, indent);
            }

            if (level == 0)
            {
                // A union's size is its largest member's, which stands there.
                if (!layout.Type.IsUnion)
                {
                    Sums(layout);
                }

                _text.Append('}').Append(Aligned(layout.ForcedAlignment)).Append(';');
            }
            else
            {
                string end = name.Length > 0 ? $"}} {name.TrimStart()};" : "};";
                _text.Append(new string('\t', level)).Append(Column(end));
            }
        }

        public override string ToString() => _text.ToString();

        /// <summary>A declaration with the name in a column of its own, so far as C allows.</summary>
        public static string Statement(BtfMember member, uint alignment = 0)
        {
            string name = member.Name ?? "";
            string whole = BtfDeclaration.Declare(member.Type, name);
            int end = whole.IndexOf('[', StringComparison.Ordinal) is var array and > 0 ? array : whole.Length;

            // In front of the name there is the type, where nothing of it is around the name. A damaged name can hold anything.
            bool isPlain = (name.Length > 0 || member.BitFieldSize != 0) && !whole.Contains('(', StringComparison.Ordinal)
                && whole.AsSpan(0, end).EndsWith(name, StringComparison.Ordinal);
            ReadOnlySpan<char> type = isPlain ? whole.AsSpan(0, end - name.Length).TrimEnd(' ') : default;
            string bits = member.BitFieldSize != 0 ? string.Create(CultureInfo.InvariantCulture, $":{member.BitFieldSize}") : "";
            return (isPlain ? $"{type,-TypeWidth} {whole.AsSpan(end - name.Length)}{bits}" : whole + bits) + Aligned(alignment) + ";";
        }

        private void Member(BtfLayoutMember member, ulong start, int level)
        {
            ulong offset = start + member.ByteOffset;
            if (member.Type is BtfStruct { Name: null } inner)
            {
                Structure(BtfLayout.Of(inner, cacheLineSize), offset, level + 1, (member.Name ?? "") + Aligned(member.ForcedAlignment));
            }
            else
            {
                _text.Append(Column(Statement(member.Member, member.ForcedAlignment)));
            }

            _ = member.BitFieldSize != 0
                ? _text.Append(CultureInfo.InvariantCulture, $"/* {offset,5}:{member.BitFieldOffset,2} {member.ByteSize,2} */\n")
                : _text.Append(CultureInfo.InvariantCulture, $"/* {offset,5} {member.ByteSize,5} */\n");
        }

        private bool Notes(BtfLayoutMember member, string indent)
        {
            if (member.InnerPadding == 0 && member.BitHole == 0 && member.Hole == 0)
            {
                return false;
            }

            _text.Append('\n');
            if (member.InnerPadding > 0)
            {
                Note(indent, $"XXX last struct has {Count(member.InnerPadding, "byte")} of padding");
            }

            if (member.BitHole > 0)
            {
                Note(indent, $"XXX {Count((ulong)member.BitHole, "bit")} hole, try to pack");
            }

            if (member.Hole > 0)
            {
                Note(indent, $"XXX {Count(member.Hole, "byte")} hole, try to pack");
            }

            return true;
        }

        private void Note(string indent, string note) => _text.Append(indent).Append("/* ").Append(note).Append(" */\n");

        private void Boundary(string indent, ulong offset)
        {
            ulong line = offset / (ulong)cacheLineSize;
            if (line <= _cacheLine)
            {
                return;
            }

            ulong past = offset % (ulong)cacheLineSize;
            _text.Append(CultureInfo.InvariantCulture, $"{indent}/* --- cacheline {line} boundary ({offset - past} bytes)");
            _text.Append(past == 0 ? "" : $" was {Count(past, "byte")} ago").Append(" --- */\n");
            _cacheLine = line;
        }

        private void Sums(BtfLayout layout)
        {
            Sum($"\n\t/* size: {layout.ByteSize}, cachelines: {layout.CacheLines}, members: {layout.Members.Count} */\n", true);
            if (layout.Holes + layout.BitHoles > 0)
            {
                string bits = layout.BitHoles > 0 ? $", bit holes: {layout.BitHoles}, sum bit holes: {layout.BitHoleBits} bits" : $" ({layout.BitFieldBits / 8} bytes)";
                Sum($"\t/* sum members: {layout.MemberBytes}{(layout.Holes > 0 ? $", holes: {layout.Holes}, sum holes: {layout.HoleBytes}" : "")} */\n", layout.MemberBytes > 0);
                Sum($"\t/* sum bitfield members: {layout.BitFieldBits} bits{bits} */\n", layout.BitFieldBits > 0);
            }

            Sum($"\t/* padding: {layout.Padding} */\n", layout.Padding > 0);
            Sum($"\t/* paddings: {layout.InnerPaddings}, sum paddings: {layout.InnerPaddingBytes} */\n", layout.InnerPaddings > 0);
            Sum($"\t/* bit_padding: {layout.BitPadding} bits */\n", layout.BitPadding > 0);
            string forced = layout.ForcedHoles > 0 ? $", forced holes: {layout.ForcedHoles}, sum forced holes: {layout.ForcedHoleBytes}" : "";
            Sum($"\t/* forced alignments: {layout.ForcedAlignments}{forced} */\n", layout.ForcedAlignments > 0);
            Sum($"\t/* last cacheline: {layout.LastCacheLineBytes} bytes */\n", layout.LastCacheLineBytes > 0);
        }

        private void Sum(FormattableString line, bool isThere) => _ = isThere ? _text.Append(FormattableString.Invariant(line)) : _text;

        private static string Aligned(uint alignment) => alignment > 0 ? $" __attribute__((__aligned__({alignment})))" : "";

        private static string Column(string statement) => statement.Length < MemberWidth ? statement.PadRight(MemberWidth) : statement + " ";

        private static string Count(ulong number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number} {unit}{(number == 1 ? "" : "s")}");
    }
}
