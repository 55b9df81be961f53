namespace KernelDebug.Debuginfod;

/// <summary>How far a download is.</summary>
/// <param name="Url">Where from, without a password.</param>
/// <param name="Received">Bytes that are here, those of an earlier attempt among them.</param>
/// <param name="Total">Bytes of the whole file; null where the server does not say.</param>
public sealed record DownloadProgress(string Url, long Received, long? Total);
