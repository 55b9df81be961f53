using KernelDebug.Elf;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>A file to export, and which of its functions.</summary>
/// <param name="path">The file.</param>
/// <param name="module">The module's name; empty for vmlinux.</param>
/// <param name="banner">The kernel's banner where another file led here; null to read it from this one.</param>
internal sealed class ExportSource(string path, string module, string? banner)
{
    private readonly HashSet<ulong> _functions = [];

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The module's name; empty for vmlinux.</summary>
    public string Module => module;

    /// <summary>The kernel's banner where another file led here.</summary>
    public string? Banner => banner;

    /// <summary>The addresses of the symbols wanted.</summary>
    public IReadOnlySet<ulong> Functions => _functions;

    /// <summary>
    /// Wants what a place names: every symbol of the name, so that one of several stays one of several, and those that fit in its stead.
    /// </summary>
    /// <exception cref="IO.BinaryFormatException">The symbol table is damaged.</exception>
    public void Want(ElfFile file, SymbolReference reference)
    {
        if (reference is { Symbol: { } name, Offset: { } offset })
        {
            Want(file.Symbols.FindCode(name));
            Want(SymbolMatcher.Match(file, name, offset, reference.Size).Symbols);
        }
    }

    /// <summary>Wants the function at an address.</summary>
    public void WantAt(ElfFile file, ulong address) => Want(file.Symbols.ByAddress.At(address));

    /// <summary>Wants the function that tells where the source tree begins (<see cref="BasePath.Auto"/>).</summary>
    public void WantBasePath(ElfFile file) => Want(file.Symbols.FindCode(BasePath.Landmark));

    private void Want(ElfSymbol[] symbols)
    {
        foreach (ElfSymbol symbol in symbols)
        {
            _functions.Add(symbol.Address);
        }
    }
}
