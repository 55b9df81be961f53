using KernelDebug.Host;

namespace KernelDebug.Doctor;

/// <summary>All that is looked at, in the order in which one rests on the other.</summary>
public static class HostChecks
{
    /// <summary>Looks at a machine. Nothing is changed, no server is asked, and what cannot be found out is a row that says so.</summary>
    /// <param name="root">The directory the machine's /proc and /sys are in; programs, libraries and debug files are always this machine's.</param>
    public static IEnumerable<HostCheck> Run(string root = "/")
    {
        HostFacts host = HostFacts.Read(root);
        IEnumerable<HostCheck>[] rooms = [KernelChecks.Run(host, root.TrimEnd('/')), AccessChecks.Run(host, root.TrimEnd('/')), ToolChecks.Run()];
        return rooms.SelectMany(checks => checks);
    }
}
