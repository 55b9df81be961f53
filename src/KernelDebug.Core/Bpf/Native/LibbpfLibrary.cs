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

    /// <summary>The loaded library's version, such as 1.1.</summary>
    /// <exception cref="DllNotFoundException">libbpf is not installed; the message says which package has it.</exception>
    /// <exception cref="NotSupportedException">It is older than 1.0.</exception>
    public static Version Version
    {
        get
        {
            Require();
            return new Version((int)libbpf_major_version(), (int)libbpf_minor_version());
        }
    }

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
    /// <inheritdoc cref="Version" path="/exception"/>
    public static void Require()
    {
        try
        {
            _ = libbpf_major_version();
        }
        catch (DllNotFoundException missing)
        {
            throw new DllNotFoundException("BPF needs the system's libbpf, which is not installed (Debian: apt-get install libbpf1)", missing);
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

        // The one the user names is meant, and no other.
        if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named)
        {
            return NativeLibrary.Load(named);
        }

        return NativeLibrary.TryLoad("libbpf.so.1", out nint library) || NativeLibrary.TryLoad("libbpf.so", out library) ? library : 0;
    }

    [LibraryImport(Name)]
    private static partial uint libbpf_major_version();

    [LibraryImport(Name)]
    private static partial uint libbpf_minor_version();
}
