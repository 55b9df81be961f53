using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Traces beside the prompt end with the runspace they were started in, and with the module.</summary>
public sealed class BpfSessions : IModuleAssemblyCleanup
{
    private static readonly ConcurrentDictionary<int, Runspace> s_owners = new();

    /// <summary>Called by PowerShell at Remove-Module.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => BpfTraces.StopAll();

    internal static BpfTraceSession Add(BpfTrace trace, string? name)
    {
        BpfTraceSession session = BpfTraces.Add(trace, name);
        if (Runspace.DefaultRunspace is { } runspace)
        {
            s_owners[session.Id] = runspace;
            runspace.StateChanged += (_, change) =>
            {
                if (change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken && s_owners.TryRemove(session.Id, out Runspace? _))
                {
                    session.Trace.Stop();
                    BpfTraces.Remove(session);
                }
            };
        }

        return session;
    }
}
