using System.Text;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>
/// A vmlinux or a module as the symbolizer asks it: its symbols, which an ELF file has, and the frames at its addresses, which come from
/// wherever they are kept.
/// </summary>
public sealed class KernelObject : IDisposable
{
    private readonly ElfFile _elf;
    private readonly FrameSource _frames;
    private CodeImage? _code;
    private string? _banner;
    private bool _bannerRead;

    /// <summary>Takes over a file with DWARF.</summary>
    /// <param name="elf">The file with the symbols and the debug information.</param>
    /// <param name="supplementary">The file its <c>.gnu_debugaltlink</c> names, where at hand.</param>
    /// <exception cref="BinaryFormatException">The build-id's note is damaged.</exception>
    public KernelObject(ElfFile elf, ElfFile? supplementary)
        : this(elf, new DwarfFrames(elf, supplementary), null)
    {
    }

    /// <param name="elf">The symbols.</param>
    /// <param name="frames">The frames at their addresses.</param>
    /// <param name="banner">The banner of the stripped file that led here: a separate debug file keeps no data to read it from.</param>
    internal KernelObject(ElfFile elf, FrameSource frames, string? banner)
    {
        ArgumentNullException.ThrowIfNull(elf);
        _elf = elf;
        _frames = frames;
        BuildId = ElfNotes.BuildId(elf);
        _banner = banner;
        _bannerRead = banner is not null;
    }

    /// <summary>The file.</summary>
    public string Path => _elf.Path;

    /// <summary>The file's headers and sections.</summary>
    public ElfFile Elf => _elf;

    /// <summary>The build-id as lower-case hex; null where the file has none.</summary>
    public string? BuildId { get; }

    /// <summary>True where there is debug information to ask.</summary>
    public bool HasDebugInfo => _frames.HasDebugInfo;

    /// <summary>True where it is in a symbol bundle, which has no code and no types.</summary>
    public bool IsBundled => _frames is GsymFrames;

    /// <summary>The DWARF; null where the frames come from a bundle.</summary>
    internal DwarfFile? Dwarf => (_frames as DwarfFrames)?.Dwarf;

    /// <summary>The symbols.</summary>
    public SymbolTable Symbols => _elf.Symbols;

    /// <summary>
    /// The kernel release it was built for: of vmlinux by its <c>linux_banner</c>, of a module by its <c>vermagic=</c>; null where
    /// neither is there.
    /// </summary>
    public string? Release => ReleaseOf(Banner);

    /// <summary>A vmlinux's <c>linux_banner</c>, "Linux version 6.1.0-56-amd64 (...) #1 SMP ..."; a module's the same words before its vermagic.</summary>
    internal string? Banner
    {
        get
        {
            if (!_bannerRead)
            {
                _bannerRead = true;
                _banner = BannerOf(_elf);
            }

            return _banner;
        }
    }

    /// <summary>The release a banner states; null where there is no banner.</summary>
    internal static string? ReleaseOf(string? banner)
    {
        const string Start = "Linux version ";
        return banner is null || !banner.StartsWith(Start, StringComparison.Ordinal) ? null : banner[Start.Length..].Split(' ', 2)[0];
    }

    /// <summary>What the debug information says of an address in the file.</summary>
    /// <exception cref="BinaryFormatException">It is damaged.</exception>
    public CodeLookup Find(ulong address) => _frames.Find(address);

    /// <summary>The code of the file.</summary>
    internal CodeImage Code => _code ??= new CodeImage(_elf);

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        _elf.Dispose();
        _frames.Dispose();
    }

    /// <summary>The banner of a file, as <see cref="Banner"/> has it; null where it has neither that nor a vermagic.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    internal static string? BannerOf(ElfFile elf) => ReadBanner(elf) ?? (ReadModuleInfo(elf, "vermagic="u8) is { } release ? $"Linux version {release}" : null);

    /// <summary>A module's own name, whatever its file is called; null where it states none, as vmlinux.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    internal string? ModuleName => ModuleNameOf(_elf);

    /// <summary>The name that a module's file states; null where it states none.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    internal static string? ModuleNameOf(ElfFile elf) => ReadModuleInfo(elf, "name="u8);

    /// <summary>What a file without debug information has, in words.</summary>
    internal string Content
    {
        get
        {
            string[] parts =
            [
                .. _elf.FindSection(".symtab") is { Type: not ElfSectionType.NoBits } ? ["symbols"] : Array.Empty<string>(),
                .. _elf.FindSection(".BTF") is { Type: not ElfSectionType.NoBits } ? ["BTF"] : Array.Empty<string>(),
                .. _elf.FindSection(".gnu_debuglink") is not null && ElfNotes.DebugLink(_elf) is { } link ? [$"a link to {link.FileName}"] : Array.Empty<string>(),
            ];
            return parts.Length == 0 ? "no symbols either" : $"it has {string.Join(" and ", parts)}";
        }
    }

    /// <summary>The first word of a <c>key=value</c> of .modinfo, whose entries end in NUL.</summary>
    private static string? ReadModuleInfo(ElfFile elf, ReadOnlySpan<byte> key)
    {
        const int MaxModuleInfo = 1 << 16;
        if (elf.FindSection(".modinfo") is not { Type: not ElfSectionType.NoBits } section)
        {
            return null;
        }

        ByteSlice contents = elf.Contents(section);
        ReadOnlySpan<byte> bytes = contents.Window(0, MaxModuleInfo);
        for (int start = 0; start < bytes.Length;)
        {
            ReadOnlySpan<byte> entry = bytes[start..];
            int end = entry.IndexOf((byte)0);
            if (entry.StartsWith(key))
            {
                return FirstWord(entry[key.Length..]);
            }

            start += end < 0 ? entry.Length : end + 1;
        }

        return null;
    }

    /// <summary>"Linux version RELEASE (...) #1 SMP ..." (init/version-timestamp.c).</summary>
    private static string? ReadBanner(ElfFile elf)
    {
        if (elf.Type == ElfType.Relocatable || elf.Symbols.FindGlobal("linux_banner") is not { } banner)
        {
            return null;
        }

        ElfSection? section = elf.Sections.FirstOrDefault(s => s.Type == ElfSectionType.ProgramBits && s.Contains(banner.Address));
        if (section is null)
        {
            return null;
        }

        const int MaxBanner = 1024;
        ReadOnlySpan<byte> text = elf.Contents(section).Window((long)(banner.Address - section.Address), MaxBanner);
        int end = text.IndexOfAny((byte)'\n', (byte)0);
        return end > 0 ? Encoding.UTF8.GetString(text[..end]) : null;
    }

    private static string? FirstWord(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOfAny((byte)' ', (byte)0);
        return end > 0 ? Encoding.UTF8.GetString(text[..end]) : null;
    }
}
