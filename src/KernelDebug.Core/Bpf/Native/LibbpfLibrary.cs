using System.Reflection;
using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>The system's libbpf: where it is, and which it is. 1.0 and later, whose errors are negative numbers.</summary>
internal static unsafe partial class LibbpfLibrary
{
    /// <summary>The name that imports use, resolved here.</summary>
    public const string Name = "libbpf";

    /// <summary>Names the library to use in place of the system's.</summary>
    public const string PathVariable = "KERNELDEBUG_LIBBPF";

    private static readonly Lock s_gate = new();
    private static bool s_isRegistered;

    static LibbpfLibrary() => Register();

    /// <summary>The files that are tried: where the user names one, that and no other.</summary>
    public static IReadOnlyList<string> Files => Named is { } named ? [named] : ["libbpf.so.1", "libbpf.so"];

    private static string? Named => Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named ? named : null;

    /// <summary>Makes imports find the library. Each class of imports calls it first.</summary>
    public static void Register()
    {
        lock (s_gate)
        {
            if (!s_isRegistered)
            {
                s_isRegistered = true;
                NativeLibrary.SetDllImportResolver(typeof(LibbpfLibrary).Assembly, Resolve);
            }
        }
    }

    /// <summary>Loads the library, so that later calls cannot miss it, and takes its messages.</summary>
    /// <exception cref="DllNotFoundException">libbpf is not installed; the message says which package has it.</exception>
    /// <exception cref="NotSupportedException">It is older than 1.0.</exception>
    public static void Require()
    {
        try
        {
            _ = libbpf_major_version();
        }
        catch (DllNotFoundException missing)
        {
            throw new DllNotFoundException(
                Named is { } named ? $"BPF needs libbpf, and {named}, which {PathVariable} names, cannot be loaded" : "BPF needs the system's libbpf, which is not installed (Debian: apt-get install libbpf1)",
                missing);
        }
        catch (EntryPointNotFoundException old)
        {
            throw new NotSupportedException("the system's libbpf is older than 1.0, the first that tells its version", old);
        }

        LibbpfLog.Install();
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name)
        {
            return 0;
        }

        foreach (string file in Files)
        {
            if (NativeLibrary.TryLoad(file, out nint library))
            {
                return library;
            }
        }

        return 0;
    }

    [LibraryImport(Name)]
    private static partial uint libbpf_major_version();
}
