using System.Globalization;
using System.Management.Automation;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>A place from an object's properties <c>Symbol</c>, <c>Offset</c>, <c>Size</c> and <c>Module</c>: a frame that was saved as JSON or CSV.</summary>
internal static class PropertyReference
{
    /// <returns>Null where the object names no symbol.</returns>
    public static SymbolReference? Read(PSObject input)
    {
        string? symbol = Text(input, "Symbol") ?? Text(input, "Name");
        ulong? address = Number(input, "Address");
        return symbol is null && address is null ? null : new SymbolReference
        {
            Start = 0,
            Length = 0,
            Role = LocationRole.InstructionPointer,
            Symbol = symbol,
            Offset = symbol is null ? null : Number(input, "Offset") ?? 0,
            Size = Number(input, "Size"),
            Address = address,
            Module = Text(input, "Module"),
        };
    }

    private static string? Text(PSObject input, string name) => input.Properties[name]?.Value?.ToString() is { Length: > 0 } text ? text : null;

    private static ulong? Number(PSObject input, string name)
    {
        if (Text(input, name) is not { } text)
        {
            return null;
        }

        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
    }
}
