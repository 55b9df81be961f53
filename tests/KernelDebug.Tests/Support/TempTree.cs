namespace KernelDebug.Tests.Support;

/// <summary>A directory of a test's own, with the files it puts there, gone at its end.</summary>
internal sealed class TempTree : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("kerneldebug-").FullName;

    /// <summary>Writes a file below the root; its full path.</summary>
    public string Put(string path, byte[] bytes)
    {
        string full = Path.Join(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
        return full;
    }

    /// <summary>Copies a file below the root; its full path.</summary>
    public string Copy(string path, string from) => Put(path, File.ReadAllBytes(from));

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
