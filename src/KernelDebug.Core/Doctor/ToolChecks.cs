using KernelDebug.Bpf.Native;
using KernelDebug.Debuginfod;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;
using KernelDebug.Tracing;

namespace KernelDebug.Doctor;

/// <summary>What is installed beside the kernel.</summary>
internal static class ToolChecks
{
    public static IEnumerable<HostCheck> Run()
    {
        yield return Library("libbpf", LibbpfLibrary.Files, "libbpf1", "ConvertTo-Btf; BPF programs");
        yield return Clang();
        yield return DebugFiles();
        yield return Library("zstd", ["libzstd.so.1"], "libzstd1", "modules and logs compressed by zstd");
        yield return Library("xz", ["liblzma.so.5"], "liblzma5", "modules and logs compressed by xz");
    }

    private static HostCheck Library(string name, IReadOnlyList<string> files, string package, string use) => files.Select(SystemLibrary.Find).FirstOrDefault(file => file is not null) is { } found
        ? new(name, HostCheckStatus.Ok, found, use, null)
        : new(name, HostCheckStatus.Missing, $"{files[0]} cannot be loaded", use, $"Install it (Debian: apt-get install {package}).");

    private static HostCheck Clang()
    {
        const string Use = "compiling BPF programs written in C";
        string? found = BpfCompiler.Find();
        return found is null
            ? new("clang", HostCheckStatus.Missing, "no clang in PATH", Use, "Install it (Debian: apt-get install clang).")
            : new("clang", HostCheckStatus.Ok, found, Use, null);
    }

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
