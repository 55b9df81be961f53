using KernelDebug.Elf;

namespace KernelDebug.Differential;

/// <summary>A place in code: the address our reader uses, and the one the tools are asked for.</summary>
internal readonly record struct CodePlace(ulong Ours, ulong Theirs, string Label)
{
    /// <summary>
    /// Random places, each byte of code that a symbol covers as likely as any other: a quarter of a distribution's .text is
    /// padding, of which no tool says anything.
    /// </summary>
    public static CodePlace[] Pick(ElfFile file, int count, Random random, Func<ElfSection, ulong>? theirs = null)
    {
        ElfSection[] sections = [.. file.Sections.Where(s => s.IsCode && s.Size > 0)];
        ulong total = file.Symbols.Count == 0 ? 0 : sections.Aggregate(0UL, (sum, s) => sum + s.Size);
        var places = new CodePlace[total == 0 ? 0 : count];
        for (int i = 0; i < places.Length;)
        {
            ulong at = (ulong)random.NextInt64((long)total);
            int section = 0;
            for (; at >= sections[section].Size; section++)
            {
                at -= sections[section].Size;
            }

            ElfSection chosen = sections[section];
            ulong ours = chosen.Address + at;
            if (!file.Symbols.ByAddress.At(ours).Any(s => ours - s.Address < s.Size))
            {
                continue;
            }

            places[i++] = theirs is null
                ? new CodePlace(ours, ours, $"0x{ours:x}")
                : new CodePlace(ours, theirs(chosen) + at, $"{Path.GetFileName(file.Path)} {chosen.Name}+0x{at:x}");
        }

        return places;
    }
}
