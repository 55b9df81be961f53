using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KernelDebug.Tests.Debuginfod;

/// <summary>What a client asked.</summary>
internal sealed record ScriptedRequest(string Line, IReadOnlyDictionary<string, string> Headers)
{
    public string Path => Line.Split(' ')[1];
}

/// <summary>
/// A server on loopback that answers as a test says, byte by byte where that is the point: lengths that are not true, connections that
/// end early, answers that never come.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<ScriptedRequest> _requests = [];
    private readonly Action<ScriptedRequest, Stream> _answer;

    public ScriptedServer(Action<ScriptedRequest, Stream> answer)
    {
        _answer = answer;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _ = Serve();
    }

    public Uri Url { get; }

    public IReadOnlyList<ScriptedRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>A server that always answers the same.</summary>
    public static ScriptedServer With(string status, byte[]? body = null, params string[] headers) => new((_, stream) => Reply(stream, status, body ?? [], headers));

    /// <summary>A server of one file, that can send a part of it, and tells it by its ETag.</summary>
    public static ScriptedServer WithRanges(byte[] body, string tag, int breaksOffAfter = int.MaxValue) => new((request, stream) =>
    {
        int start = request.Headers.TryGetValue("Range", out string? range) && request.Headers.GetValueOrDefault("If-Range") == tag
            ? int.Parse(range.Split('=', '-')[1], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
        string status = start > 0 ? $"206 Partial Content\r\nContent-Range: bytes {start}-{body.Length - 1}/{body.Length}" : "200 OK";
        Write(stream, $"HTTP/1.1 {status}\r\nETag: {tag}\r\nContent-Length: {body.Length - start}\r\nConnection: close\r\n\r\n");
        stream.Write(body.AsSpan(start, Math.Min(body.Length - start, breaksOffAfter)));
    });

    public static void Reply(Stream stream, string status, byte[] body, params string[] headers)
    {
        bool hasLength = headers.Any(header => header.StartsWith("Content-Length", StringComparison.Ordinal) || header.StartsWith("Transfer-Encoding", StringComparison.Ordinal));
        string[] all = hasLength ? headers : [.. headers, $"Content-Length: {body.Length}"];
        Write(stream, $"HTTP/1.1 {status}\r\n{string.Concat(all.Select(header => header + "\r\n"))}Connection: close\r\n\r\n");
        stream.Write(body);
    }

    public static void Write(Stream stream, string text) => stream.Write(Encoding.Latin1.GetBytes(text));

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
    }

    private async Task Serve()
    {
        while (!_end.IsCancellationRequested)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_end.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => Answer(client));
        }
    }

    private void Answer(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                var reader = new StreamReader(stream, Encoding.Latin1);
                string line = reader.ReadLine() ?? "";
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                while (reader.ReadLine() is { Length: > 0 } header)
                {
                    headers[header.Split(':', 2)[0]] = header.Split(':', 2)[1].Trim();
                }

                var request = new ScriptedRequest(line, headers);
                lock (_requests)
                {
                    _requests.Add(request);
                }

                _answer(request, stream);
            }
            catch (IOException)
            {
                // The client hung up, which is its right.
            }
        }
    }
}
