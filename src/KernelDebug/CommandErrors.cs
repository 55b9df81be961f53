using System.Management.Automation;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Commands;

/// <summary>What went wrong, as PowerShell shows it: a stable id, a category, the target and the next step.</summary>
internal static class CommandErrors
{
    /// <summary>An error record.</summary>
    public static ErrorRecord Create(Exception cause, string id, ErrorCategory category, object? target, string message, string? action)
    {
        var record = new ErrorRecord(cause, id, category, target) { ErrorDetails = new ErrorDetails(message) };
        if (action is not null)
        {
            record.ErrorDetails.RecommendedAction = action;
        }

        return record;
    }

    /// <summary>True for what a file of the user's can do wrong.</summary>
    public static bool IsFileProblem(Exception cause) => cause is IOException or UnauthorizedAccessException
        or BinaryFormatException or InvalidDataException or DllNotFoundException or NotSupportedException;

    /// <summary>A log that cannot be read.</summary>
    public static ErrorRecord UnreadableLog(Exception cause, string path) => cause switch
    {
        _ when Directory.Exists(path) => Create(
            cause, "PathIsDirectory", ErrorCategory.InvalidArgument, path, $"{path} is a directory.", "Name the files in it: a path may have wildcards."),
        FileNotFoundException or DirectoryNotFoundException => Create(
            cause, "PathNotFound", ErrorCategory.ObjectNotFound, path, $"There is no file {path}.", "Check the name and the current directory."),
        UnauthorizedAccessException => Create(
            cause, "LogAccessDenied", ErrorCategory.PermissionDenied, path, $"{path} may not be read by this user.", "Run PowerShell as a user who may read it, such as root."),
        BinaryFormatException or InvalidDataException => Create(
            cause, "LogDamaged", ErrorCategory.InvalidData, path, $"{path} cannot be decompressed: {cause.Message}", "Decompress it by hand to save what is left of it."),
        NotSupportedException => Create(
            cause, "LogCompressionUnsupported", ErrorCategory.NotImplemented, path, $"{path} cannot be read: {cause.Message}.", "Unpack it first; gzip, zstd and xz are read as they are."),
        DllNotFoundException => Create(
            cause, "LibraryMissing", ErrorCategory.NotInstalled, path, $"{path} cannot be decompressed: {cause.Message}", "Install the library, or decompress the log by hand."),
        _ => Create(cause, "LogReadFailed", ErrorCategory.ReadError, path, $"{path} cannot be read: {cause.Message}", null),
    };

    /// <summary>What came in place of a log.</summary>
    /// <param name="other">The object.</param>
    /// <param name="wrapped">The object as PowerShell has it.</param>
    /// <param name="command">A command line that takes a log.</param>
    public static ErrorRecord NotALog(object other, PSObject wrapped, string command) => Create(
        new PSArgumentException($"{other.GetType()} is no log."), "InputNotALog", ErrorCategory.InvalidType, wrapped,
        $"An object of type {wrapped.TypeNames[0]} is neither text, nor a report of Get-PanicTrace, nor a file.",
        $"Give it lines of text: Get-Content panic.log | {command}.");

    /// <summary>A vmlinux the user named that cannot be used.</summary>
    public static ErrorRecord UnusableVmlinux(Exception cause, string path)
    {
        ErrorCategory category = cause switch
        {
            FileNotFoundException or DirectoryNotFoundException => ErrorCategory.ObjectNotFound,
            _ when Directory.Exists(path) => ErrorCategory.InvalidArgument,
            UnauthorizedAccessException => ErrorCategory.PermissionDenied,
            DllNotFoundException => ErrorCategory.NotInstalled,
            BinaryFormatException => ErrorCategory.InvalidData,
            _ => ErrorCategory.OpenError,
        };
        string why = category == ErrorCategory.InvalidArgument ? "it is a directory" : cause.Message.TrimEnd('.');
        return Create(
            cause, "VmlinuxUnusable", category, path, $"The vmlinux {path} cannot be used: {why}.",
            "Name the uncompressed vmlinux with debug information of the kernel that crashed; /boot/vmlinuz is not one.");
    }

    /// <summary>A file of symbols the user named that cannot be used.</summary>
    public static ErrorRecord UnusableSymbolFile(Exception cause, string path) => Create(
        cause, "SymbolFileUnusable", ErrorCategory.ObjectNotFound, path, $"The symbols of {path} cannot be read: {cause.Message}", "Name a file whose lines are ADDRESS TYPE NAME.");

    /// <summary>A directory of source the user named that is none.</summary>
    public static ErrorRecord UnusableSourcePath(Exception cause, string path) => Create(
        cause, "SourcePathNotFound", ErrorCategory.ObjectNotFound, path, $"The source directory {path} cannot be used: {cause.Message}", "Name the directory the kernel or the module was built from.");
    /// <summary>A debug file that a server was to give and did not.</summary>
    public static ErrorRecord DownloadFailed(DebugFile file) => file.Status == DebugFileStatus.TooLarge
        ? Create(
            new InvalidOperationException(file.Reason), "DownloadTooLarge", ErrorCategory.LimitsExceeded, file.Url,
            Formatting.ControlText.MakeVisible($"{file.Url} was not downloaded: {file.Reason?.TrimEnd('.')}."), "Allow more with -MaximumSize, or DEBUGINFOD_MAXSIZE.")
        : Create(
            new InvalidOperationException(file.Reason), "DownloadFailed", ErrorCategory.ConnectionError, file.Url,
            Formatting.ControlText.MakeVisible($"{file.Url} was not downloaded: {file.Reason?.TrimEnd('.')}."), "Try again: what has come is continued where the server allows it.");

    /// <summary>A file, module or kernel whose types cannot be read.</summary>
    public static ErrorRecord UnusableBtf(Exception cause, string target)
    {
        (string id, ErrorCategory category, string action) = cause switch
        {
            Btf.BtfBaseMismatchException { BaseFile: null } => ("BtfBaseMissing", ErrorCategory.ResourceUnavailable, "Name the vmlinux it was built with: -Base /path/to/vmlinux."),
            Btf.BtfBaseMismatchException => ("BtfBaseMismatch", ErrorCategory.InvalidArgument, "Name the vmlinux it was built with: -Base /path/to/vmlinux."),
            FileNotFoundException or DirectoryNotFoundException => ("BtfNotFound", ErrorCategory.ObjectNotFound, "Get-BtfObject lists what the running kernel has; -Path takes a vmlinux or a module's file."),
            UnauthorizedAccessException => ("BtfAccessDenied", ErrorCategory.PermissionDenied, "Run PowerShell as a user who may read it, such as root."),
            DllNotFoundException => ("LibraryMissing", ErrorCategory.NotInstalled, "Install the library, or decompress the file by hand."),
            BinaryFormatException => ("BtfUnusable", ErrorCategory.InvalidData, "Get-BtfObject -Path says what a file has."),
            _ => ("BtfReadFailed", ErrorCategory.ReadError, "Check the path."),
        };
        return Create(cause, id, category, target, Formatting.ControlText.MakeVisible($"The types of {target} cannot be read: {cause.Message}"), action);
    }

    /// <summary>A file that would be written and is there already.</summary>
    public static ErrorRecord OutputTaken(string path, string asked)
    {
        bool isDirectory = Directory.Exists(path);
        return Create(
            new IOException($"{path} exists."), isDirectory ? "OutputIsDirectory" : "OutputExists", ErrorCategory.ResourceExists, asked,
            isDirectory ? $"{asked} is a directory." : $"{asked} exists already.",
            isDirectory ? "Name the file to write." : "Name another file, or use -Force to replace it.");
    }

    /// <summary>A file that cannot be written.</summary>
    public static ErrorRecord OutputFailed(Exception cause, string asked) => Create(
        cause, "ExportFailed", cause is UnauthorizedAccessException ? ErrorCategory.PermissionDenied : ErrorCategory.WriteError, asked,
        $"{asked} cannot be written: {cause.Message}", "Name a file in a directory that is there and that this user may write to.");

    /// <summary>What the engine reports as an error.</summary>
    public static ErrorRecord FromDiagnostic(Diagnostic diagnostic) => Create(
        new InvalidOperationException(diagnostic.Message),
        diagnostic.Id,
        diagnostic.Id.EndsWith("NotFound", StringComparison.Ordinal) ? ErrorCategory.ObjectNotFound : ErrorCategory.InvalidData,
        diagnostic.Target,
        diagnostic.Message,
        diagnostic.RecommendedAction);
}
