namespace KernelDebug.IO;

/// <summary>The first call into a system library that may be missing.</summary>
internal static class NativeCall
{
    /// <exception cref="DllNotFoundException">The library is not installed; the message says which package has it.</exception>
    public static T Load<T>(string what, string debianPackage, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (DllNotFoundException missing)
        {
            throw new DllNotFoundException($"{what} data needs the system's library, which is not installed (Debian: apt-get install {debianPackage})", missing);
        }
    }
}
