using System.Diagnostics;
using System.Globalization;
using System.Net;
using KernelDebug.Records;

namespace KernelDebug.Debuginfod;

/// <summary>A server's answer that has begun: judged by its headers, its contents then copied within the bounds.</summary>
internal sealed class Transfer : IDisposable
{
    private const int BufferBytes = 1 << 17;

    /// <summary>A last modification counts as a strong validator once it is this much older than the answer (RFC 9110, section 8.8.2.2).</summary>
    private static readonly TimeSpan _strongAge = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly DebuginfodOptions _options;
    private readonly long _limit;
    private readonly bool _continues;

    /// <summary>Takes over the response.</summary>
    /// <exception cref="WebException">The answer contradicts what was asked for.</exception>
    public Transfer(HttpResponseMessage response, string url, PartialDownload.Origin? origin, PartialDownload? part, long limit, DebuginfodOptions options)
    {
        _response = response;
        _options = options;
        _limit = limit;
        Url = url;
        Total = TotalOf(response);
        LastModified = response.Content.Headers.LastModified;
        _continues = response.StatusCode == HttpStatusCode.PartialContent;
        Refusal = Judge();
        if (_continues && Refusal is null)
        {
            System.Net.Http.Headers.ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
            if (origin is null || range is null || range.From != part!.Length || range.Length != origin.Total)
            {
                throw new WebException("it sends another part than was asked for");
            }
        }
    }

    /// <summary>The address asked, without a password.</summary>
    public string Url { get; }

    /// <summary>Bytes of the whole file; null where the server does not say.</summary>
    public long? Total { get; }

    /// <summary>When the server's file was last written; null where it does not say.</summary>
    public DateTimeOffset? LastModified { get; }

    /// <summary>The answer that there is nothing to be had; null where there is.</summary>
    public ServerAnswer? Refusal { get; }

    /// <summary>Copies the contents behind what is here, or anew where the server sends it all.</summary>
    /// <exception cref="HttpIOException">The connection broke off.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    /// <exception cref="TimeoutException">It came too slowly.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    /// <exception cref="WebException">More came than may, or less than was said.</exception>
    public void CopyTo(PartialDownload part)
    {
        if (_continues)
        {
            part.Resume();
        }
        else
        {
            part.Restart(Total is { } size && Validator() is { } validator ? new PartialDownload.Origin(Url, validator, size) : null);
        }

        using Stream contents = _response.Content.ReadAsStream(_options.Cancellation);
        byte[] buffer = new byte[BufferBytes];
        var pace = new Pace(_options);
        while (Read(contents, buffer, pace) is > 0 and var read)
        {
            if (part.Length + read > Math.Min(_limit, Total ?? long.MaxValue))
            {
                part.Restart(null);
                throw new WebException(Total is null ? $"it sends more than {_limit:N0} bytes" : "it sends more than it said");
            }

            part.Write(buffer.AsSpan(0, read));
            _options.Progress?.Invoke(new DownloadProgress(Url, part.Length, Total));
        }

        if (Total is { } total && part.Length != total)
        {
            throw new WebException($"it sent {part.Length:N0} bytes of {total:N0}");
        }
    }

    public void Dispose() => _response.Dispose();

    /// <summary>Reads on the calling thread, which is the one that may show progress; the time left ends it.</summary>
    private int Read(Stream contents, byte[] buffer, Pace pace)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_options.Cancellation);
        patience.CancelAfter(pace.Left());
        try
        {
            ValueTask<int> reading = contents.ReadAsync(buffer, patience.Token);
            int read = reading.IsCompletedSuccessfully ? reading.Result : reading.AsTask().GetAwaiter().GetResult();
            pace.Take(read);
            return read;
        }
        catch (OperationCanceledException) when (!_options.Cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(pace.Complaint);
        }
        catch (IOException broken) when (broken is not HttpIOException)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, broken.Message, broken);
        }
    }

    private ServerAnswer? Judge()
    {
        // debuginfod answers 406 where the file is larger than X-DEBUGINFOD-MAXSIZE.
        switch (_response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                return Refuse(DebugFileStatus.Absent, "the server does not have it");
            case HttpStatusCode.NotAcceptable:
                return Refuse(DebugFileStatus.TooLarge, $"it is larger than the {_limit:N0} bytes allowed");
            case not (HttpStatusCode.OK or HttpStatusCode.PartialContent):
                return Refuse(DebugFileStatus.Failed, $"the server answers {(int)_response.StatusCode} ({_response.StatusCode})");
        }

        return Total > _limit ? Refuse(DebugFileStatus.TooLarge, $"it has {Total:N0} bytes, {_limit:N0} are allowed")
            : Total == 0 ? Refuse(DebugFileStatus.Failed, "the server sends an empty file")
            : _response.Content.Headers.ContentEncoding.Count > 0 ? Refuse(DebugFileStatus.Failed, "the server sends it compressed without being asked to")
            : null;
    }

    private ServerAnswer Refuse(DebugFileStatus status, string reason) => new(Url, status, reason, status == DebugFileStatus.TooLarge ? Total : null, null);

    private string? Validator() => _response.Headers.ETag is { IsWeak: false } tag ? tag.ToString()
        : LastModified is { } changed && _response.Headers.Date - changed >= _strongAge ? changed.ToString("r", CultureInfo.InvariantCulture)
        : null;

    private static long? TotalOf(HttpResponseMessage response) =>
        response.Content.Headers.ContentRange?.Length
        ?? response.Content.Headers.ContentLength
        ?? (response.Headers.TryGetValues("X-DEBUGINFOD-SIZE", out IEnumerable<string>? sizes)
            && long.TryParse(sizes.First(), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : null);

    /// <summary>Whether enough comes in time: so many bytes in each stretch, and the whole within its own bound.</summary>
    private sealed class Pace(DebuginfodOptions options)
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private long _stretch = Stopwatch.GetTimestamp();
        private long _received;

        public string Complaint { get; private set; } = "";

        public TimeSpan Left()
        {
            TimeSpan? slow = options.Timeout - Stopwatch.GetElapsedTime(_stretch);
            TimeSpan? whole = options.MaxTime - Stopwatch.GetElapsedTime(_start);
            bool isWhole = whole is not null && !(slow < whole);
            Complaint = isWhole
                ? $"it was not here after {options.MaxTime?.TotalSeconds:0} seconds"
                : $"fewer than {DebuginfodOptions.LeastBytes / 1024} KiB came in {options.Timeout?.TotalSeconds:0} seconds";
            TimeSpan? left = isWhole ? whole : slow;
            return left is null ? System.Threading.Timeout.InfiniteTimeSpan : left > TimeSpan.Zero ? left.Value : TimeSpan.Zero;
        }

        public void Take(int read)
        {
            _received += read;
            if (_received >= DebuginfodOptions.LeastBytes)
            {
                _received = 0;
                _stretch = Stopwatch.GetTimestamp();
            }
        }
    }
}
