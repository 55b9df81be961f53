using System.Globalization;
using KernelDebug.Bpf.Native;
using KernelDebug.Host;

namespace KernelDebug.Bpf;

/// <summary>Attaches loaded programs by their sections, as libbpf does, and where a section does not say enough, by what the caller says.</summary>
public static class BpfAttacher
{
    private const string OnlineCpus = "/sys/devices/system/cpu/online";

    /// <summary>Attaches a program of a loaded object to each of its targets; where one fails, the caller has those before.</summary>
    /// <exception cref="BpfException">It cannot be attached; the refusal says why.</exception>
    public static IEnumerable<BpfAttachment> Attach(BpfProgram program, BpfAttachOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        return options.Targets.TryGetValue(program.Name, out IReadOnlyList<string>? named) ? named.Select(target => Attach(program, options, target)) : [Attach(program, options, null)];
    }

    private static BpfAttachment Attach(BpfProgram program, BpfAttachOptions options, string? named)
    {
        try
        {
            return program.TypeNumber switch
            {
                BpfProgramType.PerfEvent => AttachPerfEvents(program, named, options.SampleFrequency),
                BpfProgramType.Xdp => new(program, $"xdp on {Name(program, named ?? options.Interface)}", ProgramApi.AttachXdp(program.Pointer, Index(program, named ?? options.Interface))),
                BpfProgramType.SchedulerClassifier => AttachClassifier(program, named ?? options.Interface),
                BpfProgramType.SocketFilter => new(
                    program, $"socket on {Name(program, named ?? options.Interface)}", PacketSocketApi.Open(Index(program, named ?? options.Interface), program.Descriptor)),
                _ when program.Section.Hook.StartsWith("cgroup", StringComparison.Ordinal) => AttachCgroup(program, named ?? options.Cgroup),
                _ when program.Section.Hook is "uprobe" or "uretprobe" && (named ?? program.Section.Target) is { } place => AttachUprobe(program, place, options.ProcessId),
                _ when program.Section.Hook is "usdt" && (named ?? program.Section.Target) is { } place => AttachUsdt(program, place, options.ProcessId),
                BpfProgramType.Kprobe when named is not null => AttachKprobe(program, named),
                BpfProgramType.Tracepoint when named is not null => AttachTracepoint(program, named),
                BpfProgramType.RawTracepoint when named is not null => new(program, $"raw_tp/{named}", ProgramApi.AttachRawTracepoint(program.Pointer, named)),
                BpfProgramType.StructOps or BpfProgramType.Extension or BpfProgramType.Syscall => throw Unsupported(program),
                _ when program.Section.Target is null && named is null && !IsKnownWithoutTarget(program) => throw MissingTarget(program),
                _ when program.Section.Hook == "iter" => AttachIterator(program, named, options),

                // Loaded for its target.
                BpfProgramType.Tracing or BpfProgramType.Lsm => new(program, $"{program.Section.Hook}/{named ?? program.Section.Target}", ProgramApi.Attach(program.Pointer))
                {
                    IsNeverCalled = program.TypeNumber == BpfProgramType.Lsm && HostFacts.Read().SecurityModules is { IsKnown: true } asked && !asked.Value!.Contains("bpf"),
                },
                _ when named is not null => throw new BpfException(
                    $"the program {program.Name} cannot be attached to {named}", program.Name,
                    new(BpfRefusalKind.NotSupported, $"what programs of section \"{program.SectionName}\" are attached to cannot be named", $"Leave it out of -Target.")),
                _ => new(program, program.Section.ToString(), ProgramApi.Attach(program.Pointer)),
            };
        }
        catch (LibbpfException cause)
        {
            throw new BpfException($"the program {program.Name} cannot be attached to {named ?? program.SectionName}", program.Name, cause, BpfRefusals.Explain(cause, program.Identity, named));
        }
    }

    private static bool IsKnownWithoutTarget(BpfProgram program) => program.Section.Hook is "netfilter" or "sk_lookup" or "flow_dissector";

    private static BpfAttachment AttachPerfEvents(BpfProgram program, string? named, int frequency)
    {
        PerfEvent wanted = PerfEvent.Parse(named ?? PerfEvent.CpuClock) ?? throw new BpfException(
            $"the program {program.Name} cannot be attached to {named}", program.Name,
            new(BpfRefusalKind.NoSuchTarget, $"there is no perf event {named}", $"Events are {string.Join(", ", PerfEvent.Names)}; with :NUMBER behind the name, each so many of them are a sample."));
        var parts = new List<IDisposable>();
        try
        {
            foreach (int cpu in Cpus())
            {
                using var opened = PerfEventApi.Open(wanted.Type, wanted.Config, wanted.Period is null, (ulong?)wanted.Period ?? (ulong)frequency, cpu);
                LinkHandle link = ProgramApi.AttachPerfEvent(program.Pointer, (int)opened.DangerousGetHandle());

                // The link closes the event with itself.
                opened.SetHandleAsInvalid();
                parts.Add(link);
            }
        }
        catch
        {
            parts.ForEach(part => part.Dispose());
            throw;
        }

        return new(program, wanted.Period is { } period ? $"each {period} {wanted.Name} of each CPU" : $"{frequency} samples a second of each CPU by {wanted.Name}", parts);
    }

    private static BpfAttachment AttachKprobe(BpfProgram program, string function)
    {
        string hook = program.Section.Hook;
        bool isReturn = hook.StartsWith("kret", StringComparison.Ordinal);
        return new(program, $"{hook}/{function}", hook switch
        {
            "ksyscall" or "kretsyscall" => ProgramApi.AttachSystemCall(program.Pointer, isReturn, function),
            "kprobe.multi" or "kretprobe.multi" => ProgramApi.AttachKprobes(program.Pointer, isReturn, function),
            _ => ProgramApi.AttachKprobe(program.Pointer, isReturn, function),
        });
    }

    /// <summary>Which part is gone through of what iterators of some kinds go through.</summary>
    private static BpfAttachment AttachIterator(BpfProgram program, string? named, BpfAttachOptions options)
    {
        string kind = named ?? program.Section.Target!;
        switch (kind)
        {
            case "cgroup":
                // BPF_CGROUP_ITER_DESCENDANTS_PRE, include/uapi/linux/bpf.h.
                const int ParentsFirst = 2;
                using (var directory = DirectoryApi.Open(options.Cgroup ?? throw MissingTarget(program)))
                {
                    return new(program, $"iter/cgroup of {options.Cgroup}", ProgramApi.AttachIterator(program.Pointer, ParentsFirst, (uint)directory.DangerousGetHandle()));
                }

            case "task" or "task_file" or "task_vma" when options.ProcessId is { } process:
                return new(program, $"iter/{kind} of process {process}", ProgramApi.AttachIterator(program.Pointer, 0, (uint)process));
            default:
                return new(program, $"iter/{kind}", ProgramApi.Attach(program.Pointer));
        }
    }

    private static BpfAttachment AttachClassifier(BpfProgram program, string? target)
    {
        const int Invalid = 22;
        // Only from libbpf 1.3 on does a section say which.
        string way = program.Section.Target ?? "ingress";
        if (target?.Split(':') is [var name, ("ingress" or "egress") and var named])
        {
            (target, way) = (name, named);
        }

        int index = Index(program, target);
        bool isEgress = way == "egress";
        string shown = $"tc {way} of {target}";
        try
        {
            return new(program, shown, LinkApi.Create(program.Descriptor, index, isEgress ? BpfAttachType.TcxEgress : BpfAttachType.TcxIngress));
        }
        catch (LibbpfException unknown) when (unknown.ErrorNumber == Invalid)
        {
            // Linux kernel commit e420bed02507 ("bpf: Add fd-based tcx multi-prog infra with link support") (in v6.6).
            return new(program, shown, new TrafficControlFilter(program.Descriptor, index, isEgress)) { FilterInterface = target };
        }
    }

    private static BpfAttachment AttachCgroup(BpfProgram program, string? path)
    {
        using var directory = DirectoryApi.Open(path ?? throw MissingTarget(program));
        return new(program, $"{program.Section} of {path}", ProgramApi.AttachCgroup(program.Pointer, (int)directory.DangerousGetHandle()));
    }

    private static BpfAttachment AttachUprobe(BpfProgram program, string place, int? processId)
    {
        (string path, string function) = Split(program, place, "path:function");
        int plus = function.LastIndexOf('+');
        nuint offset = 0;
        if (plus >= 0 && !TryOffset(function[(plus + 1)..], out offset))
        {
            throw MissingTarget(program);
        }

        string name = plus < 0 ? function : function[..plus];
        bool isAddress = TryOffset(name, out nuint address) && name.Length > 0 && char.IsAsciiDigit(name[0]);
        return new(
            program, $"{program.Section.Hook}/{place}",
            ProgramApi.AttachUprobe(program.Pointer, program.Section.Hook == "uretprobe", processId ?? -1, path, isAddress ? null : name, isAddress ? address + offset : offset));
    }

    private static BpfAttachment AttachUsdt(BpfProgram program, string place, int? processId)
    {
        (string path, string probe) = Split(program, place, "path:provider:name");
        (string provider, string name) = Split(program, probe, "path:provider:name");
        return new(program, $"usdt/{place}", ProgramApi.AttachUsdt(program.Pointer, processId ?? -1, path, provider, name));
    }

    private static BpfAttachment AttachTracepoint(BpfProgram program, string target)
    {
        (string category, string name) = Split(program, target.Replace('/', ':'), "category:name");
        return new(program, $"tp/{category}/{name}", ProgramApi.AttachTracepoint(program.Pointer, category, name));
    }

    private static (string First, string Second) Split(BpfProgram program, string text, string form)
    {
        int colon = text.IndexOf(':');
        return colon > 0 && colon < text.Length - 1 ? (text[..colon], text[(colon + 1)..]) : throw new BpfException(
            $"the program {program.Name} cannot be attached", program.Name,
            new(BpfRefusalKind.MissingTarget, $"expected a target {form}, have {text}", $"Name it so: -Target @{{ {program.Name} = '{form}' }}."));
    }

    private static bool TryOffset(string text, out nuint offset)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return nuint.TryParse(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }

    private static string Name(BpfProgram program, string? target) => target ?? throw MissingTarget(program);

    private static int Index(BpfProgram program, string? target)
    {
        string name = Name(program, target);
        string file = $"/sys/class/net/{name}/ifindex";
        return !name.Contains('/', StringComparison.Ordinal) && File.Exists(file)
            ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)
            : throw new BpfException(
                $"the program {program.Name} cannot be attached", program.Name,
                new(BpfRefusalKind.NoSuchTarget, $"there is no interface {name}", "ip link lists the interfaces."));
    }

    /// <summary>The CPUs that are online: <c>0-3,5</c>.</summary>
    private static IEnumerable<int> Cpus()
    {
        foreach (string part in File.ReadAllText(OnlineCpus).Trim().Split(','))
        {
            string[] ends = part.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            foreach (int cpu in Enumerable.Range(first, int.Parse(ends[^1], CultureInfo.InvariantCulture) - first + 1))
            {
                yield return cpu;
            }
        }
    }

    private static BpfException MissingTarget(BpfProgram program)
    {
        (string what, string remedy) = program.TypeNumber switch
        {
            BpfProgramType.Xdp or BpfProgramType.SchedulerClassifier or BpfProgramType.SocketFilter => ("the interface", "-Interface eth0"),
            _ when program.Section.Hook.StartsWith("cgroup", StringComparison.Ordinal) || program.Section is { Hook: "iter", Target: "cgroup" } => ("the control group", "-Cgroup /sys/fs/cgroup/NAME"),
            _ => ("what to attach to", $"-Target @{{ {program.Name} = '{Example(program.Section.Hook)}' }}"),
        };
        return new(
            $"the program {program.Name} cannot be attached", program.Name,
            new(BpfRefusalKind.MissingTarget, $"its section \"{program.SectionName}\" does not say {what}", $"Name it: {remedy}."));
    }

    private static string Example(string hook) => hook switch
    {
        "uprobe" or "uretprobe" => "/usr/bin/program:function",
        "usdt" => "/usr/bin/program:provider:name",
        "tp" or "tracepoint" => "sched:sched_switch",
        "ksyscall" or "kretsyscall" => "openat",
        "kprobe.multi" or "kretprobe.multi" => "tcp_*",
        "iter" => "task",
        "raw_tp" or "raw_tracepoint" or "tp_btf" => "sched_switch",
        _ => "function",
    };

    private static BpfException Unsupported(BpfProgram program) => new(
        $"the program {program.Name} cannot be attached", program.Name,
        new(BpfRefusalKind.NotSupported, $"programs of type {program.Type} are not attached to an event: they replace functions or are called by a loader", $"Leave it out: -ExcludeProgram {program.Name}."));
}
