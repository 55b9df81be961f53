using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>How a name, an offset and a size of a log fit the symbols of a file.</summary>
internal enum MatchOutcome
{
    Found,
    NoSuchSymbol,
    SizeMismatch,
    OffsetOutOfRange,
}

/// <summary>The symbols that fit, at distinct addresses.</summary>
internal readonly record struct SymbolMatch(MatchOutcome Outcome, ElfSymbol[] Symbols, ulong? OtherSize);

/// <summary>
/// Finds the symbol a log means. The kernel prints a function's size as the distance to the next symbol of its table
/// (kernel/kallsyms.c, <c>get_symbol_pos</c>; kernel/module/kallsyms.c, <c>find_kallsyms_symbol</c>), not st_size.
/// </summary>
internal static class SymbolMatcher
{
    /// <summary>Room behind a module's last symbol of a section: the kernel ends it at the next section or a page's end.</summary>
    private const ulong SectionSlack = 0x1000;

    /// <exception cref="IO.BinaryFormatException">The symbol table is damaged.</exception>
    public static SymbolMatch Match(ElfFile file, string name, ulong offset, ulong? size)
    {
        ElfSymbol[] named = file.Symbols.FindCode(name);
        SymbolMatch match = Filter(file, named, offset, size);
        if (match.Outcome is MatchOutcome.NoSuchSymbol or MatchOutcome.SizeMismatch && size is not null)
        {
            // Kernels built with clang's LTO print names without their .llvm.NNN suffix (kernel/kallsyms.c, cleanup_symbol_name).
            SymbolMatch variants = Filter(file, file.Symbols.FindCodeVariants(name), offset, size);
            if (variants.Outcome == MatchOutcome.Found)
            {
                return variants;
            }
        }

        return match;
    }

    /// <summary>The size the kernel would print: to the next symbol, or to the section's end for its last one.</summary>
    public static ulong SizeOf(ElfFile file, ElfSymbol symbol)
    {
        ElfSection section = file.Sections[symbol.SectionIndex];
        ulong end = section.Address + section.Size;
        ulong next = file.Symbols.ByAddress.NextAfter(symbol.Address) ?? end;
        return (next < end ? next : Math.Max(end, symbol.Address)) - symbol.Address;
    }

    private static SymbolMatch Filter(ElfFile file, ElfSymbol[] named, ulong offset, ulong? size)
    {
        if (named.Length == 0)
        {
            return new SymbolMatch(MatchOutcome.NoSuchSymbol, [], null);
        }

        var fitting = new ValueList<ElfSymbol>();
        foreach (ElfSymbol symbol in named)
        {
            if ((size is null || HasSize(file, symbol, size.Value)) && !HasAddress(fitting, symbol.Address))
            {
                fitting.Add(symbol);
            }
        }

        if (fitting.Count == 0)
        {
            return new SymbolMatch(MatchOutcome.SizeMismatch, [], SizeOf(file, named[0]));
        }

        ulong room = size ?? SizeOf(file, fitting[0]);
        return offset > room
            ? new SymbolMatch(MatchOutcome.OffsetOutOfRange, [], room)
            : new SymbolMatch(MatchOutcome.Found, fitting.ToArray(), null);
    }

    private static bool HasAddress(ValueList<ElfSymbol> symbols, ulong address)
    {
        for (int i = 0; i < symbols.Count; i++)
        {
            if (symbols[i].Address == address)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasSize(ElfFile file, ElfSymbol symbol, ulong size)
    {
        ulong own = SizeOf(file, symbol);
        if (own == size)
        {
            return true;
        }

        ElfSection section = file.Sections[symbol.SectionIndex];
        bool isLast = symbol.Address + own == section.Address + section.Size;
        return isLast && size > own && size - own <= SectionSlack;
    }
}
