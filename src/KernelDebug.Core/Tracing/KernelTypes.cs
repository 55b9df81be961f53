using System.Collections.Concurrent;
using KernelDebug.Btf;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>The types of a running kernel and its modules, opened when asked for.</summary>
internal sealed class KernelTypes(string root)
{
    private readonly ConcurrentDictionary<string, Opened> _opened = new(StringComparer.Ordinal);

    /// <summary>The types of a module, or of the kernel.</summary>
    /// <param name="module">The module; null for the kernel.</param>
    /// <param name="reason">Why there are none.</param>
    public BtfFile? Of(string? module, out string? reason)
    {
        (BtfFile? file, reason) = _opened.GetOrAdd(module ?? "vmlinux", Open);
        return file;
    }

    /// <summary>The functions of a name: the module's own, or the kernel's.</summary>
    /// <exception cref="BinaryFormatException">A type refers to what is not there.</exception>
    public static IReadOnlyList<BtfFunction> Find(BtfFile types, string name) =>
        [.. types.FindIds(name).Where(id => id >= types.FirstId && types.KindOf(id) == BtfKind.Function).Select(id => (BtfFunction)types[id])];

    private Opened Open(string name)
    {
        try
        {
            bool isKernel = name == "vmlinux";
            if (root.Trim('/').Length == 0)
            {
                return new(BtfCache.OpenModule(name), null);
            }

            string path = root + BtfObjects.KernelDirectory + "/" + name;
            return new(isKernel ? BtfFile.Open(path) : BtfFile.Open(path, Of(null, out _)), null);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or BinaryFormatException or BtfBaseMismatchException)
        {
            return new(null, unusable is FileNotFoundException or DirectoryNotFoundException ? $"there is no {BtfObjects.KernelDirectory}/{name}" : unusable.Message.TrimEnd('.'));
        }
    }

    private sealed record Opened(BtfFile? File, string? Reason);
}
