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

    private string Compile(string name, string options)
    {
        BpfKernel.Require();
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "makes a system call as x86-64 does");
        Assert.SkipUnless(NativeTool.Text("gcc", "--version") is not null, "needs gcc");
        string source = Path.Combine(_folder.FullName, "chain.c"), program = Path.Combine(_folder.FullName, name);
        File.WriteAllText(source, Source);
        using Process compiler = Process.Start("gcc", [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-Wl,--build-id", .. options.Contains("--build-id", StringComparison.Ordinal) ? ["-Wl,--build-id=md5"] : Array.Empty<string>(), "-o", program, source])!;
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return program;
    }

    /// <summary>Runs a program until it has called, and has what it was seen to call from.</summary>
    /// <returns>The stack, where the program says that its calls return to, and what ends it.</returns>
    private static (TraceStack Stack, ulong[] Returns, Action End) Run(string program, bool lookAtOnce, Action? between = null)
    {
        string name = Path.GetFileName(program);
        using var trace = BpfTrace.Start(FunctionTrace.PlanRawTracepoints(["sys_enter"], new FunctionTraceOptions { WithUserStack = true, Properties = [new("id", "id")], Where = $"id -eq 121 -and task -eq '{name}'" }).Request());
        Process run = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        ulong[] returns = [.. run.StandardOutput.ReadLine()!.Split(' ').Select(address => ulong.Parse(address.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        TraceEventObject seen = Assert.IsType<TraceEventObject>(trace.Read(TimeSpan.FromSeconds(10)), exactMatch: false);
        TraceStack stack = Assert.IsType<TraceStack>(seen.GetMember("UserStack"));
        between?.Invoke();
        if (lookAtOnce)
        {
            End();
        }

        return (stack, returns, End);

        void End()
        {
            if (lookAtOnce)
            {
                Assert.NotEmpty(stack.ToString());
            }

            run.StandardInput.WriteLine();
            run.WaitForExit();
            run.Dispose();
        }
    }
}
