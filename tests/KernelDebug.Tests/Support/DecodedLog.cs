using KernelDebug.Decoding;
using KernelDebug.Formatting;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Tests.Support;

/// <summary>A log through <see cref="LogDecoder"/>, and what was reported on the way.</summary>
internal sealed record DecodedLog(IReadOnlyList<DecodedLine> Lines, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>A root without any file, so that what is installed on the machine plays no part.</summary>
    public static string Nowhere { get; } = FixtureFiles.Path("no-such-root");

    public static string SampleModule { get; } = Path.Combine(FixtureFiles.Root, "samples", "gtpsim", "gtpsim.ko.xz");

    /// <summary>The vmlinux of Debian's 6.1.0-56-amd64 where this machine has it; null elsewhere.</summary>
    public static string? Vmlinux { get; } = new[]
    {
        Environment.GetEnvironmentVariable("KERNELDEBUG_VMLINUX") ?? "",
        "/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64",
    }.FirstOrDefault(File.Exists);

    public const string NeedsVmlinux = "needs linux-image-6.1.0-56-amd64-dbg installed, or KERNELDEBUG_VMLINUX naming its vmlinux";

    public IEnumerable<SymbolLocation> Locations => Lines.SelectMany(line => line.Locations);

    /// <summary>The warnings and errors.</summary>
    public IEnumerable<Diagnostic> Complaints => Diagnostics.Where(d => d.Severity != DiagnosticSeverity.Verbose);

    /// <summary>What was told of the search for files.</summary>
    public IEnumerable<string> Told => Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Verbose).Select(d => d.Message);

    public static SymbolizerOptions WithModule(params string[] modules) => new() { Root = Nowhere, ModulePaths = modules };

    public static DecodedLog Of(SymbolizerOptions symbols, params string[] lines) => Of(new DecodeOptions { Symbols = symbols }, lines);

    public static DecodedLog Of(SymbolizerOptions symbols, LineLayout layout, params string[] lines) =>
        Of(new DecodeOptions { Symbols = symbols, Layout = layout }, lines);

    public static DecodedLog Of(DecodeOptions options, params string[] lines)
    {
        var diagnostics = new List<Diagnostic>();
        using var decoder = new LogDecoder(options, diagnostics.Add);
        var decoded = new List<DecodedLine>();
        foreach (string line in lines)
        {
            decoded.AddRange(decoder.Add(line));
        }

        decoded.AddRange(decoder.Complete());
        return new DecodedLog(decoded, diagnostics);
    }

    /// <summary>The one place of a line, in a tiny kernel.</summary>
    public static SymbolLocation Place(TinyKernel kernel, string line, SymbolizerOptions? options = null)
    {
        using var tree = new TempTree();
        options = (options ?? new()) with { Vmlinux = tree.Put("vmlinux", kernel.Build()), Root = Nowhere };
        return Xunit.Assert.Single(Of(options, line).Locations);
    }
}
