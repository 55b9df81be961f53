using System.Text;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>A vmlinux or a module's file with its debug information, as the symbolizer asks it.</summary>
public sealed class KernelObject : IDisposable
{
    private readonly ElfFile _elf;
    private readonly ElfFile? _supplementary;
    private readonly DwarfFile _dwarf;
    private CodeImage? _code;
    private string? _banner;
    private bool _bannerRead;

    /// <summary>Takes over the files.</summary>
    /// <param name="elf">The file with the symbols and the debug information.</param>
    /// <param name="supplementary">The file its <c>.gnu_debugaltlink</c> names, where at hand.</param>
    /// <exception cref="BinaryFormatException">The build-id's note is damaged.</exception>
    public KernelObject(ElfFile elf, ElfFile? supplementary)
        : this(elf, supplementary, null)
    {
    }

    /// <param name="elf">As above.</param>
    /// <param name="supplementary">As above.</param>
    /// <param name="banner">The banner of the stripped file that led here: a separate debug file keeps no data to read it from.</param>
    internal KernelObject(ElfFile elf, ElfFile? supplementary, string? banner)
    {
        ArgumentNullException.ThrowIfNull(elf);
        _elf = elf;
        _supplementary = supplementary;
        _dwarf = new DwarfFile(elf) { Supplementary = supplementary is null ? null : new DwarfFile(supplementary) };
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
    public bool HasDebugInfo => _dwarf.HasDebugInfo;

    /// <summary>The symbols.</summary>
    public SymbolTable Symbols => _elf.Symbols;

    /// <summary>
    /// The kernel release it was built for: of vmlinux by its <c>linux_banner</c>, of a module by its <c>vermagic=</c>; null where
    /// neither is there.
    /// </summary>
    public string? Release
    {
        get
        {
            const string Start = "Linux version ";
            string? banner = Banner;
            return banner is null || !banner.StartsWith(Start, StringComparison.Ordinal) ? null : banner[Start.Length..].Split(' ', 2)[0];
        }
    }

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

    /// <summary>What the debug information says of an address in the file.</summary>
    /// <exception cref="BinaryFormatException">It is damaged.</exception>
    public DwarfLookup Find(ulong address) => _dwarf.Find(address);

    /// <summary>The debug information.</summary>
    internal DwarfFile Dwarf => _dwarf;

    /// <summary>The code of the file.</summary>
    internal CodeImage Code => _code ??= new CodeImage(_elf);

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        _elf.Dispose();
        _supplementary?.Dispose();
    }

    /// <summary>The banner of a file, as <see cref="Banner"/> has it; null where it has neither that nor a vermagic.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    internal static string? BannerOf(ElfFile elf) => ReadBanner(elf) ?? (ReadModuleInfo(elf, "vermagic="u8) is { } release ? $"Linux version {release}" : null);

    /// <summary>A module's own name, whatever its file is called; null where it states none, as vmlinux.</summary>
    /// <exception cref="BinaryFormatException">The file is damaged.</exception>
    internal string? ModuleName => ReadModuleInfo(_elf, "name="u8);

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
