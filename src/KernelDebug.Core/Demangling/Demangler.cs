using KernelDebug.IO;

namespace KernelDebug.Demangling;

/// <summary>Turns the linkage names of Rust (v0 and legacy) and C++ (Itanium) functions into what a programmer wrote.</summary>
/// <remarks>
/// Names come from symbol tables and debug information, so any text must be survived: input, recursion and output are bounded, and a name
/// that breaks a bound or its grammar is left alone instead of being shown in part.
/// </remarks>
public static class Demangler
{
    /// <summary>Characters of a mangled name that is looked at. Real Rust names stay under 2,000.</summary>
    internal const int MaxInputLength = 16 << 10;

    /// <summary>Characters of a demangled name; backrefs and substitutions could make it exponentially long.</summary>
    internal const int MaxOutputLength = 64 << 10;

    /// <summary>Demangles one symbol name.</summary>
    /// <param name="mangled">A whole symbol name, as in a symbol table or in DW_AT_linkage_name.</param>
    /// <returns>
    /// The name without crate and path hashes; a compiler's clone suffix becomes <c> [clone .cold]</c>, but the <c>.llvm.123</c> of a Rust
    /// name, which tells nothing, is dropped. Null when the name is not a mangled one (a C name), is damaged or too long, or is a C++ name
    /// and the system has no libstdc++.
    /// </returns>
    public static string? TryDemangle(string mangled)
    {
        ArgumentNullException.ThrowIfNull(mangled);
        if (mangled.Length > MaxInputLength || !mangled.StartsWith('_'))
        {
            return null;
        }

        string? demangled = null;
        if (mangled.StartsWith("_R", StringComparison.Ordinal))
        {
            demangled = RustV0Demangler.TryDemangle(mangled);
        }
        else if (mangled.StartsWith("_Z", StringComparison.Ordinal))
        {
            // A legacy Rust name is a valid C++ name, which is how debuggers once showed it; only its hash tells the two apart.
            demangled = RustLegacyDemangler.TryDemangle(mangled)
                ?? (ItaniumExpansion.IsBounded(mangled) ? CxxAbi.TryDemangle(mangled) : null);
        }

        return demangled is { Length: > 0 and <= MaxOutputLength } ? demangled : null;
    }
}
