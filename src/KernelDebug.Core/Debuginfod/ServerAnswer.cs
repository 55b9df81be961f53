using KernelDebug.Records;

namespace KernelDebug.Debuginfod;

/// <summary>What one server said.</summary>
/// <param name="Url">The address asked, without a password.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Reason">Why it is not had; null where it is.</param>
/// <param name="Size">Bytes of the whole file; null where the server does not say.</param>
/// <param name="Path">The file in the cache; null unless fetched.</param>
public sealed record ServerAnswer(string Url, DebugFileStatus Status, string? Reason, long? Size, string? Path);
