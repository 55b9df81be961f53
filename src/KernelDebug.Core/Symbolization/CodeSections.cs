using KernelDebug.Elf;

namespace KernelDebug.Symbolization;

/// <summary>A section of code and where a bundle has it.</summary>
/// <param name="Section">The section.</param>
/// <param name="Shift">Address in the bundle minus address in the file, modulo 2^64.</param>
internal sealed record CodeSection(ElfSection Section, ulong Shift)
{
    /// <summary>The address behind its last, in the file.</summary>
    public ulong End => Section.Address + Section.Size;
}

/// <summary>
/// The sections of code of an object by address. A vmlinux keeps its addresses; those of modules, which have none of their own, are laid
/// out one after the other above it, each on a page.
/// </summary>
internal sealed class CodeSections
{
    private const ulong Page = 0x1000;

    /// <summary>Where the first module is put in a bundle without a vmlinux.</summary>
    private const ulong FirstModule = 0x1000000;

    private readonly CodeSection[] _inOrder;

    /// <param name="elf">The object.</param>
    /// <param name="free">The first address of the bundle no object has yet; moved behind this one. 0 where there is none.</param>
    /// <exception cref="InvalidDataException">There is no room above.</exception>
    public CodeSections(ElfFile elf, ref ulong free)
    {
        ElfSection[] sections = [.. elf.Sections.Where(section => section.IsCode && section.Size > 0).OrderBy(section => section.Address)];
        _inOrder = new CodeSection[sections.Length];
        if (elf.Type == ElfType.Relocatable && free == 0)
        {
            free = FirstModule;
        }

        for (int i = 0; i < sections.Length; i++)
        {
            ulong shift = elf.Type == ElfType.Relocatable ? unchecked(free - sections[i].Address) : 0;
            _inOrder[i] = new CodeSection(sections[i], shift);

            // A page is left free, so that no address can be taken for one of the next section.
            ulong end = unchecked(_inOrder[i].End + shift + 2 * Page - 1) & ~(Page - 1);
            if (end <= unchecked(sections[i].Address + shift) || sections[i].Size > uint.MaxValue)
            {
                throw new InvalidDataException($"{elf.Path}: section {sections[i].Name} does not fit into the bundle's addresses");
            }

            free = Math.Max(free, end);
        }
    }

    /// <summary>The sections in the order of their addresses.</summary>
    public IReadOnlyList<CodeSection> InOrder => _inOrder;

    /// <summary>The section an address of the file is in; null where there is none.</summary>
    public CodeSection? Of(ulong address)
    {
        foreach (CodeSection section in _inOrder)
        {
            if (section.Section.Contains(address))
            {
                return section;
            }
        }

        return null;
    }
}
