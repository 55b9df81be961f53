using System.Globalization;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>The BTF that is loaded in the kernel, with its ids and who has it.</summary>
public static class BtfLoadedObjects
{
    private const string Processes = "/proc";
    private const string BtfLink = "anon_inode:btf";
    private const string IdLine = "btf_id:";

    /// <summary>
    /// All of it, in order of ids: the kernel's, its modules' and that of BPF programs, maps and processes.
    /// </summary>
    /// <exception cref="DllNotFoundException">libbpf, which lists it, is not installed.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not list it.</exception>
    /// <exception cref="NotSupportedException">The kernel has no BPF, or is too old to list it.</exception>
    /// <exception cref="IOException">The kernel refuses for another reason.</exception>
    public static IReadOnlyList<BtfObject> List()
    {
        Dictionary<uint, List<uint>> programs = Users(LibbpfObjectKind.Program);
        Dictionary<uint, List<uint>> maps = Users(LibbpfObjectKind.Map);
        Dictionary<uint, List<BtfOwner>> processes = Owners();
        var objects = new List<BtfObject>();
        foreach (uint id in LibbpfObjects.Ids(LibbpfObjectKind.Btf))
        {
            if (LibbpfObjects.TryGetBtf(id, out uint size, out string name, out bool isKernel))
            {
                objects.Add(new BtfObject
                {
                    Name = name, Id = id, Size = size,
                    Source = !isKernel ? BtfObjectSource.Program : name == "vmlinux" ? BtfObjectSource.Kernel : BtfObjectSource.Module,
                    ProgramIds = programs.GetValueOrDefault(id) ?? [], MapIds = maps.GetValueOrDefault(id) ?? [], Processes = processes.GetValueOrDefault(id) ?? [],
                });
            }
        }

        return objects;
    }

    /// <summary>Puts ids and owners to the kernel's and modules' types, and appends those of programs.</summary>
    public static IEnumerable<BtfObject> Join(IEnumerable<BtfObject> ofKernel, IReadOnlyList<BtfObject> loaded)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        Dictionary<string, BtfObject> named = loaded.Where(item => item.Source != BtfObjectSource.Program).DistinctBy(item => item.Name).ToDictionary(item => item.Name, StringComparer.Ordinal);
        return ofKernel
            .Select(item => named.TryGetValue(item.Name, out BtfObject? known)
                ? item with { Id = known.Id, ProgramIds = known.ProgramIds, MapIds = known.MapIds, Processes = known.Processes }
                : item)
            .Concat(loaded.Where(item => item.Source == BtfObjectSource.Program));
    }

    private static Dictionary<uint, List<uint>> Users(LibbpfObjectKind kind)
    {
        var users = new Dictionary<uint, List<uint>>();
        foreach (uint id in LibbpfObjects.Ids(kind))
        {
            Add(users, LibbpfObjects.BtfIdOf(kind, id), id);
        }

        return users;
    }

    /// <summary>Who has a file descriptor of it; of other users' processes only root learns it.</summary>
    private static Dictionary<uint, List<BtfOwner>> Owners()
    {
        var owners = new Dictionary<uint, List<BtfOwner>>();
        foreach (string process in Directory.EnumerateDirectories(Processes))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
            {
                continue;
            }

            try
            {
                foreach (string file in Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")))
                {
                    if (new FileInfo(file).LinkTarget == BtfLink && IdOf(Path.Combine(process, "fdinfo", Path.GetFileName(file))) is { } id)
                    {
                        var owner = new BtfOwner(processId, File.ReadAllText(Path.Combine(process, "comm")).TrimEnd('\n'));
                        if (!owners.TryGetValue(id, out List<BtfOwner>? known) || !known.Contains(owner))
                        {
                            Add(owners, id, owner);
                        }
                    }
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended, or is not this user's.
            }
        }

        return owners;
    }

    private static uint? IdOf(string descriptor)
    {
        string? line = File.ReadLines(descriptor).FirstOrDefault(text => text.StartsWith(IdLine, StringComparison.Ordinal));
        return line is not null && uint.TryParse(line.AsSpan(IdLine.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : null;
    }

    private static void Add<T>(Dictionary<uint, List<T>> lists, uint key, T item)
    {
        if (!lists.TryGetValue(key, out List<T>? list))
        {
            lists.Add(key, list = []);
        }

        list.Add(item);
    }
}
