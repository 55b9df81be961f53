using System.Globalization;
using KernelDebug.IO;

namespace KernelDebug.Host;

/// <summary>The small files in which a kernel tells of itself, below a root.</summary>
internal sealed class HostFiles(string root)
{
    /// <summary>Far above /proc/self/status, and enough for the mounts of a machine full of containers.</summary>
    private const int MaxBytes = 1 << 24;

    private readonly string _root = root.TrimEnd('/');

    /// <summary>Where a path of the machine is for this process.</summary>
    public string PathOf(string path) => _root + path;

    /// <summary>True for a directory that is there, whether or not it may be listed.</summary>
    public bool HasDirectory(string path) => Directory.Exists(PathOf(path));

    /// <summary>What is in a directory.</summary>
    public Fact<IReadOnlyList<string>> Names(string path)
    {
        try
        {
            return Fact.Of<IReadOnlyList<string>>([.. Directory.EnumerateFileSystemEntries(PathOf(path)).Select(entry => Path.GetFileName(entry))]);
        }
        catch (DirectoryNotFoundException)
        {
            return Fact.Unknown<IReadOnlyList<string>>($"there is no {path}");
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return Fact.Unknown<IReadOnlyList<string>>($"{path} cannot be listed: {refused.Message}");
        }
    }

    /// <summary>A file's text without the line feed at its end.</summary>
    public Fact<string> Text(string path)
    {
        try
        {
            return Fact.Of(LineText.Decode(KernelFile.Read(PathOf(path), firstGuess: 1 << 12, MaxBytes)).TrimEnd('\n'));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Fact.Unknown<string>($"there is no {path}");
        }
        catch (UnauthorizedAccessException)
        {
            return Fact.Unknown<string>($"{path} may not be read by this user");
        }
        catch (Exception failed) when (failed is IOException or BinaryFormatException)
        {
            return Fact.Unknown<string>($"{path} cannot be read: {failed.Message}");
        }
    }

    /// <summary>A file with one decimal number.</summary>
    public Fact<int> Number(string path) => Text(path).Then(text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        ? Fact.Of(number)
        : Fact.Unknown<int>($"{path} has no number"));

    /// <summary>A file with 0 for no.</summary>
    public Fact<bool> Switch(string path) => Number(path).Then(number => Fact.Of(number != 0));
}
