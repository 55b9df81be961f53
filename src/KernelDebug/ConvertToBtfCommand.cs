using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.Formatting;

namespace KernelDebug.Commands;

/// <summary>ConvertTo-Btf: BTF of a module's or vmlinux's DWARF, in its .BTF section or a file of its own.</summary>
[Cmdlet(VerbsData.ConvertTo, "Btf", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BtfConversion))]
public sealed class ConvertToBtfCommand : PSCmdlet, IDisposable
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";
    private readonly CancellationTokenSource _stop = new();
    private readonly LogInput _input;
    private readonly ModuleBases _bases;
    private BtfFile? _base;
    private string? _written;

    /// <summary>Makes the command.</summary>
    public ConvertToBtfCommand()
    {
        _input = new LogInput(this);
        _bases = new ModuleBases(message => WriteVerbose(ControlText.MakeVisible(message)));
    }

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

    /// <summary>Closes the bases.</summary>
    public void Dispose()
    {
        _base?.Dispose();
        _bases.Dispose();
        _stop.Dispose();
    }

    private void Convert(string path)
    {
        string target = OutputPath is null ? path : SessionState.Path.GetUnresolvedProviderPathFromPSPath(OutputPath);
        if (OutputPath is not null && _written is not null)
        {
            WriteError(CommandErrors.Create(
                new PSArgumentException($"{OutputPath} is the output of one file."), "OutputShared", ErrorCategory.InvalidArgument, path,
                $"{path} was not converted: {OutputPath} has the types of {_written} already.", "Convert one file for each -OutputPath: Get-ChildItem *.ko | ForEach-Object { ConvertTo-Btf $_ -OutputPath \"$($_.BaseName).btf\" }."));
            return;
        }

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

        BtfFile? basis = elf.Type == ElfType.Relocatable ? BaseOf(elf) : null;
        EncodedBtf types = Encode(elf, basis);
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

        _written = path;
        WriteObject(new BtfConversion(path, target, basis?.Path, types.Bytes.Length, types.TypeCount, types.FunctionCount, types.VariableCount));
    }

    /// <summary>What a module's types continue; null, with a warning, where that is not known.</summary>
    private BtfFile? BaseOf(ElfFile module)
    {
        if (_base is not null)
        {
            return _base;
        }

        string? release = ModuleBases.ReleaseOf(module);
        if (release is not null && _bases.Find(release) is { } found)
        {
            return found;
        }

        string why = release is null ? "it does not say for which kernel it was built" : ControlText.MakeVisible($"no types of its kernel {release} are here");
        WriteWarning($"{module.Path}: the types stand alone, for {why}. A kernel takes a module's types on those of its vmlinux only: name it with -Base.");
        return null;
    }

    private EncodedBtf Encode(ElfFile elf, BtfFile? basis)
    {
        var progress = new PercentProgress(this, $"Converting the DWARF of {elf.Path}");
        try
        {
            return BtfEncoder.Encode(elf, basis, part => progress.Show((int)(100 * part)), _stop.Token);
        }
        finally
        {
            progress.Complete();
        }
    }

    private static ErrorRecord Failed(Exception cause, string path) => cause switch
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
}
