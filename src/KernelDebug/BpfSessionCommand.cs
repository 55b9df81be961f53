using System.Management.Automation;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that is told which traces it is about: objects, names or numbers.</summary>
public abstract class BpfSessionCommand : PSCmdlet
{
    private protected const string SessionSet = "Session";
    private protected const string NameSet = "Name";
    private protected const string IdSet = "Id";

    /// <summary>Traces of Start-BpfTrace -AsSession.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = SessionSet, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public BpfTraceSession[] Session { get; set; } = [];

    /// <summary>Their names.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BpfSessionCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Their numbers.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet)]
    public int[] Id { get; set; } = [];

    /// <summary>The traces that are meant. A name or number that is none is an error, and the next goes on.</summary>
    private protected IEnumerable<BpfTraceSession> Sessions() =>
        ParameterSetName == SessionSet ? Session : ParameterSetName == NameSet ? ByName(this, Name) : ById(this, Id);

    internal static IEnumerable<BpfTraceSession> ByName(PSCmdlet command, string[] names)
    {
        foreach (string name in names)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            BpfTraceSession[] found = [.. BpfTraces.All.Where(session => pattern.IsMatch(session.Name))];
            if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
            {
                WriteNotFound(command, name, $"There is no trace named {Formatting.ControlText.MakeNameVisible(name)}.");
            }

            foreach (BpfTraceSession session in found)
            {
                yield return session;
            }
        }
    }

    internal static IEnumerable<BpfTraceSession> ById(PSCmdlet command, int[] ids)
    {
        foreach (int id in ids)
        {
            if (BpfTraces.All.FirstOrDefault(session => session.Id == id) is { } found)
            {
                yield return found;
            }
            else
            {
                WriteNotFound(command, id, $"There is no trace {id}.");
            }
        }
    }

    private static void WriteNotFound(PSCmdlet command, object target, string message) => command.WriteError(CommandErrors.Create(
        new ItemNotFoundException(message), "BpfTraceNotFound", ErrorCategory.ObjectNotFound, target, message, "Get-BpfTrace lists the traces of this process."));
}
