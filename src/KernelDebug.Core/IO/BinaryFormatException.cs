namespace KernelDebug.IO;

/// <summary>Input that is not what its format says: the one exception the readers throw for bytes they cannot use.</summary>
public sealed class BinaryFormatException : Exception
{
    /// <summary>Names the file, the part of it, the offset and what was expected there.</summary>
    /// <param name="file">The file as the user named it.</param>
    /// <param name="section">The section or header (<c>.debug_info</c>, <c>ELF header</c>).</param>
    /// <param name="offset">Byte offset in that section.</param>
    /// <param name="problem">What was expected and what was there: <c>expected at least 8 bytes, have 3</c>.</param>
    public BinaryFormatException(string file, string section, long offset, string problem)
        : base($"{file}: {section} at offset 0x{offset:x}: {problem}")
    {
        File = file;
        Section = section;
        Offset = offset;
        Problem = problem;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The section or header.</summary>
    public string Section { get; }

    /// <summary>Byte offset in that section.</summary>
    public long Offset { get; }

    /// <summary>What was expected and what was there.</summary>
    public string Problem { get; }
}
