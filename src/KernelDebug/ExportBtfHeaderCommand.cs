using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;
using KernelDebug.Formatting;

namespace KernelDebug.Commands;

/// <summary>Export-BtfHeader: the types of a kernel, a module or a file as a C header.</summary>
[Cmdlet(VerbsData.Export, "BtfHeader", DefaultParameterSetName = KernelSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportBtfHeaderCommand : PSCmdlet, IDisposable
{
    private const string KernelSet = "Kernel";
    private const string FileSet = "File";
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The header to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>A file with BTF; left out, the running kernel.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string? InputPath { get; set; }

    /// <summary>The vmlinux whose types those of the file continue.</summary>
    [Parameter(ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string? Base { get; set; }

    /// <summary>A module of the running kernel.</summary>
    [Parameter(ParameterSetName = KernelSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BtfModuleCompleter))]
    public string? Module { get; set; }

    /// <summary>The types wanted, with what they need; with wildcards they are patterns, and ignore case.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public string[] Type { get; set; } = [];

    /// <summary>The order of definitions.</summary>
    [Parameter]
    public CHeaderOrder Order { get; set; }

    /// <summary>Only the module's own types and what they need.</summary>
    [Parameter]
    public SwitchParameter ModuleTypeOnly { get; set; }

    /// <summary>Declare the functions that BPF programs may call.</summary>
    [Parameter]
    public SwitchParameter KernelFunction { get; set; }

    /// <summary>Replace a header that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        string target = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path);
        if (Directory.Exists(target) || (File.Exists(target) && !Force))
        {
            ThrowTerminatingError(CommandErrors.OutputTaken(target, Path));
        }

        string source = InputPath ?? Module ?? "vmlinux";
        try
        {
            BtfFile file = InputPath is null
                ? BtfCache.OpenModule(Module)
                : BtfCache.OpenFile(Rooted(InputPath), Base is null ? null : Rooted(Base));
            if (Wanted(file) is { } wanted && ShouldProcess(target, $"Export the types of {source} as a C header"))
            {
                Save(target, file, wanted);

                // As the provider has it, with what its views show besides.
                WriteObject(InvokeProvider.Item.Get([target], force: true, literalPath: true), enumerateCollection: true);
            }
        }
        catch (Exception cause) when (cause is BtfBaseMismatchException || CommandErrors.IsFileProblem(cause))
        {
            WriteError(CommandErrors.UnusableBtf(cause, source));
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Ends what is under way.</summary>
    public void Dispose() => _stop.Dispose();

    /// <summary>What the header is to have; null where a type is nowhere.</summary>
    private CHeaderOptions? Wanted(BtfFile file)
    {
        var types = new List<BtfType>();
        foreach (string name in Type)
        {
            int count = types.Count;
            if (WildcardPattern.ContainsWildcardCharacters(name))
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
                types.AddRange(BtfSearch.Matching(file, pattern.IsMatch, []));
            }
            else
            {
                types.AddRange(BtfSearch.Named(file, WildcardPattern.Unescape(name), []));
            }

            if (types.Count == count)
            {
                string message = ControlText.MakeNameVisible($"There is no type {name}.");
                WriteError(CommandErrors.Create(
                    new ItemNotFoundException(message), "BtfTypeNotFound", ErrorCategory.ObjectNotFound, name, message, "Get-BtfType '*part*' finds types by a part of their name."));
                return null;
            }
        }

        return new CHeaderOptions
        {
            Order = Order,
            Types = Type.Length == 0 ? null : types,
            HasOwnTypesOnly = ModuleTypeOnly,
            HasKernelFunctions = KernelFunction,
        };
    }

    private void Save(string target, BtfFile file, CHeaderOptions options)
    {
        var progress = new PercentProgress(this, "Exporting types");
        try
        {
            CHeaderWriter.Save(target, file, options, progress.Show, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(CommandErrors.OutputFailed(cause, Path));
            throw;
        }
        finally
        {
            progress.Complete();
        }
    }

    private string Rooted(string path) => SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
}
