using KernelDebug.Elf;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>The part of source paths that only the build machine cares about, taken off before a path is shown.</summary>
public sealed class BasePath
{
    // gcc leaves the NOPs of -fpatchable-function-entry (arm64, riscv: 8 bytes) out of a function's debug information; a search
    // for an address that none covers would read every unit.
    private const ulong EntryPadding = 8;
    private readonly string? _base;

    /// <summary>The function of <c>init/main.c</c>, at the root of the source tree.</summary>
    internal const string Landmark = "kernel_init";

    /// <param name="path">The directory to take off, without its last slash; null to take nothing off.</param>
    public BasePath(string? path)
    {
        _base = string.IsNullOrEmpty(path) ? null : path.TrimEnd('/');
    }

    /// <summary>
    /// What decode_stacktrace.sh calls <c>auto</c>: the directory that holds <c>init/main.c</c>, where <c>kernel_init</c> is.
    /// </summary>
    /// <exception cref="IO.BinaryFormatException">The file is damaged.</exception>
    public static BasePath Auto(KernelObject vmlinux)
    {
        ArgumentNullException.ThrowIfNull(vmlinux);
        foreach (ElfSymbol symbol in vmlinux.Symbols.FindCode(Landmark))
        {
            IReadOnlyList<CodeFrame> frames = vmlinux.Find(symbol.Address + (symbol.Size > EntryPadding ? EntryPadding : 0)).Frames;
            if (frames.Count > 0 && frames[^1].Path is { } path && path.EndsWith("/init/main.c", StringComparison.Ordinal))
            {
                return new BasePath(path[..^"/init/main.c".Length]);
            }
        }

        return new BasePath(null);
    }

    /// <summary>
    /// Takes the base off. Where it is relative (a build with -fdebug-prefix-map), assembler files still carry the whole path; the
    /// compilation directory, which ends in the base, then shows where the source tree begins.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="compilationDirectory">DW_AT_comp_dir of the unit it comes from.</param>
    public string Strip(string path, string? compilationDirectory)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (_base is null)
        {
            return path;
        }

        if (TryStrip(path, _base, out string? rest))
        {
            return rest;
        }

        return !_base.StartsWith('/') && compilationDirectory is not null
            && compilationDirectory.EndsWith("/" + _base, StringComparison.Ordinal)
            && TryStrip(path, compilationDirectory[..^(_base.Length + 1)], out rest)
            ? TryStrip(rest, _base, out string? inner) ? inner : rest
            : path;
    }

    private static bool TryStrip(string path, string directory, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? rest)
    {
        bool matches = path.Length > directory.Length + 1 && path[directory.Length] == '/' && path.StartsWith(directory, StringComparison.Ordinal);
        rest = matches ? path[(directory.Length + 1)..] : null;
        return matches;
    }
}
