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
        List<BtfObject> known = [.. BtfLoadedObjects.Join(BtfObjects.OfRunningKernel(), Loaded())];
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

    /// <summary>What the kernel lists; where it does not, the rest still comes.</summary>
    private IReadOnlyList<BtfObject> Loaded()
    {
        try
        {
            return BtfLoadedObjects.List();
        }
        catch (Exception cause) when (CommandErrors.IsFileProblem(cause))
        {
            string remedy = cause is UnauthorizedAccessException ? " Run PowerShell as root, or with CAP_SYS_ADMIN." : "";
            string message = Formatting.ControlText.MakeVisible($"Ids, owners and the types of BPF programs are left out: {cause.Message.TrimEnd('.')}.{remedy}");

            // Who asks for a module by its name has what was asked for.
            if (Array.Exists(Name, WildcardPattern.ContainsWildcardCharacters))
            {
                WriteWarning(message);
            }
            else
            {
                WriteVerbose(message);
            }

            return [];
        }
    }
}
