using KernelDebug.Bpf.Native;

namespace KernelDebug.Btf;

/// <summary>The BTF that is loaded in the kernel, with its ids and who has it.</summary>
public static class BtfLoadedObjects
{
    /// <summary>
    /// All of it, in order of ids: the kernel's, its modules' and that of BPF programs, maps and processes.
    /// </summary>
    /// <exception cref="DllNotFoundException">libbpf, which lists it, is not installed.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not list it.</exception>
    /// <exception cref="NotSupportedException">The kernel has no BPF, or is too old to list it.</exception>
    /// <exception cref="IOException">The kernel refuses for another reason.</exception>
    public static IReadOnlyList<BtfObject> List()
    {
        Dictionary<uint, List<uint>> programs = Users(KernelObjectKind.Program);
        Dictionary<uint, List<uint>> maps = Users(KernelObjectKind.Map);
        var owners = new BpfOwners();
        var objects = new List<BtfObject>();
        foreach (uint id in KernelTypesApi.Ids(KernelObjectKind.Btf))
        {
            if (KernelTypesApi.TryGet(id) is var (size, name, isKernel))
            {
                objects.Add(new BtfObject
                {
                    Name = name, Id = id, Size = size,
                    Source = !isKernel ? BtfObjectSource.Program : name == "vmlinux" ? BtfObjectSource.Kernel : BtfObjectSource.Module,
                    ProgramIds = programs.GetValueOrDefault(id) ?? [], MapIds = maps.GetValueOrDefault(id) ?? [], Processes = owners.Of(KernelObjectKind.Btf, id),
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

    private static Dictionary<uint, List<uint>> Users(KernelObjectKind kind)
    {
        var users = new Dictionary<uint, List<uint>>();
        foreach (uint id in KernelTypesApi.Ids(kind))
        {
            Add(users, KernelTypesApi.BtfIdOf(kind, id), id);
        }

        return users;
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
