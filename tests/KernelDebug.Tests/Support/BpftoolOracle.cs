using System.Globalization;
using System.Text.Json;
using KernelDebug.Btf;
using Xunit;

namespace KernelDebug.Tests.Support;

/// <summary>Every type of a file held against <c>bpftool btf dump file X -j</c>.</summary>
internal static class BpftoolOracle
{
    /// <summary>Fails at the first type that differs.</summary>
    /// <returns>How many types were compared.</returns>
    public static int Compare(BtfFile file, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        int compared = 0;
        foreach (JsonElement expected in document.RootElement.GetProperty("types").EnumerateArray())
        {
            BtfType type = file[expected.GetProperty("id").GetUInt32()];
            Assert.Equal(Describe(expected), Describe(type));
            compared++;
        }

        return compared;
    }

    private static string Describe(JsonElement json)
    {
        string kind = Text(json, "kind");
        string head = $"{Text(json, "id")} {kind} {Text(json, "name")} ";
        return head + kind switch
        {
            "INT" => $"{Text(json, "size")} {Text(json, "bits_offset")} {Text(json, "nr_bits")} {Text(json, "encoding")}",
            "ARRAY" => $"{Text(json, "type_id")} {Text(json, "index_type_id")} {Text(json, "nr_elems")}",
            "STRUCT" or "UNION" => Text(json, "size") + Each(json, "members", m => $"{Text(m, "name")} {Text(m, "type_id")} {Text(m, "bits_offset")} {Text(m, "bitfield_size", "0")}"),
            "ENUM" or "ENUM64" => Text(json, "size") + " " + Text(json, "encoding") + Each(json, "values", v => $"{Text(v, "name")} {Value(json, v)}"),
            "FWD" => Text(json, "fwd_kind"),
            "FUNC" => $"{Text(json, "type_id")} {Text(json, "linkage")}",
            "FUNC_PROTO" => Text(json, "ret_type_id") + Each(json, "params", p => $"{Text(p, "name")} {Text(p, "type_id")}"),
            "VAR" => $"{Text(json, "type_id")} {Text(json, "linkage")}",
            "DATASEC" => Text(json, "size") + Each(json, "vars", v => $"{Text(v, "type_id")} {Text(v, "offset")} {Text(v, "size")}"),
            "FLOAT" => Text(json, "size"),
            "DECL_TAG" => $"{Text(json, "type_id")} {Text(json, "component_idx")}",
            _ => Text(json, "type_id"),
        };
    }

    private static string Describe(BtfType type)
    {
        string head = $"{type.Id} {KindName(type.Kind)} {type.Name ?? "(anon)"} ";
        return head + type switch
        {
            BtfInt number => $"{number.ByteSize} {number.BitOffset} {number.BitCount} {EncodingName(number.Encoding)}",
            BtfArray array => $"{array.TargetId} {array.IndexId} {array.Count}",
            BtfStruct structure => structure.ByteSize + Each(structure.Members, m => $"{m.Name ?? "(anon)"} {m.TypeId} {m.BitOffset} {m.BitFieldSize}"),
            BtfEnum values => $"{values.ByteSize} {(values.IsSigned ? "SIGNED" : "UNSIGNED")}" + Each(values.Values, v => $"{v.Name} {(v.IsSigned ? v.Value : v.Bits)}"),
            BtfForward forward => forward.IsUnion ? "union" : "struct",
            BtfFunction function => $"{function.TargetId} {Lower(function.Linkage)}",
            BtfFunctionPrototype prototype => prototype.TargetId
                + Each(prototype.Parameters, p => $"{p.Name ?? "(anon)"} {p.TypeId}") + (prototype.IsVariadic ? "; (anon) 0" : ""),
            BtfVariable variable => $"{variable.TargetId} {Lower(variable.Linkage)}",
            BtfDataSection section => section.ByteSize + Each(section.Entries, e => $"{e.VariableId} {e.Offset} {e.ByteSize}"),
            BtfFloat number => $"{number.ByteSize}",
            BtfDeclarationTag tag => $"{tag.TargetId} {tag.ComponentIndex}",
            BtfReferringType reference => $"{reference.TargetId}",
            _ => "?",
        };
    }

    private static string KindName(BtfKind kind) => kind switch
    {
        BtfKind.Pointer => "PTR",
        BtfKind.Forward => "FWD",
        BtfKind.Function => "FUNC",
        BtfKind.FunctionPrototype => "FUNC_PROTO",
        BtfKind.Variable => "VAR",
        BtfKind.DataSection => "DATASEC",
        BtfKind.DeclarationTag => "DECL_TAG",
        BtfKind.TypeTag => "TYPE_TAG",
        _ => kind.ToString().ToUpperInvariant(),
    };

    private static string EncodingName(BtfIntEncoding encoding) => encoding switch
    {
        BtfIntEncoding.None => "(none)",
        BtfIntEncoding.Signed => "SIGNED",
        BtfIntEncoding.Character => "CHAR",
        BtfIntEncoding.Boolean => "BOOL",
        _ => "UNKN",
    };

    private static string Lower(BtfLinkage linkage) => linkage.ToString().ToLowerInvariant();

    private static string Each(JsonElement json, string list, Func<JsonElement, string> text) =>
        string.Concat(json.GetProperty(list).EnumerateArray().Select(element => "; " + text(element)));

    private static string Each<T>(IEnumerable<T> list, Func<T, string> text) => string.Concat(list.Select(element => "; " + text(element)));

    // Its JSON extends the sign of unsigned values of 32 bits (jsonw_uint_field of an __s32); its plain text does not.
    private static string Value(JsonElement json, JsonElement value) => Text(json, "kind") == "ENUM" && Text(json, "encoding") == "UNSIGNED"
        ? unchecked((uint)value.GetProperty("val").GetUInt64()).ToString(CultureInfo.InvariantCulture)
        : Text(value, "val");

    private static string Text(JsonElement json, string property, string otherwise = "-") =>
        json.TryGetProperty(property, out JsonElement value) ? Convert.ToString(value, CultureInfo.InvariantCulture)! : otherwise;
}
