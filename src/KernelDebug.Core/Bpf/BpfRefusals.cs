using System.Text.RegularExpressions;
using KernelDebug.Bpf.Native;
using KernelDebug.Host;

namespace KernelDebug.Bpf;

/// <summary>Why the kernel or libbpf refused: told from the errno, from what libbpf said, and from what can be read of the machine. Nothing is told from a version.</summary>
internal static partial class BpfRefusals
{
    private const int NotPermitted = 1, NoEntry = 2, NoProcess = 3, TooBig = 7, AccessDenied = 13, Busy = 16, Exists = 17, NoDevice = 19, Invalid = 22, TooManyFiles = 24, NoSpace = 28,
        NoSystemCall = 38, NotSupported = 95, KernelNotSupported = 524, LibbpfFormat = 4001, LibbpfEndian = 4003, LibbpfRelocation = 4005;

    /// <summary>No reason.</summary>
    public static BpfRefusal Nothing { get; } = new(BpfRefusalKind.Unknown, "", null);

    /// <summary>Explains.</summary>
    /// <param name="cause">The call that failed.</param>
    /// <param name="program">The program it failed with, where that is known.</param>
    /// <param name="target">What the program was to be attached to, where that is not what its section says.</param>
    public static BpfRefusal Explain(LibbpfException cause, BpfProgramName? program, string? target = null)
    {
        string[] said = [.. cause.Messages.Where(message => message.Level == LibbpfLevel.Warning).Select(message => message.Text.Split('\n')[0].TrimEnd())];
        string text = string.Join('\n', said);
        return NamedByLibbpf(text, program)
            ?? NotAllowed(cause)
            ?? ByVerifier(cause)
            ?? OfTarget(cause, program, target, text)
            ?? OfMap(text)
            ?? OfKernel(cause)
            ?? new(BpfRefusalKind.Unknown, First(said) ?? cause.Message, "With -Debug, all that libbpf says is shown; Test-KernelDebug says what this kernel has.");
    }

    /// <summary>What libbpf itself puts a name to.</summary>
    private static BpfRefusal? NamedByLibbpf(string said, BpfProgramName? program)
    {
        if (MissingFunction().Match(said) is { Success: true } function)
        {
            string name = function.Groups[1].Value;
            return program?.Section.Hook switch
            {
                "tp_btf" => new(
                    BpfRefusalKind.NoSuchTarget, $"the kernel's types have no tracepoint {name}: this kernel has none of that name, or its module is not loaded", $"The folder events of tracefs has all. {LeaveOut(program)}"),
                "iter" => new(BpfRefusalKind.NoSuchTarget, $"the kernel has no iterator {name}", LeaveOut(program)),
                "lsm" => new(BpfRefusalKind.NoSuchTarget, $"the kernel has no security hook {name}", LeaveOut(program)),
                _ => new(
                    BpfRefusalKind.NoSuchTarget, $"the kernel's types have no function {name}: there is none of that name, it was inlined away, or its module is not loaded",
                    $"Get-TraceFunction {name} says which. {LeaveOut(program)}"),
            };
        }

        if (said.Contains("failed to find valid kernel BTF", StringComparison.Ordinal) || said.Contains("Error loading vmlinux BTF", StringComparison.Ordinal))
        {
            return new(BpfRefusalKind.MissingBtf, "the kernel has no BTF, which this program is relocated by", "Use a kernel with CONFIG_DEBUG_INFO_BTF.");
        }

        if (said.Contains("no program section found", StringComparison.Ordinal) || said.Contains("BTF is required, but is missing or corrupted", StringComparison.Ordinal))
        {
            return new(BpfRefusalKind.InvalidObject, First(said.Split('\n'))!, "Compile it with clang -target bpf -g -O2.");
        }

        if (said.Contains("no USDT notes section", StringComparison.Ordinal))
        {
            return new(
                BpfRefusalKind.NoSuchTarget, $"the program or library {FileInQuotes().Match(said).Groups[1].Value} was built without usdt probes (it has no section .note.stapsdt)",
                $"readelf -n lists the probes of a file. {LeaveOut(program)}");
        }

        if (MissingTracepoint().Match(said) is { Success: true } tracepoint)
        {
            string name = tracepoint.Groups[1].Value.Replace('/', ':');
            return HostFacts.Read().Tracing is { State: not TracingFilesState.Readable } unseen
                ? new(BpfRefusalKind.NotSupported, $"the number of the tracepoint {name} is in tracefs, which cannot be read here: {unseen.Reason}", unseen.Remedy)
                : new(BpfRefusalKind.NoSuchTarget, $"the kernel has no tracepoint {name}", $"The folder events of tracefs has them all. {LeaveOut(program)}");
        }

        return null;
    }

    /// <summary>An object often has a program for each of several kernels, of which its own loader takes one.</summary>
    private static string LeaveOut(BpfProgramName? program) => program is null ? "Leave out the programs that are for other kernels: -ExcludeProgram." : $"The object's other programs go without it: -ExcludeProgram {program.Name}.";

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
            : cause.Function is not ("bpf_object__load" or "bpf_prog_load") ? null
            : new(
                BpfRefusalKind.NotPermitted, $"the kernel does not permit it ({cause.ErrorName}), although this process has the capabilities: a security module, or a kernel made for a sandbox, forbids programs of this type",
                "dmesg may have a line of the security module's; a kprobe or a tracepoint in place of fentry and lsm may be allowed.");
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

    private static BpfRefusal? OfTarget(LibbpfException cause, BpfProgramName? program, string? named, string said)
    {
        if (program is null)
        {
            return cause.ErrorNumber is Busy or Exists ? Taken(cause) : null;
        }

        string hook = program.Section.Hook;
        string target = named ?? program.Section.Target ?? program.SectionName;
        bool isTrampoline = hook is "fentry" or "fexit" or "fsession" or "fmod_ret" or "lsm";
        bool isKprobe = hook is "kprobe" or "kretprobe" or "ksyscall" or "kretsyscall";
        bool isUprobe = hook is "uprobe" or "uretprobe" or "usdt";

        // A kernel without them has no such source of perf's, and libbpf then tries the older way, by tracefs.
        if ((isKprobe || isUprobe) && HostFacts.Read().PerfSources is { IsKnown: true } sources && !sources.Value!.Contains(isKprobe ? "kprobe" : "uprobe"))
        {
            string probes = isKprobe ? "kprobes" : "uprobes";
            return new(BpfRefusalKind.NotSupported, $"the kernel was built without {probes} (CONFIG_{probes.ToUpperInvariant()[..^1]}_EVENTS)", "Use a kernel that has them, or programs of another kind.");
        }

        switch (cause.ErrorNumber)
        {
            case KernelNotSupported or NotSupported or Busy or Invalid or NoDevice or NoSystemCall when isTrampoline && (cause.Function.StartsWith("bpf_program__attach", StringComparison.Ordinal) || cause.Function == "bpf_raw_tracepoint_open"):
                return new(
                    cause.ErrorNumber == Busy ? BpfRefusalKind.NotTraceable : BpfRefusalKind.NotSupported,
                    $"the kernel does not attach to {target} ({cause.ErrorName}): "
                        + (cause.ErrorNumber == Busy
                            ? "the function does not begin with the instruction that a trampoline takes the place of. It is marked notrace, as inline functions are, or something else has changed it already"
                            : "it has no trampolines here, or not for this function, as for one with many arguments"),
                    $"Get-TraceFunction {target} says what can be attached to it; a kprobe needs no trampoline.");
            case Invalid or NoEntry when cause.Function == "bpf_link_create" && hook is "kprobe.multi" or "kretprobe.multi":
                return new(BpfRefusalKind.NotTraceable, $"the kernel does not allow probes on {target}, or on one of them ({cause.ErrorName})", "Get-TraceFunction says why.");
            // The other errors of that number have a word of libbpf's own.
            case NotSupported or Invalid or NoSystemCall when hook is "kprobe.multi" or "kretprobe.multi" && (cause.ErrorNumber != Invalid || !said.Contains("failed to", StringComparison.Ordinal)):
                return new(BpfRefusalKind.NotSupported, $"the kernel has no probes of many functions at once ({cause.ErrorName}): it is older than v5.18 or was built without CONFIG_FPROBE", "A kprobe for each function, or fentry, needs no such kernel.");
            case NoEntry or NoDevice or NotSupported when hook is "perf_event":
                return new(BpfRefusalKind.NotSupported, $"this machine has no counter for {target} ({cause.ErrorName}): virtual machines often have none", "Software events, such as cpu-clock and page-faults, are always there.");
            case NoEntry when cause.Function == "bpf_tc_hook_create":
                return new(BpfRefusalKind.NotSupported, "the kernel has no clsact qdisc, which tc programs are attached to: its module sch_ingress is not loaded and cannot be found", "modprobe sch_ingress cls_bpf");
            case NoEntry when cause.Function == "bpf_tc_attach":
                return new(BpfRefusalKind.NotSupported, "the kernel has no BPF filters for tc: the module cls_bpf is not loaded and cannot be found", "modprobe cls_bpf");
            case NoEntry or NoProcess when isUprobe:
                return new(BpfRefusalKind.NoSuchTarget, $"there is no {target} to attach to ({cause.ErrorName}): no such file, or no such {(hook == "usdt" ? "probe" : "function")} in its symbols", "nm -D and nm list the functions of a file, readelf -n its usdt probes.");
            case NoEntry or NoProcess:
                return new(
                    BpfRefusalKind.NoSuchTarget, $"there is no {target} to attach to ({cause.ErrorName})",
                    isKprobe ? $"Get-TraceFunction lists the functions that can be traced. {LeaveOut(program)}"
                    : hook is "raw_tp" or "raw_tracepoint" or "tp" or "tracepoint" or "tp_btf" ? $"The folder events of tracefs has all tracepoints. {LeaveOut(program)}"
                    : "Name another: -Target.");
            case Invalid when isKprobe:
                return new(BpfRefusalKind.NotTraceable, $"the kernel does not allow a kprobe on {target}", $"Get-TraceFunction {target} says why.");
            case Busy or Exists:
                return Taken(cause);
            case NotSupported when cause.Function == "bpf_program__attach":
                return new(BpfRefusalKind.NotSupported, $"programs of section \"{program.SectionName}\" are attached by their own loader alone", LeaveOut(program));
            case NoDevice:
                return new(BpfRefusalKind.NotSupported, $"the kernel was built without what {program.SectionName} needs ({cause.ErrorName})", "Test-KernelDebug says what this kernel has.");
            default:
                return null;
        }
    }

    private static BpfRefusal Taken(LibbpfException cause) =>
        new(BpfRefusalKind.Busy, $"something is attached there already ({cause.ErrorName})", "Get-BpfLink lists what is attached.");

    private static BpfRefusal? OfMap(string said) => RefusedMap().Match(said) is { Success: true } map
        ? new(
            BpfRefusalKind.LimitExceeded, $"the kernel does not create the map {map.Groups[1].Value}: {map.Groups[2].Value}; its sizes may be left to a loader, or be more than the kernel takes",
            $"Say how many elements it has: -MapSize @{{ {map.Groups[1].Value} = 10240 }}; Get-BpfMap lists maps that are there.")
        : null;

    private static BpfRefusal? OfKernel(LibbpfException cause) => cause.ErrorNumber switch
    {
        TooManyFiles => new(BpfRefusalKind.LimitExceeded, "this process has as many files open as it may, and each program that is attached is two", "Raise the limit before: ulimit -n 65536; or trace fewer functions."),
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

    [GeneratedRegex(@"map '([^']+)': failed to create: ([^(\n]+)\((?:-22|-7)\)")]
    private static partial Regex RefusedMap();

    [GeneratedRegex("in '([^']+)'")]
    private static partial Regex FileInQuotes();

    [GeneratedRegex("failed to determine tracepoint '([^']+)'")]
    private static partial Regex MissingTracepoint();
}
