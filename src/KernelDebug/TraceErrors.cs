using System.Management.Automation;
using KernelDebug.Host;
using KernelDebug.IO;

namespace KernelDebug.Commands;

/// <summary>What keeps a command from the kernel's tracing files.</summary>
internal static class TraceErrors
{
    /// <summary>tracefs itself is not there, or not for this user.</summary>
    public static ErrorRecord Unusable(TracingFiles files)
    {
        (string id, ErrorCategory category) = files.State switch
        {
            TracingFilesState.Denied => ("TracefsAccessDenied", ErrorCategory.PermissionDenied),
            TracingFilesState.NotMounted => ("TracefsNotMounted", ErrorCategory.ResourceUnavailable),
            TracingFilesState.NotBuilt => ("TracefsNotBuilt", ErrorCategory.NotInstalled),
            _ => ("TracefsUnknown", ErrorCategory.ResourceUnavailable),
        };
        string message = $"The kernel's tracing files cannot be used: {files.Reason}.";
        return CommandErrors.Create(new InvalidOperationException(message), id, category, files.Path ?? TracingFiles.UsualPlace, message, files.Remedy);
    }

    /// <summary>One of its files cannot be opened or read.</summary>
    /// <param name="cause">What the kernel said.</param>
    /// <param name="path">The file.</param>
    /// <param name="instance">The instance that was asked for.</param>
    public static ErrorRecord UnusableFile(Exception cause, string path, string? instance) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException when instance is not null => CommandErrors.Create(
            cause, "TraceInstanceNotFound", ErrorCategory.ObjectNotFound, instance, Formatting.ControlText.MakeNameVisible($"There is no instance {instance} of the kernel's trace."),
            $"Those there are: Get-ChildItem {System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(path))}. As root, mkdir makes one."),
        FileBusyException => CommandErrors.Create(
            cause, "TracePipeBusy", ErrorCategory.ResourceBusy, path, $"Another process reads {path}, and the kernel lets one do so at a time.",
            $"End the other: fuser -v {path} names it. Or read an instance's: -Instance; or what is in the buffer: -Snapshot."),
        UnauthorizedAccessException => CommandErrors.Create(
            cause, "TraceAccessDenied", ErrorCategory.PermissionDenied, path, $"{path} may not be read: {cause.Message}",
            "Run PowerShell as root. Where root is refused too, the kernel is locked down (Test-KernelDebug says)."),
        _ => CommandErrors.Create(cause, "TraceReadFailed", ErrorCategory.ReadError, path, $"{path} cannot be read: {cause.Message}", "Test-KernelDebug says what is in the way here."),
    };

    /// <summary>A tracepoint's description cannot be used.</summary>
    public static ErrorRecord UnusableTracepoint(Exception cause, object target) => cause switch
    {
        BinaryFormatException => CommandErrors.Create(
            cause, "TracepointUnreadable", ErrorCategory.InvalidData, target, Formatting.ControlText.MakeVisible($"The kernel describes a tracepoint in a way that is not known: {cause.Message}"), "Leave it out, and compile a program for it: -Source."),
        FileNotFoundException or DirectoryNotFoundException => CommandErrors.Create(
            cause, "TracepointNotFound", ErrorCategory.ObjectNotFound, target, $"A tracepoint is gone, as those of a module are that is unloaded: {cause.Message}", "Name those that are there; the Tab key completes them."),
        NotSupportedException => CommandErrors.Create(cause, "TracepointNotSupported", ErrorCategory.NotImplemented, target, cause.Message, "Compile a program for it: -Source."),
        _ => UnusableFile(cause, "the tracepoint's format", null),
    };
}
