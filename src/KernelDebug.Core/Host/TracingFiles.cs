namespace KernelDebug.Host;

/// <summary>Whether tracefs can be used.</summary>
public enum TracingFilesState
{
    /// <summary>It is mounted, and this user may read in it.</summary>
    Readable,
    /// <summary>It is mounted, and this user may not.</summary>
    Denied,
    /// <summary>The kernel has it, and it is mounted nowhere this process sees.</summary>
    NotMounted,
    /// <summary>The kernel was built without it.</summary>
    NotBuilt,
    /// <summary>That cannot be told.</summary>
    Unknown,
}

/// <summary>Where the kernel's tracing files are (Documentation/trace/ftrace.rst).</summary>
/// <param name="State">Whether they can be used.</param>
/// <param name="Path">The directory; null where there is none.</param>
/// <param name="Reason">Why they cannot be used; null where they can.</param>
public sealed record TracingFiles(TracingFilesState State, string? Path, string? Reason)
{
    /// <summary>Where it belongs (since Linux 4.1).</summary>
    public const string UsualPlace = "/sys/kernel/tracing";

    /// <summary>How to get at them.</summary>
    public string Remedy => State switch
    {
        TracingFilesState.Readable => "Where root is refused it, the kernel is locked down.",
        TracingFilesState.Denied => "Run PowerShell as root: tracefs is for root alone unless it was mounted otherwise.",
        TracingFilesState.NotBuilt => "Boot a kernel with CONFIG_FTRACE.",
        _ => $"As root: mount -t tracefs tracefs {UsualPlace}.",
    };

    /// <summary>The file of an instance, or of the whole.</summary>
    public string PathOf(string? instance, string name) => instance is null ? $"{Path}/{name}" : $"{Path}/instances/{instance}/{name}";

    /// <summary>Looks for them.</summary>
    /// <param name="root">The directory the machine's /proc and /sys are in.</param>
    public static TracingFiles Find(string root = "/")
    {
        ArgumentNullException.ThrowIfNull(root);
        var files = new HostFiles(root);
        return Find(files, Mount.ReadAll(files));
    }

    internal static TracingFiles Find(HostFiles files, Fact<IReadOnlyList<Mount>> mounts)
    {
        if (!mounts.IsKnown)
        {
            return new TracingFiles(TracingFilesState.Unknown, null, mounts.WhyUnknown);
        }

        // A part of it, mounted for a container, has no list of functions; debugfs brings the whole as its "tracing" when that is entered.
        string[] places = [.. mounts.Value!.Where(mount => mount.Type == "tracefs" && mount.Root == "/").Select(mount => mount.Place)
            .OrderBy(place => place != UsualPlace)];
        places = [.. places, .. mounts.Value!.Where(mount => mount.Type == "debugfs" && mount.Root == "/").Select(mount => mount.Place + "/tracing")];
        foreach (string place in places)
        {
            if (files.HasDirectory(place) && IsReadable(files, place))
            {
                return new TracingFiles(TracingFilesState.Readable, files.PathOf(place), null);
            }
        }

        Fact<string> known = files.Text("/proc/filesystems");
        bool isBuilt = !known.IsKnown || known.Value!.Split('\n').Any(line => line.EndsWith("\ttracefs", StringComparison.Ordinal));
        bool isMounted = mounts.Value!.Any(mount => mount.Type == "tracefs");
        return isMounted ? new TracingFiles(TracingFilesState.Denied, files.PathOf(places.FirstOrDefault() ?? UsualPlace), "tracefs may not be read by this user")
            : !isBuilt ? new TracingFiles(TracingFilesState.NotBuilt, null, "the kernel was built without tracefs (CONFIG_TRACING)")
            : new TracingFiles(TracingFilesState.NotMounted, null, "tracefs is not mounted");
    }

    /// <summary>Its directory is for root alone (mode 0700), and what is in it is not even seen by others.</summary>
    private static bool IsReadable(HostFiles files, string place)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(files.PathOf(place)).Any();
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }
}
