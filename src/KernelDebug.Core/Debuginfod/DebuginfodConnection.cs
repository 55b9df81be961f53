using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using KernelDebug.Records;

namespace KernelDebug.Debuginfod;

/// <summary>One request at a time: redirects followed only to servers the user names, answers judged before a byte of them is taken.</summary>
internal sealed class DebuginfodConnection : IDisposable
{
    private const int MaxRedirects = 5;

    /// <summary>Bytes of a debug file at most, whatever a server says: the largest vmlinux known has 2 GB.</summary>
    private const long MaxElfBytes = 1L << 34;

    /// <summary>Bytes of a source file at most; the kernel's largest generated header has 20 MB.</summary>
    private const long MaxSourceBytes = 1L << 26;

    private const int MaxHeaderKilobytes = 64;

    private readonly DebuginfodOptions _options;
    private readonly HttpClient _http;

    public DebuginfodConnection(DebuginfodOptions options)
    {
        _options = options;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            // To hang up before the contents is how a server is asked.
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>What a server has, nothing fetched.</summary>
    public ServerAnswer Probe(Uri server, DebuginfodArtifact artifact)
    {
        using Transfer transfer = Begin(server, artifact, null);
        return transfer.Refusal ?? new ServerAnswer(transfer.Url, DebugFileStatus.Available, null, transfer.Total, null);
    }

    /// <summary>Asks for an artifact, for what is missing of it where a part is here; the contents are not read yet.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time, or the user stopped it.</exception>
    /// <exception cref="WebException">Its answer cannot be used.</exception>
    public Transfer Begin(Uri server, DebuginfodArtifact artifact, PartialDownload? part)
    {
        var url = new Uri(server, artifact.UrlPath);
        string shown = Shown(url);
        PartialDownload.Origin? origin = part?.Continues() is { } known && known.Url == shown ? known : null;
        HttpResponseMessage response = Send(url, origin, part?.Length ?? 0);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && origin is not null)
        {
            response.Dispose();
            origin = null;
            response = Send(url, null, 0);
        }

        try
        {
            return new Transfer(response, shown, origin, part, Limit(artifact), _options);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>An address as it may be shown: without user and password.</summary>
    public static string Shown(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.PathAndQuery, UriFormat.UriEscaped);

    /// <summary>Why a server cannot be reached, without what the framework adds.</summary>
    public static string InWords(HttpRequestException failed) => failed.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name is not known",
        HttpRequestError.ConnectionError => $"it cannot be reached: {(failed.InnerException ?? failed).Message}",
        HttpRequestError.SecureConnectionError => $"no secure connection: {(failed.InnerException ?? failed).Message}",
        HttpRequestError.ConfigurationLimitExceeded => "its answer's headers are too long",
        HttpRequestError.ResponseEnded => "it hung up",
        _ => failed.Message,
    };

    public void Dispose() => _http.Dispose();

    private long Limit(DebuginfodArtifact artifact) => Math.Min(_options.MaxSize ?? long.MaxValue, artifact.IsElf ? MaxElfBytes : MaxSourceBytes);

    private HttpResponseMessage Send(Uri url, PartialDownload.Origin? origin, long have)
    {
        for (int redirects = 0; ; redirects++)
        {
            HttpResponseMessage response = SendOnce(url, origin, have);
            if (response.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
            {
                return response;
            }

            using (response)
            {
                if (redirects == MaxRedirects)
                {
                    throw new WebException($"it redirects more than {MaxRedirects} times");
                }

                if (response.Headers.Location is not { } location)
                {
                    throw new WebException("it redirects to nowhere");
                }

                var next = new Uri(url, location);
                if (!IsNamed(next))
                {
                    throw new WebException($"it redirects to {next.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}, which DEBUGINFOD_URLS does not name");
                }

                url = next;
            }
        }
    }

    private HttpResponseMessage SendOnce(Uri url, PartialDownload.Origin? origin, long have)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("KernelDebug", typeof(DebuginfodConnection).Assembly.GetName().Version?.ToString(3)));
        if (_options.MaxSize is { } size)
        {
            request.Headers.Add("X-DEBUGINFOD-MAXSIZE", size.ToString(CultureInfo.InvariantCulture));
        }

        if (CredentialsOf(url) is { Length: > 0 } user)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(user))));
        }

        if (origin is not null)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
            request.Headers.TryAddWithoutValidation("If-Range", origin.Validator);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_options.Cancellation);
        patience.CancelAfter(_options.Timeout ?? Timeout.InfiniteTimeSpan);
        return _http.Send(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
    }

    /// <summary>The user and password that the user's own list has for this server: a redirect names none.</summary>
    private string CredentialsOf(Uri url) => _options.Servers.FirstOrDefault(server => IsSameServer(server, url))?.UserInfo ?? "";

    /// <summary>True for a server of the list; its secure door counts as itself.</summary>
    private bool IsNamed(Uri url) => _options.Servers.Any(server => IsSameServer(server, url)
        || (server.Scheme == Uri.UriSchemeHttp && server.IsDefaultPort && url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && server.IdnHost == url.IdnHost));

    private static bool IsSameServer(Uri one, Uri other) => one.Scheme == other.Scheme && one.IdnHost == other.IdnHost && one.Port == other.Port;
}
