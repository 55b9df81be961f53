using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tests.Support;
using KernelDebug.Tracing;
using Xunit;

namespace KernelDebug.Tests.Tracing;

/// <summary>Stacks of user space, of a program that says itself where its calls return to, and the source says in which lines they are.</summary>
[Collection(BpfKernel.Collection)]
public class UserStackTests : IDisposable
{
    private const string Frames = "-O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls";

    private const string Source = """
        #include <stdio.h>
        #include <unistd.h>
        static void *returns[3];
        #define NOTE(i) returns[i] = __builtin_return_address(0)
        __attribute__((noinline)) int inner(int x)
        {
            long r;
            NOTE(0);
            __asm__ volatile("syscall" : "=a"(r) : "a"(121), "D"(x) : "rcx", "r11", "memory");
            return r + 1;
        }
        static inline __attribute__((always_inline)) int between(int x) { return inner(x) * 3; } // in between
        __attribute__((noinline)) int middle(int x)
        {
            NOTE(1);
            return between(x) + 2; // in middle
        }
        __attribute__((noinline)) int outer(int x)
        {
            NOTE(2);
            return middle(x) + 3; // in outer
        }
        int main(int argc, char **argv)
        {
            char line[8];
            outer(0); // in main
            printf("%p %p %p\n", returns[0], returns[1], returns[2]);
            fflush(stdout);
            return !fgets(line, sizeof(line), stdin);
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("user-stacks-");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("-g", true, true)]
    [InlineData("-g -no-pie -static", true, true)]
    [InlineData("", true, false)]
    [InlineData("-s", false, false)]
    [InlineData("-g -Wl,--build-id=md5", true, true)]
    public void AProgramsFrames_AreWhereItSaysItsCallsReturnTo(string options, bool hasNames, bool hasLines)
    {
        (TraceStack stack, ulong[] returns, _) = Run(Compile("chain", $"{Frames} {options}"), lookAtOnce: true);
        Assert.Equal(returns, stack.Addresses.Skip(1).Take(3));
        Assert.Equal(hasNames ? ["inner", "middle", "outer", "main"] : [null, null, null, null], stack.Take(4).Select(frame => frame.Symbol));
        Assert.All(stack.Take(4), frame => Assert.Equal("chain", frame.Module));
        if (hasLines)
        {
            Assert.Equal([LineOf("in between"), LineOf("in outer"), LineOf("in main")], stack.Skip(1).Take(3).Select(frame => frame.Line));
            Assert.Equal([("between", true, LineOf("in between")), ("middle", false, LineOf("in middle"))], stack[1].Frames.Select(frame => (frame.Function, frame.IsInlined, frame.Line)));
            Assert.All(stack.Take(4), frame => Assert.Null(frame.Reason));
        }
        else
        {
            Assert.All(stack.Take(4), frame => Assert.Equal(hasNames ? UnresolvedKind.NoDebugInfo : UnresolvedKind.NoSuchSymbol, frame.Reason!.Kind));
        }

        // With sizes: the place in a function is before its end.
        Assert.All(stack.Where(frame => frame is { Symbol: not null, Size: not null }), frame => Assert.InRange(frame.Offset!.Value, 1UL, frame.Size!.Value));
    }

    [Fact]
    public void ASignalsHandler_HidesTheFunctionItInterrupted()
    {
        const string Interrupted = """
            #define _GNU_SOURCE
            #include <signal.h>
            #include <stdio.h>
            #include <ucontext.h>
            static void *returns[3];
            __attribute__((noinline)) void handler(int signal) { long r; returns[0] = __builtin_return_address(0); __asm__ volatile("syscall" : "=a"(r) : "a"(121), "D"(0) : "rcx", "r11", "memory"); }
            __attribute__((noinline)) void interrupted(void)
            {
                returns[1] = __builtin_return_address(0);
                __asm__ volatile("ud2");
            }
            __attribute__((noinline)) void caller(void) { interrupted(); __asm__ volatile(""); }
            static void stepped(int signal, siginfo_t *info, void *context)
            {
                ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2; /* behind ud2 */
                handler(signal);
            }
            int main(void)
            {
                char line[8];
                struct sigaction action = {.sa_sigaction = stepped, .sa_flags = SA_SIGINFO};
                sigaction(SIGILL, &action, 0);
                caller();
                printf("0x%lx 0x%lx 0x%lx\n", 0L, (long)returns[1], 0L);
                fflush(stdout);
                return !fgets(line, sizeof(line), stdin);
            }
            """;
        (TraceStack stack, ulong[] returns, _) = Run(Compile("signalled", $"{Frames} -g", Interrupted), lookAtOnce: true);
        Assert.Equal(["handler", "stepped", null, "caller", "main"], stack.Take(5).Select(frame => frame.Symbol));
        Assert.Equal(returns[1], stack.Addresses[3]);
        Assert.StartsWith("libc", stack[2].Module, StringComparison.Ordinal);
        Assert.Equal(UnresolvedKind.NotAReturnAddress, stack[2].Reason!.Kind);
        Assert.Contains("signal's handler returns there", stack[2].Reason!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALibraryThatIsLoadedLater_IsFound()
    {
        const string Library = """
            void *kept; __attribute__((noinline)) long late(void) { long r; kept = __builtin_return_address(0); __asm__ volatile("syscall" : "=a"(r) : "a"(121), "D"(0) : "rcx", "r11", "memory"); return r + 1; }
            """;
        const string Loader = """
            #include <dlfcn.h>
            #include <stdio.h>
            #include <unistd.h>
            void *kept;
            __attribute__((noinline)) long early(void) { long r; kept = __builtin_return_address(0); __asm__ volatile("syscall" : "=a"(r) : "a"(121), "D"(0) : "rcx", "r11", "memory"); return r + 1; }
            __attribute__((noinline)) long load(const char *path) { long (*late)(void) = dlsym(dlopen(path, RTLD_NOW), "late"); return late() + 1; }
            int main(int argc, char **argv)
            {
                char line[8], path[4096] = {0};
                early();
                snprintf(path + readlink("/proc/self/exe", path, sizeof(path) - 8), 8, ".so");
                load(path);
                puts("0x0 0x0 0x0");
                fflush(stdout);
                return !fgets(line, sizeof(line), stdin);
            }
            """;
        Compile("loader.so", $"{Frames} -g -shared -fPIC", Library);
        (TraceStack[] stacks, _, Action end) = RunFor(2, Compile("loader", $"{Frames} -g -ldl", Loader));
        end();
        Assert.Equal(["early", "main"], stacks[0].Take(2).Select(frame => frame.Symbol));
        TraceStack stack = stacks[1];
        Assert.Equal(["late", "load", "main"], stack.Take(3).Select(frame => frame.Symbol));
        Assert.Equal(["loader.so", "loader", "loader"], stack.Take(3).Select(frame => frame.Module));
        Assert.Equal(1, stack[0].Line);
    }

    [Fact]
    public void Frames_AreKnownWhenTheProcessIsGone()
    {
        string program = Compile("gone", $"{Frames} -g");
        (TraceStack stack, ulong[] returns, Action end) = Run(program, lookAtOnce: false);
        end();
        Assert.Equal(returns, stack.Addresses.Skip(1).Take(3));
        Assert.True(stack[0].Symbol == "inner", stack.ToString());
        Assert.Equal(["inner", "middle", "outer", "main"], stack.Take(4).Select(frame => frame.Symbol));
    }

    [Fact]
    public void Frames_AreKnownWhenTheProcessWasGoneBeforeAnyoneRead()
    {
        string program = Compile("short", $"{Frames} -g");
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sys_enter"], new FunctionTraceOptions { WithUserStack = true, Properties = [new("id", "id")], Where = "id -eq 121 -and task -eq 'short'" }).Request());
        Process run = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _ = run.StandardOutput.ReadLine();
        Assert.True(SpinWait.SpinUntil(() => trace.ReceivedCount > 0, TimeSpan.FromSeconds(10)));
        run.StandardInput.WriteLine();
        run.WaitForExit();
        run.Dispose();
        TraceStack stack = Assert.IsType<TraceStack>(Assert.IsType<TraceEventObject>(trace.Read(TimeSpan.Zero), exactMatch: false).GetMember("UserStack"));
        Assert.Equal(["inner", "middle", "outer", "main"], stack.Take(4).Select(frame => frame.Symbol));
    }

    [Fact]
    public void AFileThatWasDeleted_IsReadAsLongAsTheProcessHasIt()
    {
        string program = Compile("deleted", $"{Frames} -g");
        (TraceStack stack, _, Action end) = Run(program, lookAtOnce: false, () => File.Delete(program));
        Assert.Equal(["inner", "middle", "outer", "main"], stack.Take(4).Select(frame => frame.Symbol));
        end();
    }

    [Fact]
    public void AnotherFileInItsPlace_IsNotTakenForIt()
    {
        string program = Compile("replaced", $"{Frames} -g"), other = Compile("other", $"{Frames} -g -DOTHER -O0");
        (TraceStack stack, ulong[] returns, Action end) = Run(program, lookAtOnce: false);
        end();
        File.Delete(program);
        File.Move(other, program);
        Assert.Equal(returns, stack.Addresses.Skip(1).Take(3));
        Assert.All(stack.Take(4), frame => Assert.Equal((null, null, UnresolvedKind.UserSpace), (frame.Symbol, frame.Line, frame.Reason!.Kind)));
        Assert.Contains("is not there any more", stack[0].Reason!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatOthersMayCut_IsNotMapped()
    {
        string program = Path.Combine(_folder.FullName, "cut");
        File.Copy("/bin/true", program);
        foreach ((UnixFileMode more, bool isMapped) in ((UnixFileMode, bool)[])[(UnixFileMode.None, true), (UnixFileMode.GroupWrite, false), (UnixFileMode.OtherWrite, false)])
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
            }

            using ByteSource source = ByteSource.OpenFileOfOthers(program);
            Assert.Equal(isMapped, File.ReadAllText("/proc/self/maps").Contains(program, StringComparison.Ordinal));
            Assert.Equal(File.ReadAllBytes(program), source.GetSpan(0, (int)source.Length));
        }

        // Read whole, it may be cut: the bytes stay.
        using ByteSource kept = ByteSource.OpenFileOfOthers(program);
        byte[] before = kept.GetSpan(0, (int)kept.Length).ToArray();
        using (FileStream cut = File.OpenWrite(program))
        {
            cut.SetLength(0);
        }

        Assert.Equal(before, kept.GetSpan(0, (int)kept.Length));
        using (FileStream huge = File.OpenWrite(program))
        {
            huge.SetLength((256L << 20) + 1);
        }

        Assert.Contains("256 MiB at most", Assert.Throws<BinaryFormatException>(() => ByteSource.OpenFileOfOthers(program)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoProgram_HasNoBuildId()
    {
        string text = Path.Combine(_folder.FullName, "text"), pipe = Path.Combine(_folder.FullName, "pipe"), cut = Path.Combine(_folder.FullName, "cut");
        File.WriteAllText(text, "no program");
        Process.Start("mkfifo", [pipe])!.WaitForExit();
        File.WriteAllBytes(cut, File.ReadAllBytes("/proc/self/exe")[..100]);
        Assert.Null(ProgramImage.BuildIdOf(text));
        Assert.Null(ProgramImage.BuildIdOf(cut));
        Assert.Null(ProgramImage.BuildIdOf(_folder.FullName));
        Assert.Null(ProgramImage.Open([text, cut], "text", "00"));

        // Opening a pipe would wait for its writer.
        Assert.Equal((true, false, false, false), (FileIdentity.IsRegular(text), FileIdentity.IsRegular(pipe), FileIdentity.IsRegular(_folder.FullName), FileIdentity.IsRegular(text + "?")));
    }

    [Fact]
    public void AThreadOfTheKernels_HasNoStackThere()
    {
        BpfKernel.Require();
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sched_switch"], new FunctionTraceOptions { WithUserStack = true, Properties = [new("flags", "prev->flags")], Where = "prev->flags -band 0x200000" }).Request());
        for (int i = 0; i < 100; i++)
        {
            // PF_KTHREAD, include/linux/sched.h: the task that stops to run is the one that is traced.
            if (trace.Read(TimeSpan.FromMilliseconds(100)) is TraceEventObject seen)
            {
                Assert.Null(seen.GetMember("UserStack"));
                return;
            }
        }

        Assert.Fail("no thread of the kernel's ran");
    }

    private static int LineOf(string comment) => Array.FindIndex(Source.Split('\n'), line => line.TrimEnd().EndsWith("// " + comment, StringComparison.Ordinal)) + 1;

    private string Compile(string name, string options, string text = Source)
    {
        BpfKernel.Require();
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "makes a system call as x86-64 does");
        Assert.SkipUnless(NativeTool.Text("gcc", "--version") is not null, "needs gcc");
        string source = Path.Combine(_folder.FullName, $"{name}.c"), program = Path.Combine(_folder.FullName, name);
        File.WriteAllText(source, text);
        using Process compiler = Process.Start("gcc", [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-Wl,--build-id", .. options.Contains("--build-id", StringComparison.Ordinal) ? ["-Wl,--build-id=md5"] : Array.Empty<string>(), "-o", program, source])!;
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return program;
    }

    /// <summary>Runs a program until it has called, and has what it was seen to call from.</summary>
    /// <returns>The stack, where the program says that its calls return to, and what ends it.</returns>
    private static (TraceStack Stack, ulong[] Returns, Action End) Run(string program, bool lookAtOnce, Action? between = null)
    {
        (TraceStack[] stacks, ulong[] returns, Action end) = RunFor(1, program);
        between?.Invoke();
        if (lookAtOnce)
        {
            Assert.NotEmpty(stacks[0].ToString());
            end();
        }

        return (stacks[0], returns, end);
    }

    /// <summary>The same of a program that calls several times.</summary>
    private static (TraceStack[] Stacks, ulong[] Returns, Action End) RunFor(int calls, string program)
    {
        string name = Path.GetFileName(program);
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sys_enter"], new FunctionTraceOptions { WithUserStack = true, Properties = [new("id", "id")], Where = $"id -eq 121 -and task -eq '{name}'" }).Request());
        Process run = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        ulong[] returns = [.. run.StandardOutput.ReadLine()!.Split(' ').Select(address => ulong.Parse(address.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        TraceStack[] stacks = [.. Enumerable.Range(0, calls).Select(_ => Assert.IsType<TraceStack>(Assert.IsType<TraceEventObject>(trace.Read(TimeSpan.FromSeconds(10)), exactMatch: false).GetMember("UserStack")))];
        return (stacks, returns, () =>
        {
            run.StandardInput.WriteLine();
            run.WaitForExit();
            run.Dispose();
        });
    }
}
