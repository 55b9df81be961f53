using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.Gsym;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>Makes a symbol bundle of a vmlinux and modules: GSYM, their symbol files, the strings of both, the directory.</summary>
/// <param name="progress">Told what is being read and how much of it, 0 to 100, now and then.</param>
/// <param name="stop">Ends the work.</param>
public sealed class SymbolBundleWriter(Action<string, int> progress, CancellationToken stop)
{
    private readonly GsymWriter _writer = new();
    private readonly List<(ElfWriter Symbols, BundleObject Object)> _objects = [];
    private string? _buildId;
    private ulong _free;

    /// <summary>Functions written so far.</summary>
    public int Functions => _writer.Count;

    /// <summary>Adds an object; a vmlinux comes before the modules.</summary>
    /// <param name="source">The object, with DWARF.</param>
    /// <param name="module">The module's name; empty for vmlinux.</param>
    /// <param name="functions">The addresses of the symbols wanted; null for all.</param>
    /// <param name="banner">The kernel's banner where the file itself has none; null for none.</param>
    /// <exception cref="BinaryFormatException">The object is damaged.</exception>
    /// <exception cref="InvalidDataException">It cannot be put into a bundle; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Add(KernelObject source, string module, IReadOnlySet<ulong>? functions, string? banner = null)
    {
        if (source.Dwarf is not { HasDebugInfo: true } dwarf)
        {
            throw new InvalidDataException($"{source.Path} has no DWARF to read");
        }

        var sections = new CodeSections(source.Elf, ref _free);
        var frames = new BundleFrames(source.Elf, sections, functions, _writer);
        var directories = new HashSet<string>(StringComparer.Ordinal);
        foreach (UnitCode unit in functions is null ? dwarf.AllCode() : dwarf.CodeAt(functions.Order()))
        {
            stop.ThrowIfCancellationRequested();
            progress(source.Path, (int)(unit.Start * 100 / Math.Max(1, dwarf.Length)));
            if (unit.DwoName is { } dwo)
            {
                throw new InvalidDataException($"{source.Path} has its functions in {dwo}, which is not read");
            }

            if (unit.CompilationDirectory is { } directory && directory.StartsWith('/'))
            {
                directories.Add(directory);
            }

            frames.Add(unit);
        }

        ElfWriter symbols = BundleSymbols.Make(source, source.Banner ?? banner, module, sections, functions, _writer);
        frames.Complete();
        _buildId ??= source.BuildId;
        string? only = directories.Count == 1 ? directories.Single() : null;
        _writer.AddString(module);
        _writer.AddString(only ?? "");
        _objects.Add((symbols, new BundleObject(0, module, only)));
    }

    /// <summary>Writes the bundle beside its place and puts it there when it is whole.</summary>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not writable.</exception>
    /// <exception cref="InvalidDataException">It would be larger than GSYM can be.</exception>
    public long Save(string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            long length;
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                Write(file);
                length = file.Length;
            }

            stop.ThrowIfCancellationRequested();
            File.Move(temporary, path, overwrite: true);
            return length;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes the bundle.</summary>
    public void Write(Stream to)
    {
        long at = BundleDirectory.Align(_writer.Length);
        var placed = new List<BundleObject>();
        foreach ((ElfWriter symbols, BundleObject one) in _objects)
        {
            placed.Add(one with { Start = at });
            at += symbols.Length;
        }

        _writer.Write(to, _buildId, at);
        Pad(to, _writer.Length);
        for (int i = 0; i < placed.Count; i++)
        {
            var symbols = new ByteBuffer();
            _objects[i].Symbols.Write(symbols, (ulong)(at - placed[i].Start), (ulong)_writer.Strings.Length);
            to.Write(symbols.Span);
        }

        to.Write(_writer.Strings);
        Pad(to, at + _writer.Strings.Length);
        var directory = new ByteBuffer();
        BundleDirectory.Write(directory, placed, _writer);
        to.Write(directory.Span);
    }

    private static void Pad(Stream to, long length) => to.Write(stackalloc byte[(int)(BundleDirectory.Align(length) - length)]);
}
