using System.Text;
using KernelDebug.Btf;

namespace KernelDebug.Tests.BtfEncoding;

/// <summary>Types as text, to be compared without their ids.</summary>
internal static class DescribedTypes
{
    /// <summary>Each type with all it says, what it refers to by name; sorted.</summary>
    public static List<string> Of(BtfFile file) => [.. file.Types.Select(Of).Order(StringComparer.Ordinal)];

    /// <summary>A type with all it says, what it refers to by name.</summary>
    public static string Of(BtfType type)
    {
        var text = new StringBuilder($"{type.Kind} {type.Name} {type.Size} {Refer(type.Target)}");
        switch (type)
        {
            case BtfInt number:
                text.Append($" {number.Encoding} {number.BitOffset} {number.BitCount}");
                break;
            case BtfArray array:
                text.Append($" [{array.Count}] {array.IndexId > 0}");
                break;
            case BtfForward forward:
                text.Append($" {forward.IsUnion}");
                break;
            case BtfStruct structure:
                text.Append($" {structure.HasBitFieldSizes}").AppendJoin(';', structure.Members.Select(m => $" {m.Name} {Refer(m.Type)} {m.BitOffset} {m.BitFieldSize}"));
                break;
            case BtfEnum enumeration:
                text.Append($" {enumeration.IsSigned}").AppendJoin(';', enumeration.Values.Select(value => $" {value.Name} {value.Bits}"));
                break;
            case BtfFunctionPrototype prototype:
                text.Append($" {prototype.IsVariadic}").AppendJoin(';', prototype.Parameters.Select(p => $" {p.Name} {Refer(p.Type)}"));
                break;
            case BtfFunction function:
                text.Append($" {function.Linkage} {Of(function.Prototype)}");
                break;
            case BtfVariable variable:
                text.Append($" {variable.Linkage}");
                break;
            case BtfDataSection section:
                text.AppendJoin(';', section.Entries.Select(entry => $" {section.File[entry.VariableId].Name} {entry.Offset} {entry.ByteSize}"));
                break;
        }

        return text.ToString();
    }

    private static string Refer(BtfType? type) => type is null ? "" : $"{type.Kind} {type}";
}
