using System.Management.Automation;
using KernelDebug.Decoding;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>The log files a command is given: its paths resolved, their lines read, both with errors that let the next one go on.</summary>
internal sealed class LogInput(PSCmdlet command) : IDisposable
{
    private const int LinesBetweenLooks = 1024;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Ends reading at once; may be called from any thread.</summary>
    public void Stop() => _stopping.Cancel();

    /// <summary>True once the user has stopped the command.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    public void Dispose() => _stopping.Dispose();

    /// <summary>The files behind paths: wildcards expanded unless literal. What names none is an error, and the next goes on.</summary>
    /// <param name="paths">PowerShell paths.</param>
    /// <param name="isLiteral">True where a wildcard character is part of the name.</param>
    /// <param name="keepDirectories">True where a directory that a wildcard finds is meant too.</param>
    public IEnumerable<string> Resolve(IEnumerable<string> paths, bool isLiteral, bool keepDirectories = false)
    {
        foreach (string path in paths)
        {
            foreach (string file in isLiteral ? ResolveLiteral(path) : ResolvePattern(path, keepDirectories))
            {
                yield return file;
            }
        }
    }

    /// <summary>The lines of a file. A failure is an error of the command and ends the file.</summary>
    public IEnumerable<string> ReadLines(string path)
    {
        LogFile? file = Guard(path, () => new LogFile(path));
        if (file is null)
        {
            yield break;
        }

        using (file)
        {
            var progress = new ReadingProgress(command, path, file.Length);
            int count = 0;
            using IEnumerator<string> lines = file.Lines().GetEnumerator();
            while (!IsStopping && Guard(path, () => lines.MoveNext() ? lines.Current : null) is { } line)
            {
                yield return line;
                if (++count % LinesBetweenLooks == 0)
                {
                    progress.Show(count, file.Position);
                }
            }

            progress.Complete();
        }
    }

    /// <summary>The reports of a log file. A failure is an error of the command and ends the file.</summary>
    public IEnumerable<PanicTrace> ReadReports(string path)
    {
        LogStream? log = Guard(path, () => LogStream.Open(path));
        if (log is null)
        {
            yield break;
        }

        var progress = new ReadingProgress(command, path, log.PackedLength);
        var reports = new LogReports(log, _stopping.Token) { OnProgress = progress.Show };
        using IEnumerator<PanicTrace> each = reports.Read().GetEnumerator();
        while (!IsStopping && Guard(path, () => each.MoveNext() ? each.Current : null) is { } report)
        {
            yield return report;
        }

        progress.Complete();
    }

    /// <summary>The lines of a file of tracefs, or one saved from it. A failure is an error of the command and ends the file.</summary>
    public IEnumerable<TraceLine> ReadTrace(string path, bool mayBeTrimmed)
    {
        using LogStream? text = Guard(path, () => LogStream.Open(path));
        if (text is null)
        {
            yield break;
        }

        var progress = new ReadingProgress(command, path, text.PackedLength);
        int count = 0;
        using IEnumerator<TraceLine> lines = TraceText.Read(text.Text, mayBeTrimmed).GetEnumerator();
        while (!IsStopping && Guard(path, () => lines.MoveNext() ? lines.Current : null) is { } line)
        {
            yield return line;
            if (++count % LinesBetweenLooks == 0)
            {
                progress.Show(count, text.PackedPosition);
            }
        }

        progress.Complete();
    }

    /// <summary>True for what PowerShell throws at a path it cannot make sense of.</summary>
    public static bool IsPathProblem(Exception cause) => cause is ItemNotFoundException or System.Management.Automation.DriveNotFoundException
        or ProviderNotFoundException or WildcardPatternException or PSArgumentException or PSInvalidOperationException || CommandErrors.IsFileProblem(cause);

    private IReadOnlyList<string> ResolveLiteral(string path)
    {
        try
        {
            string file = command.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            return Check(provider, path) ? [file] : [];
        }
        catch (Exception unknown) when (IsPathProblem(unknown))
        {
            command.WriteError(NotFound(unknown, path));
            return [];
        }
    }

    private IReadOnlyList<string> ResolvePattern(string path, bool keepDirectories)
    {
        try
        {
            var files = command.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            if (!Check(provider, path))
            {
                return [];
            }

            if (files.Count == 0)
            {
                command.WriteError(NotFound(new ItemNotFoundException($"Nothing matches {path}."), path));
            }

            bool wantsFiles = !keepDirectories && WildcardPattern.ContainsWildcardCharacters(path) && files.Any(File.Exists);
            return wantsFiles ? files.Where(file => !Directory.Exists(file)).ToArray() : files;
        }
        catch (Exception unknown) when (IsPathProblem(unknown))
        {
            command.WriteError(NotFound(unknown, path));
            return [];
        }
    }

    private bool Check(ProviderInfo provider, string path)
    {
        if (provider.Name == "FileSystem")
        {
            return true;
        }

        command.WriteError(CommandErrors.Create(
            new NotSupportedException(provider.Name), "PathNotFileSystem", ErrorCategory.InvalidArgument, path,
            $"{path} is of the provider {provider.Name}, not a file.", "Name a file of the file system."));
        return false;
    }

    private T? Guard<T>(string path, Func<T> read)
        where T : class?
    {
        try
        {
            return read();
        }
        catch (Exception cause) when (CommandErrors.IsFileProblem(cause))
        {
            command.WriteError(CommandErrors.UnreadableLog(cause, path));
            return null;
        }
    }

    private static ErrorRecord NotFound(Exception cause, string path) => CommandErrors.Create(
        cause, "PathNotFound", ErrorCategory.ObjectNotFound, path, cause.Message,
        "Check the name and the current directory; -LiteralPath takes a name that has wildcard characters in it.");
}
