using System.Globalization;
using KernelDebug.IO;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Tracing;

/// <summary>A file that processes have mapped.</summary>
/// <param name="name">Its name, without directories.</param>
/// <param name="buildId">Its build-id.</param>
internal sealed class UserFile(string name, string buildId)
{
    private const int MostPaths = 9;

    /// <summary>Its name, without directories.</summary>
    public string Name => name;

    /// <summary>Its build-id.</summary>
    public string BuildId => buildId;

    /// <summary>Where it was found, the newest first: a process's own link to it goes with the process.</summary>
    public List<string> Paths { get; } = [];

    /// <summary>What it has; null until someone looked, and where it was not there then.</summary>
    public ProgramImage? Image { get; set; }

    /// <summary>Adds places.</summary>
    public void Add(string[] paths)
    {
        Paths.RemoveAll(path => paths.Contains(path));
        Paths.InsertRange(0, paths);
        Paths.RemoveRange(Math.Min(Paths.Count, MostPaths), Math.Max(Paths.Count - MostPaths, 0));
    }
}

/// <summary>
/// The files that processes have mapped. They are looked for while the processes live, when the first event of one has come; what they have at a
/// place is found out when someone looks. A file is taken for no other's: what is opened has the build-id that the kernel told. A process's own
/// files go before others of the same build-id. Safe for several threads.
/// </summary>
internal sealed class UserFiles
{
    private const int MostFiles = 1024, MostOpen = 64, MostOfProcesses = 1 << 14, MostKnown = 1 << 14, MostMapsBytes = 1 << 22;
    private const int BuildIdDigits = 40;

    private readonly Lock _gate = new();
    private readonly Dictionary<(FileIdentity File, long Seconds, uint Nanoseconds), UserFile?> _files = [];
    private readonly Dictionary<string, UserFile> _byBuildId = [];
    private readonly Dictionary<(int Process, string BuildId), UserFile?> _ofProcesses = [];
    private readonly Queue<UserFile> _open = new();
    private readonly Dictionary<(UserFile, ulong Offset, ulong Address, bool IsExact), TraceStackFrame> _known = [];

    /// <summary>Those of this machine.</summary>
    public static UserFiles OfThisMachine { get; } = new();

    /// <summary>Looks where files of a process are that are not known yet. Costs little where all are.</summary>
    /// <param name="process">The process, as the kernel's first namespace numbers it.</param>
    /// <param name="places">Its frames.</param>
    public void Note(int process, ReadOnlySpan<UserPlace> places)
    {
        foreach (UserPlace place in places)
        {
            if (place.BuildId is { } id)
            {
                lock (_gate)
                {
                    _ = Of(process, id);
                }
            }
        }
    }

    /// <summary>Finds out what a place is.</summary>
    /// <param name="process">The process.</param>
    /// <param name="place">The place.</param>
    /// <param name="isExact">True where the instruction at it is meant, false for a return address.</param>
    public TraceStackFrame Find(int process, UserPlace place, bool isExact)
    {
        lock (_gate)
        {
            var bare = new SymbolReference { Start = 0, Length = 0, Address = place.Address, IsUserSpace = true, Role = isExact ? LocationRole.InstructionPointer : LocationRole.ReturnAddress };
            if (place.BuildId is not { } id)
            {
                return Unknown("the kernel told no file of it: code made at run time, the vDSO, a program without build-id, or one that was changing its memory just then");
            }

            if (Of(process, id) is not { } file)
            {
                return Unknown($"no process that was looked at has a file of build-id {id} that could be read; one over 256 MiB that others than root and this user may change is not");
            }

            if (ImageOf(file) is not { } image)
            {
                return Unknown($"{file.Name} of build-id {file.BuildId} is not there any more");
            }

            var key = (file, place.FileOffset, place.Address, isExact);
            if (!_known.TryGetValue(key, out TraceStackFrame? known))
            {
                if (_known.Count >= MostKnown)
                {
                    _known.Clear();
                }

                _known[key] = known = new TraceStackFrame(place.Address, image.Find(bare, place.FileOffset, isExact));
            }

            return known;

            TraceStackFrame Unknown(string why) => new(place.Address, new SymbolLocation { Reference = bare, IsExact = isExact, Reason = new(UnresolvedKind.UserSpace, why) });
        }
    }

    /// <summary>The file of a build-id that a process has mapped, or had; where that is not known, one that another had.</summary>
    private UserFile? Of(int process, string id)
    {
        if (!_ofProcesses.TryGetValue((process, id), out UserFile? file))
        {
            if (_ofProcesses.Count >= MostOfProcesses)
            {
                _ofProcesses.Clear();
            }

            Scan(process);
            file = _ofProcesses.TryAdd((process, id), null) ? null : _ofProcesses[(process, id)];
        }

        return file ?? _byBuildId.GetValueOrDefault(id);
    }

    private ProgramImage? ImageOf(UserFile file)
    {
        if (file.Image is null && ProgramImage.Open(file.Paths.Where(FileIdentity.IsRegular), file.Name, file.BuildId) is { } image)
        {
            if (_open.Count >= MostOpen && _open.TryDequeue(out UserFile? oldest))
            {
                oldest.Image?.Dispose();
                oldest.Image = null;
            }

            file.Image = image;
            _open.Enqueue(file);
        }

        return file.Image;
    }

    /// <summary>Reads what a process has mapped for running: <c>start-end perms offset dev inode path</c> (Documentation/filesystems/proc.rst).</summary>
    private void Scan(int process)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        foreach (string line in Maps($"{folder}/maps"))
        {
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 6 || !fields[1].Contains('x', StringComparison.Ordinal) || !fields[5].StartsWith('/'))
            {
                continue;
            }

            // The link leads to the very file, also one that was deleted, or is in another file system's tree; only root may follow it.
            const string Deleted = " (deleted)";
            string path = fields[5].EndsWith(Deleted, StringComparison.Ordinal) ? fields[5][..^Deleted.Length] : fields[5];
            string[] places = [$"{folder}/map_files/{Mapping(fields[0])}", $"{folder}/root{path}", path];
            if (places.FirstOrDefault(FileIdentity.IsRegular) is { } first && FileOf(first, Path.GetFileName(path)) is { } file)
            {
                file.Add(places);
                _ofProcesses[(process, Padded(file.BuildId))] = file;
                _byBuildId[Padded(file.BuildId)] = file;
            }
        }
    }

    /// <summary>The folder's names have no zeros before numbers, as the list has.</summary>
    private static string Mapping(string range) => string.Join('-', range.Split('-').Select(number => number.TrimStart('0') is { Length: > 0 } digits ? digits : "0"));

    /// <summary>The file at a path; null where it has no build-id.</summary>
    private UserFile? FileOf(string path, string name)
    {
        (FileIdentity, long, uint) version;
        try
        {
            version = FileIdentity.VersionOf(path);
        }
        catch (IOException)
        {
            return null;
        }

        if (!_files.TryGetValue(version, out UserFile? file))
        {
            if (_files.Count >= MostFiles)
            {
                _files.Clear();
                _byBuildId.Clear();
            }

            _files[version] = file = ProgramImage.BuildIdOf(path) is { } id ? new UserFile(name, id) : null;
        }

        return file;
    }

    private static List<string> Maps(string path)
    {
        try
        {
            // A file of /proc says that it has no length, and this one is as long as the process makes it.
            using var file = new StreamReader(path);
            var lines = new List<string>();
            for (long read = 0; read < MostMapsBytes && file.ReadLine() is { } line; read += line.Length)
            {
                lines.Add(line);
            }

            return lines;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>As the kernel tells it: with zeros up to 20 bytes.</summary>
    private static string Padded(string id) => id.Length > BuildIdDigits ? id : id.PadRight(BuildIdDigits, '0');
}
