namespace KernelDebug.IO;

/// <summary>Another process has a file that one only may have open (EBUSY).</summary>
public sealed class FileBusyException : IOException
{
    /// <summary>Names the file.</summary>
    public FileBusyException(string message)
        : base(message)
    {
    }
}
