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

    /// <param name="file">The file.</param>
    /// <param name="name">The symbol as the log has it.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="size">Its size in bytes as the log has it; null where it has none.</param>
    /// <exception cref="BinaryFormatException">The symbol table is damaged, or has more symbols of the name than any kernel.</exception>
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

            if (file.HasFunctionsOnly && size is not null && name.IndexOf('.', 1) is > 0 and var stem)
            {
                // Debug information names a function without what the compiler appended for its parts and copies.
                SymbolMatch plain = Filter(file, file.Symbols.FindCode(name[..stem]), offset, size);
                return plain.Outcome == MatchOutcome.Found ? plain : match;
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

        if (named.Length > ParserLimits.MaxSymbolsOfOneName)
        {
            throw new BinaryFormatException(file.Path, "symbol table", 0, $"expected at most {ParserLimits.MaxSymbolsOfOneName} functions of one name, have {named.Length}");
        }

        var fitting = new ValueList<ElfSymbol>();
        ulong? tooSmall = null;
        foreach (ElfSymbol symbol in named)
        {
            if (size is not null && !HasSize(file, symbol, size.Value))
            {
                continue;
            }

            ulong room = size ?? SizeOf(file, symbol);
            if (offset > room)
            {
                tooSmall = Math.Max(room, tooSmall ?? 0);
            }
            else if (!HasAddress(fitting, symbol.Address))
            {
                fitting.Add(symbol);
            }
        }

        return fitting.Count > 0 ? new SymbolMatch(MatchOutcome.Found, fitting.ToArray(), null)
            : tooSmall is not null ? new SymbolMatch(MatchOutcome.OffsetOutOfRange, [], tooSmall)
            : new SymbolMatch(MatchOutcome.SizeMismatch, [], SizeOf(file, named[0]));
    }

    /// <summary>
    /// True where the size reaches one of the next functions: code of a weak function that another replaced lies between two symbols and
    /// is in no symbol table.
    /// </summary>
    private static bool ReachesFunction(ElfFile file, ElfSymbol symbol, ulong size)
    {
        const int Replaced = 8;
        ulong? next = symbol.Address;
        for (int i = 0; i < Replaced && next is { } at && at - symbol.Address < size; i++)
        {
            next = file.Symbols.ByAddress.NextAfter(at);
        }

        return next - symbol.Address == size;
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

        if (file.HasFunctionsOnly)
        {
            return size >= symbol.Size && (size < own || ReachesFunction(file, symbol, size));
        }

        ElfSection section = file.Sections[symbol.SectionIndex];
        if (symbol.Address + own != section.Address + section.Size || size <= own)
        {
            return false;
        }

        // Of a linked file it is the way to the next section's first symbol, however far.
        ulong? next = file.Type == ElfType.Relocatable ? null : file.Symbols.ByAddress.NextAfter(symbol.Address);
        return size - own <= SectionSlack || size == next - symbol.Address;
    }
}
