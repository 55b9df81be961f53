using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>Types as text that is equal where the types are: anonymous ones with their members, named ones by name.</summary>
internal sealed class BtfTypeText
{
    private int _depth;
    private BtfType _root = BtfVoid.Instance;

    /// <summary>The declaration of a name.</summary>
    /// <exception cref="BinaryFormatException">Anonymous types nest without end.</exception>
    public string Of(BtfType type, string name = "")
    {
        var text = new StringBuilder();
        _root = type;
        BtfDeclaration.Append(text, type, name, Base);
        return text.ToString();
    }

    private void Base(StringBuilder text, BtfType type)
    {
        if (++_depth > ParserLimits.MaxBtfNesting || text.Length > ParserLimits.MaxDeclarationLength)
        {
            _depth = 0;
            // Of the type that was asked for: the one at hand may be void, which is in no file.
            throw _root.Malformed("expected anonymous types that end, have ones that repeat themselves");
        }

        switch (type)
        {
            case BtfStruct { Name: null } structure:
                text.Append(structure.IsUnion ? "union {" : "struct {");
                foreach (BtfMember member in structure.Members)
                {
                    BtfDeclaration.Append(text, member.Type, member.Name ?? "", Base);
                    _ = member.BitFieldSize != 0 ? text.Append(':').Append(member.BitFieldSize) : text;
                    text.Append(" @").Append(member.BitOffset).Append("; ");
                }

                text.Append('}');
                break;
            case BtfEnum { Name: null } enumeration:
                text.Append("enum {").AppendJoin(", ", enumeration.Values).Append('}');
                break;
            default:
                text.Append(BtfDeclaration.NameOf(type));
                break;
        }

        _depth--;
    }
}
