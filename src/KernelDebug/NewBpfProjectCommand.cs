using System.Management.Automation;
using KernelDebug.Btf;
using KernelDebug.Btf.CHeader;
using KernelDebug.Formatting;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>New-BpfProject: a directory with a program for the functions piped in, the header it needs, and how to run it.</summary>
[Cmdlet(VerbsCommon.New, "BpfProject", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class NewBpfProjectCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TraceFunction> _functions = [];

    /// <summary>The directory; it is made where it is not there.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>The functions, as of Get-TraceFunction.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public TraceFunction[] InputObject { get; set; } = [];

    /// <summary>With a second program for each function, which sends what it returns.</summary>
    [Parameter]
    public SwitchParameter Return { get; set; }

    /// <summary>Replace files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (TraceFunction function in InputObject)
        {
            if (BpfProject.HookOf(function) is null)
            {
                string why = function.Reason?.ToString() ?? "its arguments are not known, or are not what a program can take";
                string message = ControlText.MakeNameVisible($"{function.Name} cannot be traced by a program: {why}.");
                WriteError(CommandErrors.Create(
                    new InvalidOperationException(message), "FunctionNotTraceable", ErrorCategory.InvalidOperation, function, message, "Get-TraceFunction says of each function in which ways it can be traced, and why not."));
            }
            else if (!_functions.Exists(known => known.Name == function.Name))
            {
                _functions.Add(function);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_functions.Count == 0)
        {
            return;
        }

        string directory = SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path).TrimEnd('/');
        string name = System.IO.Path.GetFileName(directory);
        string header = System.IO.Path.Combine(directory, BpfProject.Header), source = System.IO.Path.Combine(directory, name + ".bpf.c"), guide = System.IO.Path.Combine(directory, "README.md");
        string[] taken = File.Exists(directory) ? [directory] : Force ? [] : [.. new[] { header, source, guide }.Where(file => File.Exists(file) || Directory.Exists(file))];
        if (taken.Length > 0)
        {
            ThrowTerminatingError(CommandErrors.OutputTaken(taken[0], taken[0]));
        }

        if (!ShouldProcess(directory, $"Write a BPF program for {_functions.Count} functions"))
        {
            return;
        }

        BtfFile types = BpfProject.TypesOf(_functions);
        try
        {
            Directory.CreateDirectory(directory);
            var progress = new PercentProgress(this, "Exporting types");
            try
            {
                CHeaderWriter.Save(header, types, new CHeaderOptions(), progress.Show, _stop.Token);
            }
            finally
            {
                progress.Complete();
            }

            File.WriteAllText(source, BpfProject.Source(_functions, Return));
            File.WriteAllText(guide, BpfProject.Guide(name, _functions, Return));
            if (types.Base is null && _functions.Exists(function => function.Function!.File != types))
            {
                WriteWarning("The functions are of several modules, and vmlinux.h has the kernel's types alone: those of a module can be passed on, and looked into after their definitions are added (Export-BtfHeader -Module NAME -ModuleTypeOnly).");
            }

            WriteObject(InvokeProvider.Item.Get([source, header, guide], force: true, literalPath: true), enumerateCollection: true);
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception cause) when (cause is BtfBaseMismatchException or IO.BinaryFormatException or FileNotFoundException)
        {
            WriteError(CommandErrors.UnusableBtf(cause, types.Path));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(CommandErrors.OutputFailed(cause, Path));
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Ends what is under way.</summary>
    public void Dispose() => _stop.Dispose();
}
