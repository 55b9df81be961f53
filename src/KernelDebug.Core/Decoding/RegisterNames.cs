using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Decoding;

/// <summary>
/// What registers point at in vmlinux. Only where the load offset is known, and only where the report's own places prove that the file is
/// of the kernel that crashed: an address alone fits any build.
/// </summary>
internal static class RegisterNames
{
    private const int ObjectType = 1;

    /// <summary>The registers that point into code or data of vmlinux.</summary>
    /// <param name="trace">The report, its frames resolved.</param>
    /// <param name="file">The vmlinux.</param>
    /// <param name="kaslrOffset">Runtime minus link-time address, in bytes.</param>
    public static IReadOnlyList<RegisterNote> Of(PanicTrace trace, KernelObject? file, ulong? kaslrOffset)
    {
        if (file is null || kaslrOffset is not { } kaslr || !IsProven(trace))
        {
            return [];
        }
        var inFile = new List<(string Name, ulong Value, ulong Linked)>();
        foreach ((string name, ulong value) in trace.Registers)
        {
            ulong linked = unchecked(value - kaslr);
            // Per-CPU symbols are linked at 0: they are offsets, and no pointer is one.
            if (file.Elf.Sections.Any(s => s.Address > 0 && (s.Flags & ElfSectionFlags.Alloc) != 0 && s.Contains(linked)))
            {
                inFile.Add((name, value, linked));
            }
        }
        if (inFile.Count == 0)
        {
            return [];
        }
        try
        {
            Dictionary<ulong, ElfSymbol> data = Objects(file.Symbols, inFile.Where(r => file.Elf.FindCodeSection(r.Linked) is null).Select(r => r.Linked));
            var notes = new List<RegisterNote>();
            foreach ((string name, ulong value, ulong linked) in inFile)
            {
                bool isCode = file.Elf.FindCodeSection(linked) is not null;
                ElfSymbol? symbol = isCode ? file.Symbols.ByAddress.At(linked) is [var first, ..] ? first : null : data.TryGetValue(linked, out ElfSymbol found) ? found : null;
                if (symbol is { } at)
                {
                    notes.Add(new RegisterNote(name, value, file.Symbols.NameOf(at), linked - at.Address, isCode));
                }
            }
            return notes;
        }
        catch (BinaryFormatException)
        {
            // The places were resolved; names for the registers are an extra.
            return [];
        }
    }

    private static bool IsProven(PanicTrace trace)
    {
        SymbolLocation[] places = [.. trace.CallTrace.Append(trace.InstructionPointer).Where(f => f is { Module: null, Location.Reference.Symbol: not null }).Select(f => f!.Location)];
        return places.Any(p => p.Candidates.Count > 0) && !places.Any(p => p.Reason?.Kind is UnresolvedKind.SizeMismatch or UnresolvedKind.BuildIdMismatch);
    }

    // The smallest object around each address; two passes over names would cost more than one over the table.
    private static Dictionary<ulong, ElfSymbol> Objects(SymbolTable symbols, IEnumerable<ulong> addresses)
    {
        ulong[] wanted = addresses.Distinct().ToArray();
        var found = new Dictionary<ulong, ElfSymbol>();
        for (int i = 1; wanted.Length > 0 && i < symbols.Count; i++)
        {
            ElfSymbol symbol = symbols[i];
            if (symbol.Type != ObjectType || symbol.SectionIndex <= 0)
            {
                continue;
            }
            foreach (ulong address in wanted)
            {
                if (address - symbol.Address < symbol.Size && (!found.TryGetValue(address, out ElfSymbol other) || symbol.Size < other.Size))
                {
                    found[address] = symbol;
                }
            }
        }
        return found;
    }
}
