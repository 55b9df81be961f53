using KernelDebug.Records;

namespace KernelDebug.Formatting;

/// <summary>A symbol in a table.</summary>
public static class KernelSymbolFormatter
{
    /// <summary>The name a programmer wrote, with the offset of an address that was asked for.</summary>
    public static string Name(KernelSymbol symbol)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        return ControlText.MakeNameVisible((symbol.DemangledName ?? symbol.Name) + (symbol.Offset is { } offset ? $"+0x{offset:x}" : ""));
    }

    /// <summary>Where the function begins in its source, else the section, with the number of other symbols of the name.</summary>
    public static string Place(KernelSymbol symbol)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        string place = symbol.Place?.Place ?? symbol.Section ?? "";
        return ControlText.MakeNameVisible(symbol.Duplicates.Count == 0 ? place : $"{place} (+{symbol.Duplicates.Count})".TrimStart());
    }
}
