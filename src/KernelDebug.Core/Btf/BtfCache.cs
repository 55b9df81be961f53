using System.Collections.Concurrent;

namespace KernelDebug.Btf;

/// <summary>
/// Files that are in use, shared: types that were handed out keep their file open, and who asks for the same file again gets the same types.
/// A file nobody holds a type of is let go.
/// </summary>
public static class BtfCache
{
    private static readonly ConcurrentDictionary<(string Path, string? Base, DateTime Written, long Length), WeakReference<BtfFile>> Known = new();

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
        var key = (file.FullName, baseFile?.Path, file.Exists ? file.LastWriteTimeUtc : default, file.Exists ? file.Length : 0);
        if (Known.TryGetValue(key, out WeakReference<BtfFile>? reference) && reference.TryGetTarget(out BtfFile? known) && (baseFile is null || known.Base == baseFile))
        {
            return known;
        }

        BtfFile opened = BtfFile.Open(path, baseFile);
        Known[key] = new WeakReference<BtfFile>(opened);
        return opened;
    }
}
