using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>What the letters of nm(1) mean.</summary>
internal static class SymbolLetters
{
    /// <summary>What a letter says a symbol names.</summary>
    public static SymbolKind Kind(char letter) => letter switch
    {
        't' or 'T' or 'i' => SymbolKind.Text,
        'd' or 'D' or 'g' or 'G' or 'V' or 'v' => SymbolKind.Data,
        'r' or 'R' => SymbolKind.ReadOnlyData,
        'b' or 'B' or 's' or 'S' => SymbolKind.ZeroedData,
        'a' or 'A' => SymbolKind.Absolute,
        _ => SymbolKind.Unknown,
    };

    /// <summary>What a letter says of the binding.</summary>
    public static SymbolBinding Binding(char letter) => letter is 'w' or 'W' or 'v' or 'V' ? SymbolBinding.Weak
        : char.IsAsciiLetterUpper(letter) ? SymbolBinding.Global
        : SymbolBinding.Local;
}
