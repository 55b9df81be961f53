using System.Runtime.InteropServices;

namespace KernelDebug.Bpf.Native;

/// <summary>How many files this process may have open (getrlimit(2)): each program and each link is one.</summary>
internal static partial class FileLimitApi
{
    /// <summary>RLIMIT_NOFILE of all architectures but Alpha, MIPS and SPARC.</summary>
    private const int OpenFiles = 7;

    /// <summary>Asks for room for more; where that is not granted, what needs it fails, and says so.</summary>
    /// <param name="more">How many.</param>
    public static void MakeRoom(int more)
    {
        if (getrlimit(OpenFiles, out Limit limit) != 0)
        {
            return;
        }

        nuint wanted = (nuint)(Directory.GetFileSystemEntries("/proc/self/fd").Length + more);
        if (limit.Soft < wanted)
        {
            // Beyond the hard limit by who has CAP_SYS_RESOURCE alone.
            limit.Soft = wanted;
            limit.Hard = limit.Hard < wanted ? wanted : limit.Hard;
            _ = setrlimit(OpenFiles, in limit);
        }
    }

    /// <summary><c>struct rlimit</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);
}
