using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Get-BtfObject: what BTF the running kernel, its modules and files have, or why they have none.</summary>
[Cmdlet(VerbsCommon.Get, "BtfObject", DefaultParameterSetName = "Name")]
[OutputType(typeof(BtfObject))]
public sealed class GetBtfObjectCommand : PSCmdlet
{
    /// <summary>Makes the command.</summary>
    public GetBtfObjectCommand() => Input = new LogInput(this);

    /// <summary>The running kernel, vmlinux, and its modules; wildcards allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BtfModuleCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Files; wildcards allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Path", ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Files, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    private LogInput Input { get; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == "Name")
        {
            WriteNamed();
            return;
        }

        foreach (string path in Input.Resolve(ParameterSetName == "Path" ? Path : LiteralPath, ParameterSetName == "LiteralPath"))
        {
            try
            {
                WriteObject(BtfObjects.OfFile(path));
            }
            catch (Exception cause) when (CommandErrors.IsFileProblem(cause))
            {
                WriteError(CommandErrors.UnusableBtf(cause, path));
            }
        }
    }

    private void WriteNamed()
    {
        List<BtfObject> known = [.. BtfObjects.OfRunningKernel()];
        foreach (string name in Name)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            List<BtfObject> found = known.FindAll(item => pattern.IsMatch(item.Name));
            WriteObject(found, enumerateCollection: true);
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                string shown = Formatting.ControlText.MakeNameVisible($"No module {name} is loaded.");
                WriteError(CommandErrors.Create(
                    new ItemNotFoundException(shown), "BtfObjectNotFound", ErrorCategory.ObjectNotFound, name, shown, "Name the module's file: Get-BtfObject -Path."));
            }
        }
    }
}
