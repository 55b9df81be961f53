using System.Runtime.InteropServices;
using System.Text;

namespace KernelDebug.IO;

/// <summary>The system's C++ demangler: <c>__cxa_demangle</c> of libstdc++.so.6 (Itanium C++ ABI, section 3.4).</summary>
internal static unsafe partial class CxxAbi
{
    /// <summary>
    /// Bytes of a name that is passed on. The library allots some 100 bytes of stack for each; from GCC 9 on it refuses longer ones itself,
    /// before that it overran the stack.
    /// </summary>
    private const int MaxNameBytes = 1024;

    private static volatile bool s_missing;

    [LibraryImport("libstdc++.so.6")]
    private static partial byte* __cxa_demangle(byte* mangledName, byte* outputBuffer, nuint* length, int* status);

    /// <summary>Demangles a C++ name, with its parameters and clone suffixes.</summary>
    /// <returns>Null when it is not a C++ name, is too long, or libstdc++ is not installed.</returns>
    public static string? TryDemangle(string mangled)
    {
        // The prefix matters: the library would take "i" for a type and answer "int". A NUL would hide the rest from it.
        if (s_missing || !mangled.StartsWith("_Z", StringComparison.Ordinal) || mangled.Contains('\0', StringComparison.Ordinal)
            || Encoding.UTF8.GetByteCount(mangled) >= MaxNameBytes)
        {
            return null;
        }

        byte[] name = new byte[MaxNameBytes];
        Encoding.UTF8.GetBytes(mangled, name);
        try
        {
            int status;
            byte* text;
            // SAFETY: name is pinned and ends in NUL (it is zeroed and longer than the text); with a null buffer the library allocates the
            // result itself and writes no length.
            fixed (byte* start = name)
            {
                text = __cxa_demangle(start, null, null, &status);
            }

            if (text == null)
            {
                return null;
            }

            string? demangled = status == 0 ? Marshal.PtrToStringUTF8((nint)text) : null;
            // SAFETY: the result is malloc'ed and ours, and NativeMemory.Free is the C library's free.
            NativeMemory.Free(text);
            return demangled;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            s_missing = true;
            return null;
        }
    }
}
