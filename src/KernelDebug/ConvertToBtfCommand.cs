using System.Diagnostics;
using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;

namespace KernelDebug.Commands;

/// <summary>ConvertTo-Btf: BTF of a module's or vmlinux's DWARF, in its .BTF section or a file of its own.</summary>
[Cmdlet(VerbsData.ConvertTo, "Btf", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BtfConversion))]
public sealed class ConvertToBtfCommand : PSCmdlet, IDisposable
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly LogInput _input;
    private TimeSpan _nextProgress = TimeSpan.FromMilliseconds(500);
    private BtfFile? _base;

    /// <summary>Makes the command.</summary>
    public ConvertToBtfCommand() => _input = new LogInput(this);

    /// <summary>Modules or vmlinux with DWARF; wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Modules or vmlinux with DWARF, taken as written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The vmlinux, or its BTF, whose types a module's continue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Base { get; set; }

    /// <summary>The file for the types; left out, they are put into the .BTF section.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Replace types that are there, and drop the signature of a signed module.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Base is null)
        {
            return;
        }

        try
        {
            _base = BtfFile.Open(SessionState.Path.GetUnresolvedProviderPathFromPSPath(Base));
        }
        catch (Exception cause) when (cause is BtfBaseMismatchException || CommandErrors.IsFileProblem(cause) || LogInput.IsPathProblem(cause))
        {
            ThrowTerminatingError(CommandErrors.Create(
                cause, "BaseUnusable", cause is FileNotFoundException ? ErrorCategory.ObjectNotFound : ErrorCategory.InvalidData, Base,
                $"The base {Base} cannot be used: {cause.Message}", "Name the vmlinux of the module's kernel, or its BTF: /sys/kernel/btf/vmlinux of the running one."));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        bool isLiteral = ParameterSetName == LiteralPathSet;
        foreach (string path in _input.Resolve(isLiteral ? LiteralPath : Path, isLiteral))
        {
            try
            {
                Convert(path);
            }
            catch (OperationCanceledException)
            {
                throw new PipelineStoppedException();
            }
            catch (Exception cause) when (CommandErrors.IsFileProblem(cause))
            {
                WriteError(Failed(cause, path));
            }
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing()
    {
        _input.Stop();
        _stop.Cancel();
    }

    /// <summary>Closes the base.</summary>
    public void Dispose()
    {
        _base?.Dispose();
        _stop.Dispose();
    }

    private void Convert(string path)
    {
        string target = OutputPath is null ? path : SessionState.Path.GetUnresolvedProviderPathFromPSPath(OutputPath);
        using ElfFile elf = ElfFile.Open(path);
        bool isTaken = OutputPath is null ? elf.FindSection(".BTF") is not null : File.Exists(target);
        if (isTaken && !Force)
        {
            WriteError(CommandErrors.Create(
                new IOException($"{target} has types."), "OutputExists", ErrorCategory.ResourceExists, path,
                OutputPath is null ? $"{path} has a .BTF section already." : $"{OutputPath} exists already.", "Use -Force to replace it, or name another file with -OutputPath."));
            return;
        }

        bool isSigned = OutputPath is null && BtfOutput.IsSigned(path);
        if (isSigned && !Force)
        {
            WriteError(CommandErrors.Create(
                new InvalidOperationException($"{path} is signed."), "ModuleSigned", ErrorCategory.SecurityError, path,
                $"{path} bears a signature, which it would no longer match.", "Use -Force to drop the signature, and sign the module anew; or write to another file with -OutputPath."));
            return;
        }

        if (!ShouldProcess(target, "Convert DWARF to BTF"))
        {
            return;
        }

        bool isModule = elf.Type == ElfType.Relocatable;
        EncodedBtf types = BtfEncoder.Encode(elf, isModule ? _base : null, part => ShowProgress(path, part), _stop.Token);
        if (isModule && _base is null)
        {
            WriteWarning($"{path}: the types stand alone. A kernel takes a module's types on those of its vmlinux only: name it with -Base.");
        }

        if (isSigned)
        {
            WriteWarning($"{path}: the signature was dropped. Where the kernel demands one, sign the module anew.");
        }

        if (OutputPath is null)
        {
            BtfOutput.WriteSection(path, types);
        }
        else
        {
            BtfOutput.WriteDetached(target, types);
        }

        WriteObject(new BtfConversion(path, target, isModule ? _base?.Path : null, types.Bytes.Length, types.TypeCount, types.FunctionCount, types.VariableCount));
    }

    private static System.Management.Automation.ErrorRecord Failed(Exception cause, string path) => cause switch
    {
        DllNotFoundException => CommandErrors.Create(
            cause, "LibraryMissing", ErrorCategory.NotInstalled, path, $"{path} was not converted: {cause.Message}", "Install libbpf (Debian: apt-get install libbpf1)."),
        UnauthorizedAccessException => CommandErrors.Create(
            cause, "AccessDenied", ErrorCategory.PermissionDenied, path, $"{path} was not converted: {cause.Message}", "Run PowerShell as a user who may read and write it."),
        NotSupportedException => CommandErrors.Create(
            cause, "NotConvertible", ErrorCategory.NotImplemented, path, $"{path} was not converted: {cause.Message}", "Write the types to a file of their own with -OutputPath."),
        IO.BinaryFormatException or InvalidDataException => CommandErrors.Create(
            cause, "NoDwarf", ErrorCategory.InvalidData, path, $"{path} was not converted: {cause.Message}", "Name a file with debug information (CONFIG_DEBUG_INFO), not a stripped one."),
        _ => CommandErrors.Create(cause, "ConversionFailed", ErrorCategory.WriteError, path, $"{path} was not converted: {cause.Message}", null),
    };

    private void ShowProgress(string path, double part)
    {
        if (_elapsed.Elapsed < _nextProgress)
        {
            return;
        }

        _nextProgress = _elapsed.Elapsed + Pace;
        WriteProgress(new ProgressRecord(4, "Converting DWARF to BTF", path) { PercentComplete = (int)(100 * part) });
    }
}
