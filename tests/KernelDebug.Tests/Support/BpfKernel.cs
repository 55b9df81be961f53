using System.Runtime.InteropServices;
using Xunit;

namespace KernelDebug.Tests.Support;

/// <summary>Whether this machine's kernel lets this user load BPF programs: bpftool is asked, not the code under test.</summary>
internal static class BpfKernel
{
    /// <summary>Tests that load programs, and tests that list what is loaded, one after another.</summary>
    public const string Collection = "BPF";

    private static readonly GetProcessGroup s_call = Marshal.GetDelegateForFunctionPointer<GetProcessGroup>(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "getpgid"));
    private static readonly Lazy<bool> s_mayLoad = new(() =>
        NativeTool.Text("bpftool", "feature", "probe", "kernel") is { } features
        && features.Contains("eBPF program_type raw_tracepoint is available", StringComparison.Ordinal)
        && features.Contains("eBPF map_type ringbuf is available", StringComparison.Ordinal)
        && NativeLibrary.TryLoad("libbpf.so.1", out _));

    /// <summary>Skips the test where it does not.</summary>
    public static void Require() => Assert.SkipUnless(s_mayLoad.Value, "needs bpftool, libbpf, and a kernel and user that may load BPF programs");

    /// <summary>Calls getpgid(2), which the fixtures watch.</summary>
    public static void Call(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ = s_call(0);
        }
    }

    /// <summary>Calls it with these arguments.</summary>
    public static void CallWith(params ReadOnlySpan<int> processes)
    {
        foreach (int process in processes)
        {
            _ = s_call(process);
        }
    }

    /// <summary>The ids of the programs of a name, as bpftool has them.</summary>
    public static bool IsLoaded(string name)
    {
        // The kernel lets go of a program a moment after its last descriptor is closed.
        for (int i = 0; i < 100; i++)
        {
            if (NativeTool.Text("bpftool", "prog", "list")?.Contains($"name {name} ", StringComparison.Ordinal) != true)
            {
                return false;
            }

            Thread.Sleep(50);
        }

        return true;
    }

    private delegate int GetProcessGroup(int process);
}
