using KernelDebug.Debuginfod;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Doctor;

/// <summary>What is installed beside the kernel.</summary>
internal static class ToolChecks
{
    public static IEnumerable<HostCheck> Run()
    {
        yield return Library("libbpf", "libbpf.so.1", "libbpf1", "ConvertTo-Btf; BPF programs");
        yield return Clang();
        yield return DebugFiles();
        yield return Library("zstd", "libzstd.so.1", "libzstd1", "modules and logs compressed by zstd");
        yield return Library("xz", "liblzma.so.5", "liblzma5", "modules and logs compressed by xz");
    }

    private static HostCheck Library(string name, string file, string package, string use) => SystemLibrary.Find(file) is { } found
        ? new(name, HostCheckStatus.Ok, found, use, null)
        : new(name, HostCheckStatus.Missing, $"{file} cannot be loaded", use, $"Install it (Debian: apt-get install {package}).");

    private static HostCheck Clang()
    {
        const string Use = "compiling BPF programs written in C";
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        string? found = directories.Select(directory => Path.Join(directory, "clang")).FirstOrDefault(File.Exists)
            ?? directories.SelectMany(Versioned).MaxBy(Version);
        return found is null
            ? new("clang", HostCheckStatus.Missing, "no clang in PATH", Use, "Install it (Debian: apt-get install clang).")
            : new("clang", HostCheckStatus.Ok, found, Use, null);
    }

    private static IEnumerable<string> Versioned(string directory)
    {
        try
        {
            return Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "clang-*").Where(path => Version(path) > 0)] : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int Version(string path) => int.TryParse(Path.GetFileName(path.AsSpan())["clang-".Length..], out int version) ? version : 0;

    private static HostCheck DebugFiles()
    {
        const string Name = "Debug files";
        const string Use = "ConvertTo-DecodedStack of this kernel's reports: file, line and inlined functions";
        try
        {
            // A check asks no server.
            var options = new SymbolizerOptions { Debuginfod = DebuginfodOptions.FromEnvironment() with { Servers = [], UnusableServers = [] } };
            using var search = new DebugFileSearch(options, static _ => { });
            List<DebugFile> files = [.. search.Find(DebugFileRequest.OfThisMachine(), new HashSet<DebugFileKind> { DebugFileKind.Vmlinux }, null)];
            DebugFile? usable = files.Find(file => file.IsUsable);
            string? package = files.Find(file => file.Command is not null)?.Command;
            return usable is not null
                ? new(Name, HostCheckStatus.Ok, usable.Path ?? "found", Use, null)
                : new(Name, HostCheckStatus.Missing, $"no vmlinux of this kernel in {files.Count(file => file.Path is not null)} places", Use,
                    package is not null ? $"{package}. Get-KernelDebugFile lists the places, and servers." : "Get-KernelDebugFile lists the places, and servers.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException)
        {
            return new(Name, HostCheckStatus.Unknown, unreadable.Message.TrimEnd('.'), Use, "Get-KernelDebugFile lists the places.");
        }
    }
}
