using System.Globalization;

namespace KernelDebug.Debuginfod;

/// <summary>
/// A download under way, beside its place in the cache: <c>.part</c> has the bytes that came, <c>.part.from</c> says what they are of,
/// so that a download that broke off, or was stopped, goes on where it was. Only one program at a time writes it.
/// </summary>
internal sealed class PartialDownload : IDisposable
{
    private const int MaxOriginBytes = 1 << 13;
    private readonly FileStream _part;
    private readonly string _originPath;
    private bool _isTaken;

    private PartialDownload(FileStream part, string originPath)
    {
        _part = part;
        _originPath = originPath;
    }

    /// <summary>Where the bytes are from, and what tells that file from another at the same address.</summary>
    /// <param name="Url">The address, without a password.</param>
    /// <param name="Validator">A strong <c>ETag</c>, or a <c>Last-Modified</c>, for <c>If-Range</c> (RFC 9110, section 13.1.5).</param>
    /// <param name="Total">Bytes of the whole file.</param>
    public sealed record Origin(string Url, string Validator, long Total);

    /// <summary>Bytes that are here.</summary>
    public long Length => _part.Length;

    /// <exception cref="IOException">The cache cannot be written, or another program is fetching the same file.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache cannot be written.</exception>
    public static PartialDownload Open(DebuginfodCache cache, DebuginfodArtifact artifact)
    {
        cache.MakeDirectory(artifact);
        string path = cache.PathOf(artifact) + ".part";
        return new PartialDownload(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0), path + ".from");
    }

    /// <summary>What the bytes are of; null where there are none, or nothing certain says so.</summary>
    public Origin? Continues()
    {
        if (Length == 0 || new FileInfo(_originPath) is not { Exists: true, Length: <= MaxOriginBytes })
        {
            return null;
        }

        string[] lines = File.ReadAllLines(_originPath);
        return lines is [var url, var validator, var total] && long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out long size) && Length < size
            ? new Origin(url, validator, size)
            : null;
    }

    /// <summary>Begins anew; without an origin what comes now cannot be continued later.</summary>
    public void Restart(Origin? origin)
    {
        _part.SetLength(0);
        _part.Position = 0;
        if (origin is null)
        {
            File.Delete(_originPath);
        }
        else
        {
            File.WriteAllLines(_originPath, [origin.Url, origin.Validator, origin.Total.ToString(CultureInfo.InvariantCulture)]);
        }
    }

    /// <summary>Goes on behind what is here.</summary>
    public void Resume() => _part.Seek(0, SeekOrigin.End);

    public void Write(ReadOnlySpan<byte> bytes) => _part.Write(bytes);

    /// <summary>Takes the complete file out, under a name that no other program opens, and closes it.</summary>
    public string TakeOut()
    {
        string name = $"{_part.Name}.{Guid.NewGuid():N}";
        _part.Flush(flushToDisk: true);
        File.Move(_part.Name, name);
        _isTaken = true;
        File.Delete(_originPath);
        _part.Dispose();
        return name;
    }

    /// <summary>Closes it; nothing is left of one that cannot be continued.</summary>
    public void Dispose()
    {
        if (!_isTaken && (_part.Length == 0 || !File.Exists(_originPath)))
        {
            File.Delete(_part.Name);
            File.Delete(_originPath);
        }

        _part.Dispose();
    }
}
