using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KernelDebug.Bpf.Native;

/// <summary>open(2) of a directory, which .NET has no way for: a cgroup is attached to by its file descriptor.</summary>
internal static partial class DirectoryApi
{
    /// <summary>Opens a directory for its descriptor.</summary>
    public static SafeFileHandle Open(string path)
    {
        const int ReadOnlyCloseOnExec = 0x80000;
        int descriptor = open(path, ReadOnlyCloseOnExec);
        return descriptor < 0 ? throw new LibbpfException("open", Marshal.GetLastPInvokeError(), []) : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
