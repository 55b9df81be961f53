using System.Text.RegularExpressions;
using KernelDebug.Bpf.Native;
using KernelDebug.Host;

namespace KernelDebug.Bpf;

/// <summary>Why the kernel or libbpf refused: told from the errno, from what libbpf said, and from what can be read of the machine. Nothing is told from a version.</summary>
internal static partial class BpfRefusals
{
    private const int NotPermitted = 1, NoEntry = 2, NoProcess = 3, TooBig = 7, AccessDenied = 13, Busy = 16, Exists = 17, NoDevice = 19, Invalid = 22, NoSpace = 28,
        NoSystemCall = 38, NotSupported = 95, KernelNotSupported = 524, LibbpfFormat = 4001, LibbpfEndian = 4003, LibbpfRelocation = 4005;

    /// <summary>No reason.</summary>
    public static BpfRefusal Nothing { get; } = new(BpfRefusalKind.Unknown, "", null);

    /// <summary>Explains.</summary>
    /// <param name="cause">The call that failed.</param>
    /// <param name="program">The program it failed with, where that is known.</param>
    public static BpfRefusal Explain(LibbpfException cause, BpfProgram? program)
    {
        string[] said = [.. cause.Messages.Where(message => message.Level == LibbpfLevel.Warning).Select(message => message.Text.Split('\n')[0].TrimEnd())];
        string text = string.Join('\n', said);
        return NamedByLibbpf(text)
            ?? NotAllowed(cause)
            ?? ByVerifier(cause)
            ?? OfTarget(cause, program)
            ?? OfKernel(cause)
            ?? new(BpfRefusalKind.Unknown, First(said) ?? cause.Message, "With -Debug, all that libbpf says is shown; Test-KernelDebug says what this kernel has.");
    }

    /// <summary>What libbpf itself puts a name to.</summary>
    private static BpfRefusal? NamedByLibbpf(string said)
    {
        if (MissingFunction().Match(said) is { Success: true } function)
        {
            string name = function.Groups[1].Value;
            return new(
                BpfRefusalKind.NoSuchTarget, $"the kernel's types have no function {name}: there is none of that name, it was inlined away, or its module is not loaded",
                $"Get-TraceFunction {name} says which.");
        }

        if (said.Contains("failed to find valid kernel BTF", StringComparison.Ordinal) || said.Contains("Error loading vmlinux BTF", StringComparison.Ordinal))
        {
            return new(BpfRefusalKind.MissingBtf, "the kernel has no BTF, which this program is relocated by", "Use a kernel with CONFIG_DEBUG_INFO_BTF.");
        }

        if (said.Contains("no program section found", StringComparison.Ordinal) || said.Contains("BTF is required, but is missing or corrupted", StringComparison.Ordinal))
        {
            return new(BpfRefusalKind.InvalidObject, First(said.Split('\n'))!, "Compile it with clang -target bpf -g -O2.");
        }

        return MissingTracepoint().Match(said) is { Success: true } tracepoint
            ? new(BpfRefusalKind.NoSuchTarget, $"the kernel has no tracepoint {tracepoint.Groups[1].Value.Replace('/', ':')}", "The folder events of tracefs has them all.")
            : null;
    }

    /// <summary>EPERM and EACCES without a verifier's word: what this process lacks.</summary>
    private static BpfRefusal? NotAllowed(LibbpfException cause)
    {
        if (cause.ErrorNumber is not (NotPermitted or AccessDenied) || HasVerifierLog(cause))
        {
            return null;
        }

        HostFacts host = HostFacts.Read();
        if (host.Lockdown is { IsKnown: true, Value: LockdownMode.Confidentiality })
        {
            return new(BpfRefusalKind.Lockdown, "the kernel is locked down (confidentiality): it lets nobody read its memory", "Boot without lockdown=confidentiality, or without Secure Boot.");
        }

        Capability[] wanted = [Capability.Bpf, Capability.Perfmon];
        if (host.Capabilities is { IsKnown: true } own && !own.Value.Has(Capability.SysAdmin))
        {
            string[] missing = [.. wanted.Where(capability => !own.Value.Has(capability)).Select(CapabilitySet.NameOf)];
            if (missing.Length > 0)
            {
                return new(BpfRefusalKind.MissingCapability, $"this process lacks {string.Join(" and ", missing)}", "Run PowerShell as root: sudo pwsh.");
            }
        }

        return host.IsInitialUserNamespace is { IsKnown: true, Value: false }
            ? new(BpfRefusalKind.MissingCapability, "this process is in a user namespace, as in a container: its root is not the kernel's", "Run it outside the container, or in a privileged one.")
            : null;
    }

    private static BpfRefusal? ByVerifier(LibbpfException cause)
    {
        if (!HasVerifierLog(cause))
        {
            return null;
        }

        string? last = cause.Messages.SelectMany(message => message.Text.Split('\n'))
            .LastOrDefault(line => line.Length > 0 && !line.StartsWith("--", StringComparison.Ordinal) && !line.StartsWith("processed ", StringComparison.Ordinal)
                && !line.StartsWith("prog '", StringComparison.Ordinal) && !line.StartsWith("failed to load", StringComparison.Ordinal));
        return new(BpfRefusalKind.VerifierRejected, $"the verifier does not accept it: {last?.Trim() ?? cause.Message}", "The error's property VerifierLog has all it said.");
    }

    private static BpfRefusal? OfTarget(LibbpfException cause, BpfProgram? program)
    {
        bool isTrampoline = program?.Section.Hook is "fentry" or "fexit" or "fmod_ret" or "lsm";
        switch (cause.ErrorNumber)
        {
            case KernelNotSupported or NotSupported or Busy or Invalid or NoDevice or NoSystemCall when isTrampoline && cause.Function.StartsWith("bpf_program__attach", StringComparison.Ordinal):
                return new(
                    cause.ErrorNumber == Busy ? BpfRefusalKind.Busy : BpfRefusalKind.NotSupported,
                    $"the kernel does not attach to {program!.Section.Target} ({cause.ErrorName}): "
                        + (cause.ErrorNumber == Busy ? "another tracer changes the same function" : "it has no trampolines here, or not for this function"),
                    $"Get-TraceFunction {program.Section.Target} says what can be attached to it; a kprobe needs no trampoline.");
            case NoEntry or NoProcess when program is not null:
                return new(
                    BpfRefusalKind.NoSuchTarget, $"there is no {program.Section.Target ?? program.SectionName} to attach to ({cause.ErrorName})",
                    program.Section.Hook is "kprobe" or "kretprobe" ? "Get-TraceFunction lists the functions that can be traced."
                    : program.Section.Hook is "raw_tp" or "raw_tracepoint" or "tp" or "tracepoint" or "tp_btf" ? "The folder events of tracefs has all tracepoints."
                    : "Name another: -Target.");
            case Invalid when program?.Section.Hook is "kprobe" or "kretprobe":
                return new(BpfRefusalKind.NotTraceable, $"the kernel does not allow a kprobe on {program!.Section.Target}", $"Get-TraceFunction {program.Section.Target} says why.");
            case Busy or Exists:
                return new(BpfRefusalKind.Busy, $"something is attached there already ({cause.ErrorName})", "Get-BpfLink lists what is attached.");
            case NoDevice when program is not null:
                return new(BpfRefusalKind.NotSupported, $"the kernel was built without what {program.SectionName} needs ({cause.ErrorName})", "Test-KernelDebug says what this kernel has.");
            default:
                return null;
        }
    }

    private static BpfRefusal? OfKernel(LibbpfException cause) => cause.ErrorNumber switch
    {
        LibbpfFormat or LibbpfEndian => new(BpfRefusalKind.InvalidObject, cause.Message, "Compile it with clang -target bpf -g -O2, for this machine's byte order."),
        LibbpfRelocation => new(BpfRefusalKind.InvalidObject, "libbpf cannot relocate it: a type or variable it needs is not there", "Compile it against a vmlinux.h of this kernel: Export-BtfHeader writes one."),
        NoSystemCall => new(BpfRefusalKind.NotSupported, "the kernel has no BPF", "Use a kernel with CONFIG_BPF_SYSCALL."),
        TooBig or NoSpace => new(BpfRefusalKind.LimitExceeded, $"the kernel finds a map or a program too large ({cause.ErrorName})", "Give its maps fewer max_entries, or split the program."),
        _ => null,
    };

    private static bool HasVerifierLog(LibbpfException cause) => cause.Messages.Any(message => message.Text.Contains("-- BEGIN PROG LOAD LOG --", StringComparison.Ordinal));

    /// <summary>libbpf says first what is wrong, and then what it could not do therefore.</summary>
    private static string? First(string[] lines) => lines.FirstOrDefault(line => line.Length > 0);

    [GeneratedRegex("failed to find kernel BTF type ID of '([^']+)'|'([^']+)' is not found in (?:vmlinux|kernel) BTF")]
    private static partial Regex MissingFunction();

    [GeneratedRegex("failed to determine tracepoint '([^']+)'")]
    private static partial Regex MissingTracepoint();
}
