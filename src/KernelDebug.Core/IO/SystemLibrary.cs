using System.Runtime.InteropServices;

namespace KernelDebug.IO;

/// <summary>Whether a library of the system can be had, without calling into it.</summary>
public static class SystemLibrary
{
    /// <summary>Loads a library, as a first call into it would.</summary>
    /// <param name="name">The name: <c>libbpf.so.1</c>.</param>
    /// <returns>Its file, whose name mostly ends in the version (<c>libbpf.so.1.1.2</c>); the name where its file is not known; null where it cannot be loaded.</returns>
    public static string? Find(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint library))
        {
            return null;
        }

        try
        {
            return File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..])
                .FirstOrDefault(path => Path.GetFileName(path).StartsWith(name, StringComparison.Ordinal)) ?? name;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return name;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }
}
