using KernelDebug.Elf;
using KernelDebug.Gsym;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>
/// A symbol bundle: GSYM with the symbols of a vmlinux and of modules behind it, or GSYM alone as LLVM's tool makes it of a vmlinux.
/// Each object is opened on its own and keeps the file mapped.
/// </summary>
public sealed class SymbolBundle
{
    private readonly string _path;
    private readonly BundleObject[]? _objects;

    private SymbolBundle(string path, BundleObject[]? objects)
    {
        _path = path;
        _objects = objects;
    }

    /// <summary>True where the bundle states the symbols of its objects, false for GSYM alone.</summary>
    public bool HasSymbols => _objects is not null;

    /// <summary>The modules' names.</summary>
    public IEnumerable<string> Modules => _objects is null ? [] : _objects.Where(one => one.Module.Length > 0).Select(one => one.Module);

    /// <summary>True where a file begins as a bundle does.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    public static bool IsBundle(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.CanSeek && GsymHeader.IsMagic(start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
    }

    /// <summary>The modules' names of a file that may be a bundle; null where it is none, or cannot be read: who opens it says why.</summary>
    internal static IReadOnlyList<string>? ModulesOf(string path)
    {
        try
        {
            return IsBundle(path) ? [.. Open(path).Modules] : null;
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            return null;
        }
    }

    /// <summary>Reads a bundle's headers.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not GSYM, or damaged.</exception>
    public static SymbolBundle Open(string path)
    {
        using ByteSource source = ByteSource.OpenFile(path);
        using var file = GsymFile.Read(source);
        return new SymbolBundle(path, BundleDirectory.Read(source, file));
    }

    /// <summary>The vmlinux; null where the bundle has modules alone.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="BinaryFormatException">The bundle is damaged.</exception>
    public KernelObject? OpenVmlinux() => _objects is null ? OpenObject(null) : Array.Find(_objects, one => one.Module.Length == 0) is { } found ? OpenObject(found) : null;

    /// <summary>A module, by the name the kernel prints or its file's; null where the bundle does not have it.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="BinaryFormatException">The bundle is damaged.</exception>
    public KernelObject? OpenModule(string name)
    {
        string wanted = ModuleLocator.Canonical(name);
        return Array.Find(_objects ?? [], one => one.Module.Length > 0 && ModuleLocator.Canonical(one.Module) == wanted) is { } found ? OpenObject(found) : null;
    }

    private KernelObject OpenObject(BundleObject? one)
    {
        var frames = GsymFile.Read(ByteSource.OpenFile(_path));
        ElfFile? symbols = null;
        try
        {
            symbols = one is null ? FunctionSymbols.Of(frames, _path)
                : ElfFile.Read(ByteSource.OpenFile(_path, one.Start, one.Module.Length == 0 ? _path : $"{_path}({one.Module})"));
            return new KernelObject(symbols, new GsymFrames(frames, one?.CompilationDirectory), null);
        }
        catch
        {
            symbols?.Dispose();
            frames.Dispose();
            throw;
        }
    }
}
