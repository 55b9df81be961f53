namespace KernelDebug.Btf.CHeader;

/// <summary>
/// Names for C, where a kernel has several types of one name and a header only one: the second is <c>foo___2</c>, the third
/// <c>foo___3</c>, in the order in which they are first written. CO-RE takes what is behind three underscores for no part of the name.
/// </summary>
internal sealed class CNames(BtfFile file)
{
    // Tags (struct, union, enum) and identifiers (typedefs, enumerators) are C's name spaces.
    private readonly Dictionary<string, int> _tags = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _identifiers = new(StringComparer.Ordinal);
    private readonly string?[] _names = new string?[file.EndId];

    /// <summary>What a structure, union, enumeration or integer is called; empty where it is anonymous.</summary>
    public string Tag(BtfType type) => _names[type.Id] ??=
        type.Name is null ? "" : type is BtfForward or BtfEnum { Kind: BtfKind.Enum, Values.Count: 0 } ? type.Name : Unique(_tags, type.Name);

    /// <summary>What a typedef is called.</summary>
    public string Identifier(BtfTypedef type) => _names[type.Id] ??= type.Name is null ? "" : Unique(_identifiers, type.Name);

    /// <summary>What an enumerator is called: asked for once.</summary>
    public string Enumerator(string name) => Unique(_identifiers, name);

    private static string Unique(Dictionary<string, int> used, string name)
    {
        ref int count = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(used, name, out _);
        return ++count == 1 ? name : $"{name}___{count}";
    }
}
