using KernelDebug.Bpf.Native;
using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf;

/// <summary>
/// A compiled BPF object (<c>x.bpf.o</c>): opened, prepared, loaded. Disposing unloads what is not attached otherwise. Not safe for several
/// threads at once.
/// </summary>
public sealed class BpfObject : IDisposable
{
    private readonly ObjectHandle _handle;

    private BpfObject(string path, ObjectHandle handle, BtfFile? types, IReadOnlyList<LibbpfMessage> messages)
    {
        Path = path;
        _handle = handle;
        Types = types;
        Messages = messages;
        Programs = ObjectApi.Programs(handle, program => new BpfProgram(this, program));
        Maps = ObjectApi.Maps(handle, map => new BpfMap(this, map));
        Globals = [];
    }

    /// <summary>The file, or what it is called.</summary>
    public string Path { get; }

    /// <summary>The programs, in the object's order.</summary>
    public IReadOnlyList<BpfProgram> Programs { get; }

    /// <summary>The maps, those of global variables included.</summary>
    public IReadOnlyList<BpfMap> Maps { get; }

    /// <summary>The global variables the object has types of.</summary>
    public IReadOnlyList<BpfGlobal> Globals { get; private init; }

    /// <summary>The object's own types; null where it was compiled without.</summary>
    public BtfFile? Types { get; }

    /// <summary>What libbpf said at opening and loading.</summary>
    public IReadOnlyList<LibbpfMessage> Messages { get; private set; }

    /// <summary>True after <see cref="Load"/>.</summary>
    public bool IsLoaded { get; private set; }

    internal bool IsOpen => !_handle.IsClosed;

    /// <summary>Reads an object; the kernel is not asked yet.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What it is called, such as the source it was compiled from; null for the file's path.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is no ELF file of BPF, or damaged.</exception>
    /// <exception cref="BpfException">libbpf does not take it.</exception>
    /// <exception cref="DllNotFoundException">libbpf is not installed.</exception>
    public static BpfObject Open(string path, string? name = null)
    {
        using ByteSource file = ByteSource.OpenFile(path);
        return file.Length <= ParserLimits.MaxBpfObjectBytes
            ? Read(new ByteSlice(file, "file", isBigEndian: false).Span.ToArray(), name ?? path)
            : throw new BinaryFormatException(path, "file", 0, $"expected an object of at most {ParserLimits.MaxBpfObjectBytes} bytes, have {file.Length}");
    }

    /// <summary>Reads an object that is in memory: what is checked here is what libbpf gets, whatever becomes of a file.</summary>
    /// <param name="image">Its bytes.</param>
    /// <param name="path">What it is called.</param>
    /// <inheritdoc cref="Open(string, string)" path="/exception"/>
    public static BpfObject Read(byte[] image, string path)
    {
        LibbpfLibrary.Require();
        using ElfFile elf = ElfFile.Read(ByteSource.FromArray(image, path));
        BtfFile? types = BpfObjectCheck.Run(elf);
        IReadOnlyList<BpfGlobal> globals = BpfGlobals.Find(elf, types);
        try
        {
            return new BpfObject(path, ObjectApi.Open(image, System.IO.Path.GetFileName(path).Split('.')[0], out IReadOnlyList<LibbpfMessage> messages), types, messages) { Globals = globals };
        }
        catch (LibbpfException cause)
        {
            types?.Dispose();
            throw new BpfException($"{path} cannot be opened", null, cause, BpfRefusals.Explain(cause, null));
        }
    }

    /// <summary>Gives a global variable its value before loading.</summary>
    /// <exception cref="ArgumentException">There is no such variable, or the value does not fit.</exception>
    public void SetGlobal(string name, object? value)
    {
        BpfGlobal global = FindGlobal(name)
            ?? throw new ArgumentException($"{Path} has no global variable {name}{(Globals.Count == 0 ? "" : $"; it has {string.Join(", ", Globals.Select(item => item.Name).Take(20))}")}");
        Span<byte> bytes = (MapOf(global) ?? throw new ArgumentException($"the section {global.Section} of {name} has no map")).InitialValue;
        BtfValueWriter.Write(global.Type, value, PlaceOf(global, bytes));
    }

    /// <summary>A global variable as it is now, in the loaded object; null where there is none of that name.</summary>
    /// <exception cref="BpfException">The kernel does not give its map's value.</exception>
    /// <exception cref="ArgumentException">The object places it outside.</exception>
    public object? ReadGlobal(string name)
    {
        if (FindGlobal(name) is not { } global || MapOf(global) is not { Descriptor: >= 0 } map)
        {
            return null;
        }

        return BtfValueReader.Read(global.Type, PlaceOf(global, map.Get(new byte[sizeof(int)]) ?? new byte[map.ValueSize]));
    }

    /// <summary>Gives a global variable its value in the loaded object; the others of its section must not change meanwhile.</summary>
    /// <exception cref="BpfException">The kernel does not take it.</exception>
    /// <exception cref="ArgumentException">There is no such variable, or the value does not fit.</exception>
    internal void WriteGlobal(string name, object? value)
    {
        BpfGlobal global = FindGlobal(name) ?? throw new ArgumentException($"{Path} has no global variable {name}");
        BpfMap map = MapOf(global) ?? throw new ArgumentException($"the section {global.Section} of {name} has no map");
        byte[] key = new byte[sizeof(int)], bytes = map.Get(key) ?? new byte[map.ValueSize];
        BtfValueWriter.Write(global.Type, value, PlaceOf(global, bytes));
        map.Set(key, bytes);
    }

    /// <summary>Names what a program is for, where its section does not say it.</summary>
    /// <exception cref="BpfException">libbpf does not find it.</exception>
    public void SetTarget(BpfProgram program, string function)
    {
        ArgumentNullException.ThrowIfNull(program);
        Guard($"{program.Name} cannot be made for {function}", program, () => ProgramApi.SetTarget(program.Pointer, function), function);
    }

    /// <summary>Pins a map when it is created, or takes the one that is pinned there.</summary>
    /// <exception cref="ArgumentException">There is no such map.</exception>
    /// <exception cref="BpfException">libbpf does not take the path.</exception>
    public void SetPinPath(string map, string path)
    {
        BpfMap pinned = FindMap(map);
        Guard($"{map} cannot be pinned at {path}", null, () => pinned.SetPinPath(path));
    }

    /// <summary>Says how many elements a map has at most, or how many bytes a ring buffer, before loading.</summary>
    /// <exception cref="ArgumentException">There is no such map.</exception>
    /// <exception cref="BpfException">libbpf does not take the number.</exception>
    public void SetMapSize(string map, uint count)
    {
        BpfMap sized = FindMap(map);
        Guard($"{map} cannot have {count} elements", null, () => sized.SetMaxEntries(count));
    }

    /// <summary>Gives maps the sizes that the object leaves to its loader, before loading.</summary>
    public void FillMapSizes()
    {
        foreach (BpfMap map in Maps)
        {
            map.FillSizes();
        }
    }

    /// <summary>Creates the maps and hands the selected programs to the verifier. May take seconds, and cannot be stopped.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Load() => Guard(
        $"{Path} cannot be loaded", null, () =>
        {
            ObjectApi.Load(_handle, out IReadOnlyList<LibbpfMessage> messages);
            Messages = [.. Messages, .. messages];
            IsLoaded = true;
        });

    /// <summary>Unloads the programs and maps that nothing else holds. The types stay: events that came before are read by them.</summary>
    public void Dispose() => _handle.Dispose();

    internal BpfMap? MapOf(BpfGlobal global) => Maps.FirstOrDefault(map => map.Section == global.Section);

    internal void Guard(string operation, BpfProgram? program, Action work, string? target = null)
    {
        try
        {
            work();
        }
        catch (LibbpfException cause)
        {
            BpfProgram? failed = program ?? Programs.FirstOrDefault(item => item.Name == new BpfException("", null, cause, BpfRefusals.Nothing).Program);
            throw new BpfException(operation, failed?.Name, cause, BpfRefusals.Explain(cause, failed?.Identity, target));
        }
    }

    private static Span<byte> PlaceOf(BpfGlobal global, Span<byte> section) => (long)global.Offset + global.Size <= section.Length
        ? section.Slice(global.Offset, global.Size)
        : throw new ArgumentException($"{global.Name} lies behind the {section.Length} bytes of {global.Section}");

    private BpfMap FindMap(string name) => Maps.FirstOrDefault(item => item.Name == name)
        ?? throw new ArgumentException($"{Path} has no map {name}; it has {string.Join(", ", Maps.Where(item => !item.IsInternal).Select(item => item.Name))}");

    private BpfGlobal? FindGlobal(string name) => Globals.FirstOrDefault(global => global.Name == name);
}
