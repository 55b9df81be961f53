using System.ComponentModel;
using System.Management.Automation;
using KernelDebug.Bpf;
using KernelDebug.Bpf.Native;
using KernelDebug.Formatting;
using KernelDebug.IO;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>What BPF refuses, as PowerShell shows it.</summary>
internal static class BpfErrors
{
    /// <summary>True for what a user's object, machine or rights can do wrong.</summary>
    public static bool IsExpected(Exception cause) => cause is BpfException or ArgumentException || CommandErrors.IsFileProblem(cause);

    /// <summary>The record. libbpf's text, the verifier's tail and the log are in it and in its exception.</summary>
    public static ErrorRecord Create(Exception cause, object? target) => cause switch
    {
        BpfException refused => Refused(refused, target),
        FileNotFoundException or DirectoryNotFoundException => CommandErrors.Create(
            cause, "BpfObjectNotFound", ErrorCategory.ObjectNotFound, target, $"There is no file {target}.", "Name an object compiled with clang -target bpf, or a source with -Source."),
        UnauthorizedAccessException => CommandErrors.Create(
            cause, "BpfAccessDenied", ErrorCategory.PermissionDenied, target, $"{target} may not be read by this user.", "Run PowerShell as a user who may read it, such as root."),
        DllNotFoundException => CommandErrors.Create(
            cause, "LibraryMissing", ErrorCategory.NotInstalled, target, cause.Message, "Install libbpf (Debian: apt-get install libbpf1)."),
        BinaryFormatException => CommandErrors.Create(
            cause, "BpfObjectInvalid", ErrorCategory.InvalidData, target, ControlText.MakeVisible($"{target} is no usable BPF object: {cause.Message}"), "Compile it with clang -target bpf -g -O2."),
        ArgumentException => CommandErrors.Create(cause, "BpfArgumentInvalid", ErrorCategory.InvalidArgument, target, ControlText.MakeVisible(cause.Message), "Give a name that is there and a value that fits; nothing was changed."),
        _ => CommandErrors.Create(cause, "BpfReadFailed", ErrorCategory.ReadError, target, ControlText.MakeVisible(cause.Message), "Test-KernelDebug says what is missing here."),
    };

    /// <summary>Why a program in C was not compiled.</summary>
    public static ErrorRecord OfSource(Exception cause, string source) => cause switch
    {
        BpfCompilationException refused => CommandErrors.Create(
            cause, "BpfCompilationFailed", ErrorCategory.ParserError, source, ControlText.MakeVisible($"{source} does not compile:\n{refused.CompilerOutput.TrimEnd()}"),
            "Mend the source. vmlinux.h and the headers of libbpf (Debian: libbpf-dev) can be included."),
        FileNotFoundException when cause.InnerException is Win32Exception || BpfCompiler.Find() is null =>
            CommandErrors.Create(cause, "CompilerMissing", ErrorCategory.NotInstalled, source, cause.Message, "Install clang, or name a compiled object with -Path."),
        _ => CommandErrors.UnusableBtf(cause, "the running kernel"),
    };

    private static ErrorRecord Refused(BpfException refused, object? target)
    {
        (string id, ErrorCategory category) = refused.Refusal.Kind switch
        {
            BpfRefusalKind.InvalidObject => ("BpfObjectInvalid", ErrorCategory.InvalidData),
            BpfRefusalKind.MissingCapability or BpfRefusalKind.NotPermitted => ("BpfNotPermitted", ErrorCategory.PermissionDenied),
            BpfRefusalKind.Lockdown => ("BpfLockedDown", ErrorCategory.SecurityError),
            BpfRefusalKind.MissingBtf => ("BpfBtfMissing", ErrorCategory.ResourceUnavailable),
            BpfRefusalKind.NoSuchTarget => ("BpfTargetNotFound", ErrorCategory.ObjectNotFound),
            BpfRefusalKind.NotTraceable => ("BpfTargetNotTraceable", ErrorCategory.InvalidOperation),
            BpfRefusalKind.NotSupported => ("BpfNotSupported", ErrorCategory.NotImplemented),
            BpfRefusalKind.VerifierRejected => ("BpfVerifierRejected", ErrorCategory.InvalidOperation),
            BpfRefusalKind.MissingTarget => ("BpfTargetMissing", ErrorCategory.InvalidArgument),
            BpfRefusalKind.Busy => ("BpfTargetBusy", ErrorCategory.ResourceBusy),
            BpfRefusalKind.LimitExceeded => ("BpfLimitExceeded", ErrorCategory.LimitsExceeded),
            _ => ("BpfRefused", ErrorCategory.OperationStopped),
        };
        string said = refused.VerifierLog is not null
            ? $"\n{refused.VerifierTail}"
            : string.Concat(refused.Messages.Where(message => message.Level == LibbpfLevel.Warning).Select(message => $"\n{message.Text}"));
        return CommandErrors.Create(
            refused, id, category, target, ControlText.MakeVisible($"{refused.Message}.{(refused.ErrorName is { } name ? $" [{refused.Function}: {name}]" : "")}{said}"), refused.Refusal.Remedy);
    }
}
