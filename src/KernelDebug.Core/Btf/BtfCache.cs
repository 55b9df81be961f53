using System.Collections.Concurrent;
using System.Globalization;

namespace KernelDebug.Btf;

/// <summary>
/// Files that are in use, shared: types that were handed out keep their file open, and who asks for the same file again gets the same types.
/// A file nobody holds a type of is let go, but for the last: types are asked for one after the other.
/// </summary>
public static class BtfCache
{
    // By text: a dictionary by a struct cannot be compiled ahead of time, and would cost the first cmdlet more than reading a kernel does.
    private static readonly ConcurrentDictionary<string, WeakReference<BtfFile>> Known = new(StringComparer.Ordinal);

    private static BtfFile? _last;

    /// <summary>
    /// The running kernel's types, or a loaded module's on them.
    /// </summary>
    /// <exception cref="IOException">The kernel has none, or there is no such module.</exception>
    /// <inheritdoc cref="BtfFile.Open" path="/exception"/>
    public static BtfFile OpenModule(string? module) => module is null or "vmlinux"
        ? Get(BtfObjects.KernelFile, null)
        : Get(Path.Combine(BtfObjects.KernelDirectory, module.Replace('-', '_')), Get(BtfObjects.KernelFile, null));

    /// <summary>A file's types; where they continue a base's and none is named, that of the running kernel is tried.</summary>
    /// <inheritdoc cref="BtfFile.Open" path="/exception"/>
    public static BtfFile OpenFile(string path, string? basePath)
    {
        try
        {
            return Get(path, basePath is null ? null : Get(basePath, null));
        }
        catch (BtfBaseMismatchException needsBase) when (needsBase.BaseFile is null && File.Exists(BtfObjects.KernelFile))
        {
            return Get(path, Get(BtfObjects.KernelFile, null));
        }
    }

    private static BtfFile Get(string path, BtfFile? baseFile)
    {
        var file = new FileInfo(path);
        string state = file.Exists ? file.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture) + ":" + file.Length.ToString(CultureInfo.InvariantCulture) : "";
        string key = string.Join('\0', file.FullName, baseFile?.Path, state);
        if (Known.TryGetValue(key, out WeakReference<BtfFile>? reference) && reference.TryGetTarget(out BtfFile? known) && (baseFile is null || known.Base == baseFile))
        {
            return _last = known;
        }

        BtfFile opened = BtfFile.Open(path, baseFile);
        Known[key] = new WeakReference<BtfFile>(opened);
        return _last = opened;
    }
}
