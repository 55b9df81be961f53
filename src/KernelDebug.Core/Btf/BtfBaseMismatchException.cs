namespace KernelDebug.Btf;

/// <summary>BTF that continues another file's types was opened without that file, or with one that it was not made for.</summary>
public sealed class BtfBaseMismatchException : Exception
{
    /// <summary>Says which files, and how it was seen.</summary>
    /// <param name="file">The file that has a base.</param>
    /// <param name="baseFile">The base that was given; null where none was.</param>
    /// <param name="evidence">What does not fit: <c>type 132877 ("foo_ops") has a member of type 8122, which is a function</c>.</param>
    public BtfBaseMismatchException(string file, string? baseFile, string evidence)
        : base(baseFile is null
            ? $"{file}: the types continue those of another file, usually the vmlinux of the same build, and none was given: {evidence}"
            : $"{file}: was not made for the types of {baseFile}: {evidence}")
    {
        File = file;
        BaseFile = baseFile;
        Evidence = evidence;
    }

    /// <summary>The file that has a base.</summary>
    public string File { get; }

    /// <summary>The base that was given; null where none was.</summary>
    public string? BaseFile { get; }

    /// <summary>How it was seen.</summary>
    public string Evidence { get; }
}
