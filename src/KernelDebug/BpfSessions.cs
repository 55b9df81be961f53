using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using KernelDebug.Tracing;

namespace KernelDebug.Commands;

/// <summary>Traces beside the prompt end with the runspace they were started in, and when it removes the module.</summary>
public sealed class BpfSessions : IModuleAssemblyCleanup
{
    private static readonly ConcurrentDictionary<int, Guid> s_owners = new();
    private static readonly ConcurrentDictionary<Guid, bool> s_watched = new();

    /// <summary>Called by PowerShell at Remove-Module.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        if (Runspace.DefaultRunspace is { } runspace)
        {
            StopOf(runspace.InstanceId);
        }
    }

    internal static BpfTraceSession Add(BpfTrace trace, string? name)
    {
        BpfTraceSession session = BpfTraces.Add(trace, name);
        if (Runspace.DefaultRunspace is { } runspace)
        {
            s_owners[session.Id] = runspace.InstanceId;
            if (s_watched.TryAdd(runspace.InstanceId, true))
            {
                runspace.StateChanged += OnStateChanged;
            }
        }

        return session;
    }

    internal static void Remove(BpfTraceSession session)
    {
        s_owners.TryRemove(session.Id, out _);
        BpfTraces.Remove(session);
    }

    private static void OnStateChanged(object? sender, RunspaceStateEventArgs change)
    {
        if (change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken && sender is Runspace runspace)
        {
            StopOf(runspace.InstanceId);
            s_watched.TryRemove(runspace.InstanceId, out _);
        }
    }

    private static void StopOf(Guid runspace)
    {
        foreach (BpfTraceSession session in BpfTraces.All.Where(session => s_owners.TryGetValue(session.Id, out Guid owner) && owner == runspace))
        {
            session.Trace.Stop();
            Remove(session);
        }
    }
}
