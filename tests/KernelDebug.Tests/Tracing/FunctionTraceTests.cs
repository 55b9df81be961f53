using KernelDebug.Bpf;
using KernelDebug.Btf;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using KernelDebug.Tracing.Expressions;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>Programs generated for typed tracepoints, which need neither tracefs nor trampolines, before the kernel's verifier.</summary>
[Collection(BpfKernel.Collection)]
public class FunctionTraceTests
{
    private const int PropertiesAtOnce = 40;
    private const string TracepointPrefix = "__traceiter_";

    private static int Wanted => int.Parse(Environment.GetEnvironmentVariable("KERNELDEBUG_EXPRESSIONS") ?? "4000", System.Globalization.CultureInfo.InvariantCulture);

    private static int Seed => int.Parse(Environment.GetEnvironmentVariable("KERNELDEBUG_SEED") ?? "7", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>How many expressions the verifier took, and how many were refused before it saw them.</summary>
    public sealed record Taken(int ByVerifier, int RefusedBefore);

    private static readonly string[] s_disassemblers = ["llvm-objdump", "llvm-objdump-19", "llvm-objdump-16", "llvm-objdump-14"];

    [Fact]
    public void RandomExpressions_OfTracepoints_AreTakenByTheVerifier()
    {
        (BtfFile types, BtfFunction[] tracepoints) = Tracepoints();
        Taken taken = Generate(types, random =>
        {
            BtfFunction tracepoint = tracepoints[random.Next(tracepoints.Length)];
            string name = tracepoint.Name![TracepointPrefix.Length..];
            return (name, [.. tracepoint.Prototype.Parameters.Skip(1)], options => FunctionTrace.PlanRawTracepoints([name], options));
        });
        TestContext.Current.TestOutputHelper!.WriteLine($"{taken}");
    }

    /// <summary>
    /// Where functions begin, what pointers lead to is loaded by its type, without a call. The verifier takes the same instructions in programs of
    /// tracepoints, which more kernels let this user load.
    /// </summary>
    [Fact]
    public void LoadsByType_OfRandomPaths_AreTakenByTheVerifier() => TestContext.Current.TestOutputHelper!.WriteLine(LoadsByType());

    /// <summary>What the test of that does, for a guest.</summary>
    public static string LoadsByType()
    {
        (BtfFile types, BtfFunction[] tracepoints) = Tracepoints();
        int loaded = 0, loads = 0;
        for (int round = 0; loaded < Wanted; round++)
        {
            var random = new Random((Seed * 1_000_003) + round);
            BtfFunction tracepoint = tracepoints[random.Next(tracepoints.Length)];
            string name = tracepoint.Name![TracepointPrefix.Length..];
            BtfParameter[] parameters = [.. tracepoint.Prototype.Parameters.Skip(1)];
            FunctionLayout LayOut(IEnumerable<string> paths) => new(
                name, parameters, BtfVoid.Instance, types, TraceHook.Entry, new FunctionTraceOptions { Properties = [.. paths.Select((text, i) => new TraceProperty($"p{i}", text))] }, new StackOrigin([], []));
            bool Means(string text)
            {
                try
                {
                    return LayOut([text]).Size > 0;
                }
                catch (TraceExpressionException)
                {
                    return false;
                }
            }

            var expressions = new RandomExpression(random, types, parameters);
            string[] paths = [.. Enumerable.Range(0, PropertiesAtOnce).Select(_ => expressions.Value()).Where(Means)];
            GeneratedProgram program = new FunctionProgramWriter(name, 0, TraceHook.Entry, new FunctionTraceOptions(), LayOut(paths)).Write().Single();
            BpfTraceRequest request = FunctionTrace.PlanRawTracepoints([name], new FunctionTraceOptions()).Request();
            using BpfObject maps = BpfObject.Read(request.Image!, name);
            maps.Load();
            using var loader = new FunctionProgramLoader(maps);
            try
            {
                loader.Verify(request.Functions[0] with { Programs = [program with { Section = $"tp_btf/{name}" }] });
            }
            catch (BpfException refused)
            {
                Assert.Fail($"{name}, round {round}: {string.Join("; ", paths)}\n{refused.Message}\n{refused.VerifierTail}");
            }

            loaded += paths.Length;
            loads += program.Code.Lines().Count(line => line.Text.Contains("(r8 ", StringComparison.Ordinal));
        }

        Assert.InRange(loads, loaded / 4, int.MaxValue);
        return $"{loaded} expressions, {loads} loads by type";
    }

    /// <summary>A packet's device lies in a union within a structure within a union; what is zero is read again by a call, once a value.</summary>
    [Theory]
    [InlineData("skb->dev->ifindex", 2, 1)]
    [InlineData("skb->len", 1, 1)]
    [InlineData("skb->dev_scratch", 0, 1)]
    [InlineData("skb->cb[3]", 0, 1)]
    public void MembersOfUnions_AreLoadedByTypeWhereTheVerifierHasThemSo(string path, int loads, int calls)
    {
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        BtfFile types = BtfCache.OpenModule(null);
        var options = new FunctionTraceOptions { Properties = [new("p", path)] };
        var layout = new FunctionLayout("netif_rx", types.Find<BtfFunction>("netif_rx")!.Prototype.Parameters, BtfVoid.Instance, types, TraceHook.Entry, options, new StackOrigin([], []));
        string[] texts = [.. new FunctionProgramWriter("netif_rx", 0, TraceHook.Entry, options, layout).Write().Single().Code.Lines().Select(line => $"{line.Text} {line.Comment}")];
        Assert.Equal((loads, calls), (texts.Count(text => text.Contains("(r8 ", StringComparison.Ordinal)), texts.Count(text => text.Contains("ReadKernel", StringComparison.Ordinal))));
    }

    private static (BtfFile Types, BtfFunction[] Tracepoints) Tracepoints()
    {
        BpfKernel.Require();
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        BtfFile types = BtfCache.OpenModule(null);
        return (types, [.. BtfSearch.Matching(types, name => name.StartsWith(TracepointPrefix, StringComparison.Ordinal), [BtfKind.Function]).Cast<BtfFunction>()
            .Where(function => types.Find<BtfTypedef>("btf_trace_" + function.Name![TracepointPrefix.Length..]) is not null)]);
    }

    [Fact]
    public void RandomExpressions_OfFunctions_AreTakenByTheVerifier() => TestContext.Current.TestOutputHelper!.WriteLine($"{OfFunctions()}");

    /// <summary>What the test of that does, for a guest whose PowerShell has the engine loaded already.</summary>
    public static Taken OfFunctions()
    {
        BpfKernel.Require();
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        TraceFunction[] functions = [.. FunctionCatalog.OfRunningKernel().Matching(null, module => module is null).Where(function => function is { CanFentry: not false, CanFexit: not false, Function: not null })];
        Assert.SkipUnless(functions.Length > 0 && Load(FunctionTrace.Plan(functions[..1], new FunctionTraceOptions())) is null, "needs a kernel that lets this user attach to functions");
        return Generate(BtfCache.OpenModule(null), random =>
        {
            TraceFunction function = functions[random.Next(functions.Length)];
            TraceHookKind? hook = random.Next(3) == 0 && function.CanKprobe == true ? TraceHookKind.Kprobe : null;
            return (function.Name, function.Function!.Prototype.Parameters, options => FunctionTrace.Plan([function], options with { Hook = hook, WithReturn = random.Next(3) == 0 }));
        });
    }

    /// <summary>Loads the programs of generated expressions, those of a function or tracepoint at a time; where the verifier refuses one, the expression is named.</summary>
    private static Taken Generate(BtfFile types, Func<Random, (string Name, IReadOnlyList<BtfParameter> Parameters, Func<FunctionTraceOptions, FunctionTrace> Plan)> choose)
    {
        int taken = 0, refused = 0, tooMuch = 0;
        for (int round = 0; taken + refused < Wanted; round++)
        {
            var random = new Random((Seed * 1_000_003) + round);
            (string name, IReadOnlyList<BtfParameter> parameters, Func<FunctionTraceOptions, FunctionTrace> plan) = choose(random);
            var expressions = new RandomExpression(random, types, parameters);
            string[] meant = [.. Enumerable.Range(0, PropertiesAtOnce).Select(_ => random.Next(3) == 0 ? expressions.Condition() : expressions.Value())
                .Where(text => Means(plan, new FunctionTraceOptions { Properties = [new("x", text)] }, ref refused))];
            string? where = Enumerable.Range(0, 4).Select(_ => expressions.Condition()).FirstOrDefault(text => Means(plan, new FunctionTraceOptions { Where = text }, ref refused));
            var options = new FunctionTraceOptions { Properties = [.. meant.Select((text, i) => new TraceProperty($"p{i}", text))], Where = where };
            string? problem = Load(plan(options));
            if (problem is not null)
            {
                string guilty = meant.FirstOrDefault(text => Load(plan(new FunctionTraceOptions { Properties = [new("x", text)] })) is not null) ?? $"where {where}";
                Assert.Fail($"{name}, round {round}: {guilty}\n{problem}");
            }

            // The same counted: as many as a key has room for, and one of the numbers in buckets.
            var counted = new FunctionTraceOptions { Properties = options.Properties, Where = where, TextSize = 16, Aggregation = new() { ByStack = random.Next(2) == 0 } };
            while (counted.Properties.Count > 0 && !Means(plan, counted, ref tooMuch))
            {
                counted = counted with { Properties = [.. counted.Properties.Skip(counted.Properties.Count / 2 + 1)] };
            }

            string? number = meant.FirstOrDefault(text => Means(plan, counted with { Aggregation = counted.Aggregation with { Histogram = text } }, ref tooMuch));
            counted = counted with { Aggregation = counted.Aggregation with { Histogram = number, BucketWidth = number is not null && random.Next(2) == 0 ? random.Next(1, 1000) : null } };
            Assert.Equal((name, round, null), (name, round, Load(plan(counted))));
            taken += meant.Length + (where is null ? 0 : 1);
        }

        Assert.InRange(taken, Wanted / 4, int.MaxValue);
        return new(taken, refused);
    }

    [Fact]
    public void AStartThatIsStopped_LeavesNothing()
    {
        BpfKernel.Require();
        using var stop = new CancellationTokenSource();
        int done = 0;
        string[] tracepoints = ["sched_switch", "sched_wakeup", "sched_process_fork", "sched_process_exec", "sched_process_exit", "sys_enter", "sys_exit", "task_newtask", "task_rename", "irq_handler_entry", "softirq_entry", "timer_start"];
        BpfTraceRequest request = FunctionTrace.PlanRawTracepoints(tracepoints, new FunctionTraceOptions()).Request() with
        {
            Stop = stop.Token,
            FunctionDone = () =>
            {
                if (Interlocked.Increment(ref done) == 3)
                {
                    stop.Cancel();
                }
            },
        };
        Assert.Equal(tracepoints.Length, request.FunctionCount);
        Assert.ThrowsAny<OperationCanceledException>(() => BpfTrace.Start(request));

        // Those that had begun are finished.
        Assert.InRange(done, 3, 3 + Environment.ProcessorCount + 4);
        Assert.DoesNotContain(tracepoints, BpfKernel.IsLoaded);
    }

    [Fact]
    public void OfSeveralAtOnce_TheRefusedIsFound()
    {
        BpfKernel.Require();
        const int Wanted = 12;
        TraceFunction[] functions = [.. FunctionCatalog.OfRunningKernel().Matching(name => name.StartsWith("tcp_", StringComparison.Ordinal), module => module is null)
            .Where(function => function is { CanKprobe: true, CanFtrace: true, Address: not null }).Take(Wanted)];
        Assert.SkipUnless(functions.Length == Wanted && BtfCache.OpenModule(null).Find("struct bpf_kprobe_multi_link") is not null, "needs a kernel with probes of many functions at once");
        BpfTraceRequest request = FunctionTrace.Plan(functions, new FunctionTraceOptions { Hook = TraceHookKind.Kprobe, Aggregation = new() }).Request();
        Assert.All(request.Functions, function => Assert.True(function.Kprobe is { IsOfMany: true }));

        // Inside of an instruction no function begins.
        int[] wrong = [2, 3, 11];
        FunctionProgram[] meant = [.. request.Functions.Select((function, i) => wrong.Contains(i) ? function with { Kprobe = function.Kprobe! with { Address = function.Kprobe.Address + 1 } } : function)];
        using (BpfTrace trace = BpfTrace.Start(request with { Functions = meant }))
        {
            Assert.Equal(wrong.Select(i => meant[i].Name), trace.Refused.Select(refused => refused.Function.Name));
            Assert.Contains(trace.Attachments, attachment => attachment.Target.StartsWith("kprobe.multi/", StringComparison.Ordinal));
        }

        // All of them, and nothing is attached.
        FunctionProgram[] none = [.. wrong.Select(i => meant[i])];
        Assert.Throws<BpfException>(() => BpfTrace.Start(request with { Functions = none }));
    }

    [Fact]
    public void ManyFunctionsByTrampolinesAtOnce_SeeWhatOneByOneSees()
    {
        BpfKernel.Require();
        Assert.SkipUnless(BtfCache.OpenModule(null).Find("struct bpf_tracing_multi_link") is not null, "needs a kernel with trampolines of many functions at once");
        TraceFunction[] functions = [.. FunctionCatalog.OfRunningKernel().Matching(name => name.StartsWith("vfs_", StringComparison.Ordinal) || name.StartsWith("security_", StringComparison.Ordinal), module => module is null)
            .Where(function => function is { CanFentry: true, CanFexit: true })];
        string[] both = ["vfs_mkdir", "vfs_rmdir", "vfs_unlink", "vfs_open", "security_inode_mkdir"];
        foreach (bool ofWholeCalls in (bool[])[false, true])
        {
            var options = new FunctionTraceOptions { WithReturn = ofWholeCalls, ProcessId = Environment.ProcessId };
            BpfTraceRequest many = FunctionTrace.Plan(functions, options).Request();
            Assert.True(many.Functions.Count(function => function.Target is { IsOfMany: true }) >= HookChoice.Many);

            // No structure's id is of a function.
            uint structure = BtfCache.OpenModule(null).Find("struct task_struct")!.Id;
            FunctionProgram[] meant = [.. many.Functions.Select(function => function.Name == "vfs_fsync" ? function with { Target = function.Target! with { TypeId = structure } } : function)];
            using var together = BpfTrace.Start(many with { Functions = meant });
            using var each = BpfTrace.Start(FunctionTrace.Plan(functions.Where(function => both.Contains(function.Name)), options with { Hook = TraceHookKind.Fentry }).Request());
            Assert.Equal(["vfs_fsync"], together.Refused.Select(refused => refused.Function.Name));
            Assert.InRange(together.Attachments.Count, 1, functions.Length * (ofWholeCalls ? 2 : 1) / 2);
            DirectoryInfo made = Directory.CreateTempSubdirectory();
            File.WriteAllText(Path.Combine(made.FullName, "file"), "text");
            Assert.Throws<DirectoryNotFoundException>(() => Directory.Delete(Path.Combine(made.FullName, "none")));
            made.Delete(recursive: true);
            string[] expected = EventsOf(each), seen = EventsOf(together);
            Assert.All(both, name => Assert.Contains(expected, line => line.StartsWith(name, StringComparison.Ordinal)));
            Assert.Equal(expected, seen.Where(line => both.Contains(line.Split(' ')[0])));
            Assert.True(seen.Length > expected.Length);

            // A task that is preempted within a program keeps others on that processor from it, which the kernel counts.
            Assert.Equal(together.Drops.ByKernel, together.Drops.Total);
        }

        static string[] EventsOf(BpfTrace trace)
        {
            trace.Stop();
            var events = new List<TraceEventObject>();
            while (trace.Read(TimeSpan.Zero) is TraceEventObject one)
            {
                events.Add(one);
            }

            // Of this thread, from where the directory is made until it is deleted: what loads and lets go opens files as well.
            string[] lines = [.. events.OrderBy(one => one.GetHeader().ThreadId).ThenBy(one => one.GetHeader().Time).Select(one => $"{one.GetEventName()} {one.GetHeader().ThreadId} " + string.Join(' ', one.GetMembers().Select(member => $"{member.Key}={member.Value}")))];
            return lines[Array.FindIndex(lines, line => line.StartsWith("vfs_mkdir ", StringComparison.Ordinal))..(Array.FindLastIndex(lines, line => line.StartsWith("vfs_rmdir ", StringComparison.Ordinal)) + 1)];
        }
    }

    [Fact]
    public void ControlGroup_IsTheInodeOfItsDirectory()
    {
        BpfKernel.Require();
        string? mounted = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        string? own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        Assert.SkipUnless(mounted is not null && own is not null && Directory.Exists(mounted + own), "needs a mount of cgroup2");
        string inode = NativeTool.Text("stat", "-c", "%i", mounted + own)!.Trim();
        var options = new FunctionTraceOptions { ProcessId = Environment.ProcessId, Properties = [new("cgroup", "cgroup"), new("twice", "cgroup * 2")], Where = $"cgroup -eq {inode}" };
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sys_enter"], options).Request());
        var seen = Assert.IsType<TraceEventObject>(trace.Read(TimeSpan.FromSeconds(10)), exactMatch: false);
        Assert.Equal(inode, $"{seen.GetMember("cgroup")}");
        Assert.Equal($"{2 * long.Parse(inode, System.Globalization.CultureInfo.InvariantCulture)}", $"{seen.GetMember("twice")}");
    }

    [Fact]
    public void Numbers_AreWhatTheyAreInMathematics()
    {
        BpfKernel.Require();

        // Of each: what C# or PowerShell give for it.
        (string Text, object Expected)[] asked =
        [
            ("(u8)300", (byte)44), ("(s16)0xffff", (short)-1), ("(int)0x80000000", int.MinValue), ("(bool)3", true), ("(u64)-1", ulong.MaxValue),
            ("-5 -shr 1", -3L), ("(u64)0x8000000000000000 -shr 63", 1UL), ("1 -shl 65", 2L), ("-bnot 0", -1L), ("7 -band 12 -bor 1", 5L), ("6 -bxor 3", 5L), ("2 + 3 * 4 - 1", 13L),
            ("0xffffffffffffffff -gt -1", true), ("-1 -lt 0xffffffffffffffff", true), ("-1 -eq 0xffffffffffffffff", false), ("-1 -ne 0xffffffffffffffff", true), ("(u64)5 -ge -3", true), ("(u32)-1 -eq 0xffffffff", true),
            ("(s32)-1 -lt (u32)1", true), ("3 -gt 2 -and 2 -gt 3", false), ("3 -gt 2 -or 2 -gt 3", true), ("3 -gt 2 -xor 4 -gt 3", false), ("-not (1 -eq 2)", true), ("!1", false), ("5 -in 1, 5, 9", true), ("5 -notin (1, 5, 9)", false),
            ("id -eq 121", true), ("(int)id + 1", 122L), ("pid -eq tid", false),
        ];
        TraceEventObject seen = Call(new FunctionTraceOptions { Properties = [.. asked.Select((item, i) => new TraceProperty($"p{i}", item.Text))], Where = "id -eq 121", ProcessId = Environment.ProcessId }, "numbers");
        Assert.All(asked.Select((item, i) => (item.Text, item.Expected, Value: seen.GetMember($"p{i}"))), item => Assert.Equal((item.Text, item.Expected), (item.Text, item.Value)));
    }

    [Fact]
    public void Patterns_MatchAsPowerShellsDo()
    {
        BpfKernel.Require();
        string[] texts = ["eth0", "Kworker/1:2", "a", "aXbXc", "swapper/1", "abababab", "fifteen letters"];
        string[] patterns = ["*", "eth*", "ETH?", "*0", "*worker*", "k*:2", "?", "a*b*c", "*ab", "*abab", "ab*ab", "*b", "eth0", "ETH0", "fifteen letters", "fifteen letter?", "*letters", "**", "a**c", "?*", "*?", "*er/?", "", "x"];
        foreach (string text in texts)
        {
            TraceEventObject seen = Call(
                new FunctionTraceOptions
                {
                    Properties = [.. patterns.SelectMany((pattern, i) => new[] { new TraceProperty($"like{i}", $"task -like '{pattern}'"), new TraceProperty($"same{i}", $"task -ceq '{pattern}'") })],
                    Where = "id -eq 121", ProcessId = Environment.ProcessId,
                },
                text);
            for (int i = 0; i < patterns.Length; i++)
            {
                string regular = "^" + System.Text.RegularExpressions.Regex.Escape(patterns[i]).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$";
                bool isLike = System.Text.RegularExpressions.Regex.IsMatch(text, regular, System.Text.RegularExpressions.RegexOptions.IgnoreCase);
                Assert.Equal((text, patterns[i], isLike, text == patterns[i]), (text, patterns[i], seen.GetMember($"like{i}"), seen.GetMember($"same{i}")));
            }
        }
    }

    [Fact]
    public void Paths_GoThroughTheKernelsOwnStructures()
    {
        // The task that is running, seen through its parent's list of children and back.
        BpfKernel.Require();
        BtfFile types = BtfCache.OpenModule(null);
        Assert.SkipUnless(types.Find("struct task_struct") is BtfStruct { FlattenedMembers.Count: > 0 }, "needs a kernel with BTF");
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sched_switch"], new FunctionTraceOptions
        {
            Properties =
            [
                new("pid", "prev->pid"), new("tgid", "prev->tgid"), new("comm", "prev->comm"), new("leader", "prev->group_leader->pid"), new("parent", "prev->real_parent->tgid"), new("cast", "((struct task_struct *)prev->group_leader)->comm"),
                new("nothing", "((struct task_struct *)0)->pid"), new("nowhere", "((struct task_struct *)16)->comm"), new("number", "prev->pid + 1"),
            ],
            Where = $"prev->tgid -eq {KernelProcessId()}",
        }).Request());
        TraceEventObject? seen = null;
        for (int i = 0; i < 200 && seen is null; i++)
        {
            Thread.Sleep(5);
            seen = trace.Read(TimeSpan.FromMilliseconds(50)) as TraceEventObject;
        }

        Assert.NotNull(seen);
        Assert.Equal(KernelProcessId(), seen.GetMember("tgid"));
        Assert.Equal(KernelProcessId(), seen.GetMember("leader"));
        Assert.Equal((long)(int)seen.GetMember("pid")! + 1, seen.GetMember("number"));
        Assert.Equal(seen.GetHeader().ThreadId, seen.GetMember("pid"));
        Assert.Equal(seen.GetHeader().Task, seen.GetMember("comm"));
        Assert.Equal(File.ReadAllText("/proc/self/comm").Trim(), seen.GetMember("cast"));
        Assert.Equal((null, null), (seen.GetMember("nothing"), seen.GetMember("nowhere")));
    }

    /// <summary>This process as the kernel numbers it, whatever namespace it is in: asked of an event of its own.</summary>
    private static int KernelProcessId() => Call(new FunctionTraceOptions { Where = "id -eq 121", ProcessId = Environment.ProcessId }, "which").GetHeader().ProcessId;

    /// <summary>The event of a system call, getpgid(2) on x86-64, made by a thread of a name.</summary>
    private static TraceEventObject Call(FunctionTraceOptions options, string thread)
    {
        Assert.SkipUnless(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "knows the numbers of system calls of x86-64");
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sys_enter"], options).Request());
        var caller = new Thread(() =>
        {
            File.WriteAllText("/proc/thread-self/comm", thread);
            BpfKernel.Call(1);
        });
        caller.Start();
        caller.Join();
        return Assert.IsType<TraceEventObject>(trace.Read(TimeSpan.FromSeconds(10)), exactMatch: false);
    }

    [Fact]
    public void Instructions_ReadAsLlvmsDisassemblerHasThem()
    {
        string? objdump = s_disassemblers.FirstOrDefault(tool => NativeTool.Text(tool, "--version") is not null);
        Assert.SkipWhen(objdump is null, "needs llvm-objdump");
        Assert.SkipUnless(File.Exists(BtfObjects.KernelFile), "needs a kernel with BTF");
        FunctionTrace plan = FunctionTrace.PlanRawTracepoints(["sched_switch"], new FunctionTraceOptions
        {
            Properties = [new("a", "prev->comm"), new("b", "(prev->pid -shl 3) - prev->prio * 2 -bxor 5"), new("c", "prev->sched_reset_on_fork"), new("d", "prev->mm->pgd -gt 0xffff000000000000")],
            Where = "task -like 's*p*' -or prev->pid -in 1, -2, 3000000000", SampleEvery = 3, WithStack = true,
        });
        string path = Path.Combine(Directory.CreateTempSubdirectory("kerneldebug-").FullName, "generated.bpf.o");
        File.WriteAllBytes(path, plan.ToObject());
        string[] theirs = [.. NativeTool.Text(objdump!, "-d", "--no-show-raw-insn", "--section=tp_btf/sched_switch", path)!.Split('\n')
            .Select(line => System.Text.RegularExpressions.Regex.Match(line, @"^\s+(\d+):\s+(.*?)(\s*<.*>)?\s*$")).Where(match => match.Success).Select(match => $"{match.Groups[1]} {Plain(match.Groups[2].Value)}")];
        string[] ours = [.. plan.Instructions().Select(line => $"{line.Place} {Plain(line.Text)}")];
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        Assert.NotEmpty(theirs);
        Assert.Equal(theirs.Length, ours.Length);

        // The oldest versions know neither the remainder nor the addition that gives back what was there.
        Assert.All(theirs.Zip(ours), pair => Assert.Equal(pair.First.EndsWith(' ') ? pair.Second : pair.First, pair.Second));
        Assert.InRange(theirs.Count(line => line.EndsWith(' ')), 0, 2);
        Assert.Contains(plan.Instructions(), line => line.Comment == "prev->comm: char[16]");

        // Versions differ in whether numbers are hexadecimal, and addresses are not known before the object is loaded.
        static string Plain(string text) => System.Text.RegularExpressions.Regex.Replace(
            System.Text.RegularExpressions.Regex.Replace(text, "0x([0-9a-f]+)", number => ulong.Parse(number.Groups[1].Value, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture).ToString(System.Globalization.CultureInfo.InvariantCulture)),
            "= (events|dropped|seen|begun) ll", "= 0 ll");
    }

    private static bool Means(Func<FunctionTraceOptions, FunctionTrace> plan, FunctionTraceOptions options, ref int refused)
    {
        try
        {
            if (plan(options).Traced.Count == 1)
            {
                return true;
            }
        }
        catch (TraceExpressionException wrong)
        {
            Assert.InRange(wrong.Place.Start, 0, wrong.Text.Length);
            Assert.NotEmpty(wrong.Remedy);
        }

        refused++;
        return false;
    }

    private static string? Load(FunctionTrace plan)
    {
        try
        {
            plan.Verify();
            return null;
        }
        catch (BpfException refused)
        {
            return $"{refused.Message}\n{refused.VerifierTail}";
        }
    }
}
