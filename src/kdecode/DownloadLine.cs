using KernelDebug.Debuginfod;
using KernelDebug.Formatting;

namespace KernelDebug.Kdecode;

/// <summary>Progress of a download on one line of standard error, where somebody looks or <c>DEBUGINFOD_PROGRESS</c> asks for it.</summary>
internal static class DownloadLine
{
    private const long Pace = 200;
    private static long _shown;
    private static bool _isOpen;

    /// <summary>The servers and the cache of the environment.</summary>
    public static DebuginfodOptions Options()
    {
        bool isWanted = !Console.IsErrorRedirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("DEBUGINFOD_PROGRESS"));
        return DebuginfodOptions.FromEnvironment() with { Progress = isWanted ? Show : null };
    }

    /// <summary>Ends the line, so that what is written next has one of its own.</summary>
    public static void End()
    {
        if (_isOpen)
        {
            _isOpen = false;
            Console.Error.WriteLine();
        }
    }

    private static void Show(DownloadProgress progress)
    {
        bool isLast = progress.Received == progress.Total;
        if (isLast || !_isOpen || Environment.TickCount64 - _shown >= Pace)
        {
            _shown = Environment.TickCount64;
            _isOpen = true;
            Console.Error.Write($"\rDownloading {ControlText.MakeNameVisible(progress.Url)}: {ByteText.Progress(progress.Received, progress.Total)}   ");
        }

        if (isLast)
        {
            End();
        }
    }
}
