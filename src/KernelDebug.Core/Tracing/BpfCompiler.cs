using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;

namespace KernelDebug.Tracing;

/// <summary>Compiles a BPF program in C with clang, beside a <c>vmlinux.h</c> of the running kernel.</summary>
public static class BpfCompiler
{
    /// <summary>Names the compiler, where it is not to be looked for.</summary>
    public const string CompilerVariable = "KERNELDEBUG_CLANG";

    /// <summary>Compiles.</summary>
    /// <param name="source">The program's file.</param>
    /// <param name="folder">A folder for the header and the object.</param>
    /// <param name="stop">Ends the compiler.</param>
    /// <returns>The object's path.</returns>
    /// <exception cref="FileNotFoundException">There is no clang; the message says how to get it.</exception>
    /// <exception cref="BpfCompilationException">The program has errors.</exception>
    /// <exception cref="IOException">The kernel's types or the folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static string Compile(string source, string folder, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(folder);
        string header = Path.Combine(folder, "vmlinux.h");
        CHeaderWriter.Save(header, BtfCache.OpenModule(null), new CHeaderOptions(), null, stop);
        string name = Path.GetFileNameWithoutExtension(source);
        string output = Path.Combine(folder, (name.EndsWith(".bpf", StringComparison.Ordinal) ? name : name + ".bpf") + ".o");
        string[] arguments =
        [
            "-g", "-O2", "-Wall", "-target", "bpf", $"-D__TARGET_ARCH_{Target}", "-I", folder, "-I", Path.GetDirectoryName(Path.GetFullPath(source))!,
            "-idirafter", $"/usr/include/{Multiarch}", "-fno-color-diagnostics", "-c", source, "-o", output,
        ];
        (int code, string said) = Run(arguments, stop);
        return code == 0 ? output : throw new BpfCompilationException(source, said);
    }

    /// <summary>The compiler that would be used: the one that is named, <c>clang</c>, or the newest <c>clang-N</c>, as Debian has them; null where there is none.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable(CompilerVariable) is { Length: > 0 } named)
        {
            return named;
        }

        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Join(folder, "clang")).FirstOrDefault(File.Exists) ?? folders.SelectMany(Versioned).MaxBy(VersionOf);
    }

    /// <summary>What bpf_tracing.h calls the machine.</summary>
    internal static string Target => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "x86",
        Architecture.Arm64 => "arm64",
        Architecture.S390x => "s390",
        Architecture.Ppc64le => "powerpc",
        Architecture.RiscV64 => "riscv",
        Architecture.LoongArch64 => "loongarch",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Where Debian has asm/types.h.</summary>
    private static string Multiarch => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "x86_64-linux-gnu",
        Architecture.Arm64 => "aarch64-linux-gnu",
        Architecture.Ppc64le => "powerpc64le-linux-gnu",
        var other => $"{other.ToString().ToLowerInvariant()}-linux-gnu",
    };

    private static IEnumerable<string> Versioned(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "clang-*").Where(path => VersionOf(path) > 0)] : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int VersionOf(string path) => int.TryParse(Path.GetFileName(path.AsSpan())["clang-".Length..], out int version) ? version : 0;

    private static (int Code, string Said) Run(string[] arguments, CancellationToken stop)
    {
        string compiler = Find() ?? throw new FileNotFoundException("Compiling needs clang, which is not installed (Debian: apt-get install clang libbpf-dev).");
        var start = new ProcessStartInfo(compiler, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            using CancellationTokenRegistration ended = stop.Register(() => process.Kill());
            Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            stop.ThrowIfCancellationRequested();
            return (process.ExitCode, said + output.Result);
        }
        catch (Win32Exception cause)
        {
            throw new FileNotFoundException($"{compiler} cannot be run: {cause.Message}", cause);
        }
    }
}

/// <summary>What the compiler does not accept.</summary>
public sealed class BpfCompilationException : Exception
{
    internal BpfCompilationException(string source, string said)
        : base(said.Split('\n').FirstOrDefault(line => line.Contains("error:", StringComparison.Ordinal)) ?? $"{source} does not compile")
    {
        SourcePath = source;
        CompilerOutput = said;
    }

    /// <summary>The program's file.</summary>
    public string SourcePath { get; }

    /// <summary>All the compiler printed.</summary>
    public string CompilerOutput { get; }
}
