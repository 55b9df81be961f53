using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace KernelDebug.Tests.Debuginfod;

/// <summary>elfutils' own debuginfod on loopback, over a directory of a test's, and its own client beside it.</summary>
internal sealed class DebuginfodServer : IDisposable
{
    private readonly Process _process;
    private readonly string _home;

    private DebuginfodServer(string directory, string home)
    {
        _home = home;
        int port = FreePort();
        Url = $"http://127.0.0.1:{port}";
        _process = Process.Start(new ProcessStartInfo("debuginfod", ["-F", directory, "-p", $"{port}", "-d", ":memory:", "-v"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = home, ["DEBUGINFOD_URLS"] = "" },
        })!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Url { get; }

    /// <summary>Starts one and waits until it has scanned the directory; skips the test where it is not installed.</summary>
    public static DebuginfodServer Start(string directory, string home)
    {
        foreach (string program in (string[])["debuginfod", "debuginfod-find"])
        {
            Assert.SkipUnless(IsInstalled(program), $"{program} is not installed (Debian: apt-get install debuginfod)");
        }

        Directory.CreateDirectory(home);
        var server = new DebuginfodServer(directory, home);
        server.WaitUntilScanned(Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Length);
        return server;
    }

    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>elfutils' client with a cache: its exit code, and the path it prints.</summary>
    public (int ExitCode, string Output) Find(string cache, params string[] arguments)
    {
        (int exit, string output, _) = Run(cache, arguments);
        return (exit, output);
    }

    /// <summary>What elfutils' client complains of.</summary>
    public string Complaint(string cache, params string[] arguments) => Run(cache, arguments).Errors;

    /// <summary>Ends it: what is found from now on was in the cache.</summary>
    public void Stop()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public void Dispose()
    {
        Stop();
        _process.Dispose();
    }

    private (int ExitCode, string Output, string Errors) Run(string cache, string[] arguments)
    {
        using Process client = Process.Start(new ProcessStartInfo("debuginfod-find", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = _home, ["DEBUGINFOD_URLS"] = Url, ["DEBUGINFOD_CACHE_PATH"] = cache },
        })!;
        Task<string> errors = client.StandardError.ReadToEndAsync();
        string output = client.StandardOutput.ReadToEnd().Trim();
        client.WaitForExit();
        return (client.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    private void WaitUntilScanned(int files)
    {
        using var http = new HttpClient();
        for (int tries = 0; tries < 300; tries++)
        {
            Assert.False(_process.HasExited, "debuginfod ended");
            try
            {
                string metrics = http.GetStringAsync($"{Url}/metrics").GetAwaiter().GetResult();
                if (metrics.Contains($"scanned_files_total{{source=\"file\"}} {files}\n", StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It is not listening yet.
            }

            Thread.Sleep(100);
        }

        Assert.Fail("debuginfod did not scan its directory within 30 seconds");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
