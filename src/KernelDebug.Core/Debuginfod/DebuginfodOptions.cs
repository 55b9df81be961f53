using System.Globalization;

namespace KernelDebug.Debuginfod;

/// <summary>
/// Which servers may be asked, and within what bounds: the environment variables of elfutils' own client (debuginfod-find(1)), so
/// that what is set up for gdb holds here too.
/// </summary>
public sealed record DebuginfodOptions
{
    private const int DefaultTimeoutSeconds = 90;
    private const int DefaultRetries = 2;

    /// <summary>The servers, in the order they are asked. No other server is ever asked.</summary>
    public IReadOnlyList<Uri> Servers { get; init; } = [];

    /// <summary>Words of <c>DEBUGINFOD_URLS</c> that name no server that can be asked.</summary>
    public IReadOnlyList<string> UnusableServers { get; init; } = [];

    /// <summary>The cache's directory.</summary>
    public required string CachePath { get; init; }

    /// <summary>A server that sends fewer than <see cref="LeastBytes"/> in this time is given up; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.FromSeconds(DefaultTimeoutSeconds);

    /// <summary>What a server must send within <see cref="Timeout"/>, in bytes.</summary>
    public const int LeastBytes = 100 * 1024;

    /// <summary>The longest a file may take altogether; null for no limit.</summary>
    public TimeSpan? MaxTime { get; init; }

    /// <summary>The largest file to download, in bytes; null for no limit but the engine's own.</summary>
    public long? MaxSize { get; init; }

    /// <summary>How often a download that broke off is taken up again.</summary>
    public int Retries { get; init; } = DefaultRetries;

    /// <summary>Told how far a download is, on the thread that asked for it.</summary>
    public Action<DownloadProgress>? Progress { get; init; }

    /// <summary>Ends a download; what has come is kept and continued the next time.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The options of this process's environment.</summary>
    public static DebuginfodOptions FromEnvironment() => FromEnvironment(Environment.GetEnvironmentVariable);

    /// <summary>The options of an environment.</summary>
    internal static DebuginfodOptions FromEnvironment(Func<string, string?> variable)
    {
        var servers = new List<Uri>();
        var unusable = new List<string>();
        foreach (string word in (variable("DEBUGINFOD_URLS") ?? "").Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            // "ima:enforcing" and its like say how signatures are checked, and name no server.
            if (word.StartsWith("ima:", StringComparison.Ordinal))
            {
                continue;
            }

            if (Uri.TryCreate(word.TrimEnd('/') + "/", UriKind.Absolute, out Uri? server) && (server.Scheme == Uri.UriSchemeHttp || server.Scheme == Uri.UriSchemeHttps))
            {
                if (!servers.Contains(server))
                {
                    servers.Add(server);
                }
            }
            else
            {
                unusable.Add(word);
            }
        }

        return new DebuginfodOptions
        {
            Servers = servers,
            UnusableServers = unusable,
            CachePath = CacheOf(variable),
            Timeout = Seconds(variable("DEBUGINFOD_TIMEOUT"), DefaultTimeoutSeconds),
            MaxTime = Seconds(variable("DEBUGINFOD_MAXTIME"), 0),
            MaxSize = Number(variable("DEBUGINFOD_MAXSIZE"), 0) is > 0 and var size ? size : null,
            Retries = (int)Math.Clamp(Number(variable("DEBUGINFOD_RETRY_LIMIT"), DefaultRetries), 0, 100),
        };
    }

    private static string CacheOf(Func<string, string?> variable)
    {
        if (variable("DEBUGINFOD_CACHE_PATH") is { Length: > 0 } named)
        {
            return named;
        }

        string home = variable("HOME") ?? "/";
        string old = Path.Combine(home, ".debuginfod_client_cache");
        return Directory.Exists(old) ? old
            : Path.Combine(variable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(home, ".cache"), "debuginfod_client");
    }

    private static TimeSpan? Seconds(string? text, long otherwise) =>
        Number(text, otherwise) is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue / 1000)) : null;

    /// <summary>What is no number counts as 0, as in C's <c>atol</c>.</summary>
    private static long Number(string? text, long otherwise) => text is null ? otherwise
        : long.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
