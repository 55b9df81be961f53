namespace KernelDebug.IO;

/// <summary>Files the kernel makes up when they are read: they say no length, and are read to their end.</summary>
internal static class KernelFile
{
    /// <summary>All of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="firstGuess">Bytes it usually has.</param>
    /// <param name="most">Bytes it may have.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="BinaryFormatException">It is over the cap.</exception>
    public static byte[] Read(string path, int firstGuess, int most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var text = new byte[file.CanSeek && file.Length > 0 && file.Length <= most ? file.Length + 1 : firstGuess];
        int length = 0;
        for (int read; (read = file.Read(text, length, text.Length - length)) > 0;)
        {
            length += read;
            if (length > most)
            {
                throw new BinaryFormatException(path, "file", length, $"expected at most {most} bytes");
            }

            if (length == text.Length)
            {
                Array.Resize(ref text, text.Length * 2);
            }
        }

        Array.Resize(ref text, length);
        return text;
    }
}
