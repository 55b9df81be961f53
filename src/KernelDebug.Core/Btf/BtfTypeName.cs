namespace KernelDebug.Btf;

/// <summary>Which kinds a name as C writes it can mean: <c>struct sk_buff</c> or plain <c>sk_buff</c>.</summary>
internal sealed record BtfTypeName(string? Keyword)
{
    private static readonly string[] Keywords = ["struct", "union", "enum"];

    /// <summary>Takes the keyword off.</summary>
    public static (BtfTypeName Wanted, string Plain) Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string text = name.Trim();
        string? keyword = Array.Find(Keywords, word => text.StartsWith(word + " ", StringComparison.Ordinal));
        return (new BtfTypeName(keyword), keyword is null ? text : text[keyword.Length..].Trim());
    }

    /// <summary>True for a kind the name can mean.</summary>
    public bool Allows(BtfKind kind) => Keyword switch
    {
        "struct" => kind is BtfKind.Struct or BtfKind.Forward,
        "union" => kind is BtfKind.Union or BtfKind.Forward,
        "enum" => kind is BtfKind.Enum or BtfKind.Enum64,
        _ => true,
    };
}
