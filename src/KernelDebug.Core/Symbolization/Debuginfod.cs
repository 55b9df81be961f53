using System.Diagnostics;

namespace KernelDebug.Symbolization;

/// <summary>debuginfod's own client, where it is installed and <c>DEBUGINFOD_URLS</c> names servers: it keeps the cache and the time-outs.</summary>
internal static class Debuginfod
{
    private const string Client = "debuginfod-find";

    /// <summary>The cached file of a build-id; null where the client or the servers do not have it.</summary>
    public static string? Find(string buildId, Action<string> tell)
    {
        if (string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("DEBUGINFOD_URLS")) || !IsHex(buildId))
        {
            tell("debuginfod: DEBUGINFOD_URLS is not set");
            return null;
        }

        try
        {
            using Process? process = Process.Start(new ProcessStartInfo(Client, ["debuginfo", buildId])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            });
            if (process is null)
            {
                return null;
            }

            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            string path = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            tell(process.ExitCode == 0 ? $"debuginfod: found {path}" : $"debuginfod: no server has {buildId}");
            return process.ExitCode == 0 && File.Exists(path) ? path : null;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            tell($"debuginfod: {Client} cannot be run: {missing.Message}");
            return null;
        }
    }

    private static bool IsHex(string text) => text.Length is >= 8 and <= 64 && text.All(char.IsAsciiHexDigit);
}
