using System.Net;
using KernelDebug.Records;

namespace KernelDebug.Debuginfod;

/// <summary>
/// Asks the servers that the user names, one after the other, and puts what they send into the cache: bounded in size and time, checked
/// to be what was asked for, and in its place whole or not at all. Nothing but <see cref="DebuginfodOptions.Servers"/> is ever connected to.
/// </summary>
public sealed class DebuginfodClient(DebuginfodOptions options) : IDisposable
{
    private readonly DebuginfodConnection _connection = new(options);

    /// <summary>The cache.</summary>
    public DebuginfodCache Cache { get; } = new(options.CachePath);

    /// <summary>The options.</summary>
    public DebuginfodOptions Options => options;

    /// <summary>
    /// Asks each server until one has it, and fetches it where <paramref name="confirm"/> agrees. debuginfod answers no HEAD, so to ask
    /// is to begin a GET and to hang up before the contents.
    /// </summary>
    /// <param name="artifact">What is wanted.</param>
    /// <param name="confirm">Given what a server has, says whether to fetch it; null to fetch nothing.</param>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public IEnumerable<ServerAnswer> Find(DebuginfodArtifact artifact, Func<ServerAnswer, bool>? confirm)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        int absent = 0;
        foreach (Uri server in options.Servers)
        {
            ServerAnswer answer = Ask(server, artifact, confirm);
            yield return answer;
            if (answer.Status is DebugFileStatus.Downloaded or DebugFileStatus.Available)
            {
                yield break;
            }

            absent += answer.Status == DebugFileStatus.Absent ? 1 : 0;
        }

        // Only what every server knows to be missing is remembered: one that is down may have it.
        if (absent > 0 && absent == options.Servers.Count)
        {
            Remember(artifact);
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _connection.Dispose();

    private ServerAnswer Ask(Uri server, DebuginfodArtifact artifact, Func<ServerAnswer, bool>? confirm)
    {
        string shown = DebuginfodConnection.Shown(new Uri(server, artifact.UrlPath));
        try
        {
            return confirm is null ? _connection.Probe(server, artifact) : Fetch(server, artifact, confirm);
        }
        catch (OperationCanceledException) when (!options.Cancellation.IsCancellationRequested)
        {
            return Failed("it did not answer in time");
        }
        catch (TimeoutException slow)
        {
            return Failed(slow.Message);
        }
        catch (WebException unusable)
        {
            return Failed(unusable.Message);
        }
        catch (HttpRequestException failed)
        {
            return Failed(DebuginfodConnection.InWords(failed));
        }
        catch (HttpIOException)
        {
            return Failed("it hung up before the file was whole; what came is kept, to be continued");
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            return Failed($"the cache cannot be written: {unwritable.Message}");
        }

        ServerAnswer Failed(string why) => new(shown, DebugFileStatus.Failed, why, null, null);
    }

    private ServerAnswer Fetch(Uri server, DebuginfodArtifact artifact, Func<ServerAnswer, bool> confirm)
    {
        using PartialDownload part = PartialDownload.Open(Cache, artifact);
        bool isConfirmed = false;
        for (int left = options.Retries; ; left--)
        {
            long before = part.Length;
            try
            {
                return Attempt(server, artifact, part, answer => isConfirmed = isConfirmed || confirm(answer));
            }
            catch (HttpIOException) when (left > 0 && part.Length > before)
            {
                // It broke off; what came is kept and the rest asked for.
            }
        }
    }

    private ServerAnswer Attempt(Uri server, DebuginfodArtifact artifact, PartialDownload part, Func<ServerAnswer, bool> confirm)
    {
        using Transfer transfer = _connection.Begin(server, artifact, part);
        if (transfer.Refusal is { } refusal)
        {
            return refusal;
        }

        var available = new ServerAnswer(transfer.Url, DebugFileStatus.Available, null, transfer.Total, null);
        if (!confirm(available))
        {
            return available;
        }

        transfer.CopyTo(part);
        string finished = part.TakeOut();
        try
        {
            if (ArtifactCheck.Fault(artifact, finished) is { } fault)
            {
                return available with { Status = DebugFileStatus.Failed, Reason = $"what it sent {fault}" };
            }

            long size = new FileInfo(finished).Length;
            return available with { Status = DebugFileStatus.Downloaded, Size = size, Path = Cache.Put(artifact, finished, transfer.LastModified) };
        }
        finally
        {
            // Gone where it was put in its place.
            File.Delete(finished);
        }
    }

    private void Remember(DebuginfodArtifact artifact)
    {
        try
        {
            Cache.MarkMissing(artifact);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // Without the mark the servers are asked again the next time, and nothing else changes.
        }
    }
}
