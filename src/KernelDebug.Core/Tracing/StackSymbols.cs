using System.Diagnostics;
using KernelDebug.Elf;
using KernelDebug.Host;
using KernelDebug.IO;
using KernelDebug.Kallsyms;
using KernelDebug.Records;
using KernelDebug.Symbolization;

namespace KernelDebug.Tracing;

/// <summary>
/// What the addresses of the running kernel's stacks are: functions by its own list of symbols, source places where debug files are at
/// hand. Modules that come and go are noticed within a second. Safe for several threads.
/// </summary>
public sealed class StackSymbols : IDisposable
{
    /// <summary>Addresses whose frames are kept: the stacks of a trace repeat a few thousand.</summary>
    private const int MaxKnown = 1 << 16;

    private const string ListPath = "/proc/kallsyms";

    /// <summary>The list is some 10 MB that the kernel prints anew for each reader.</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(1);

    private static readonly Lazy<StackSymbols> s_running = new(() => new StackSymbols(new SymbolizerOptions()));

    private readonly Lock _gate = new();
    private readonly HostFiles _files;
    private readonly KernelSymbolizer _symbolizer;
    private readonly Dictionary<(ulong, bool), TraceStackFrame> _known = [];
    private readonly Dictionary<string, string?> _builds = [];
    private KallsymsTable? _table;
    private string? _whyNoTable;
    private string? _modules;
    private ulong? _kaslrOffset;
    private long _checked;
    private long _read;

    /// <summary>Makes it; what it needs is read when an address is first asked for.</summary>
    /// <param name="options">Where files come from. No server is asked for one: a stack is looked at in passing, and must not wait for 600 MB.</param>
    /// <exception cref="IOException">The vmlinux named cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    /// <exception cref="BinaryFormatException">It is not ELF, or damaged.</exception>
    public StackSymbols(SymbolizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _files = new HostFiles(options.Root);
        // What is missing each frame says itself, in its reason.
        _symbolizer = new KernelSymbolizer(options.WithoutServers(), _ => { });
        if (RunningKernel.Identity(options.Root) is { } running)
        {
            _symbolizer.TellLogKernel(running.Release, null, running.BuildId);
        }
    }

    /// <summary>Those of this process, with the files of the usual places.</summary>
    public static StackSymbols OfRunningKernel => s_running.Value;

    /// <summary>Finds out what an address is.</summary>
    /// <param name="address">The runtime address.</param>
    /// <param name="isExact">True where the instruction at it is meant, false for a return address.</param>
    public TraceStackFrame Find(ulong address, bool isExact)
    {
        lock (_gate)
        {
            Refresh();
            if (!_known.TryGetValue((address, isExact), out TraceStackFrame? known))
            {
                if (_known.Count >= MaxKnown)
                {
                    _known.Clear();
                }

                _known[(address, isExact)] = known = new TraceStackFrame(address, Look(address, isExact));
            }

            return known;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _symbolizer.Dispose();
        }
    }

    /// <summary>Reads the list when there are other modules than it was read with.</summary>
    private void Refresh()
    {
        if (_modules is not null && Stopwatch.GetElapsedTime(_checked) < s_pace)
        {
            return;
        }

        _checked = Stopwatch.GetTimestamp();
        string modules = HostFacts.ModuleSet(_files.Text("/proc/modules").Value ?? "");
        if (modules != _modules)
        {
            _modules = modules;
            _builds.Clear();
            Read();
        }
    }

    private void Read()
    {
        _known.Clear();
        _kaslrOffset = null;
        _table = null;
        _whyNoTable = null;
        try
        {
            _table = KallsymsTable.Read(_files.PathOf(ListPath));
            _whyNoTable = _table.IsHidden ? $"{ListPath} hides addresses from this user (sysctl kernel.kptr_restrict; root, or CAP_SYSLOG, sees them)" : null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or BinaryFormatException)
        {
            _whyNoTable = $"{ListPath} cannot be read: {failed.Message}";
        }

        _read = Stopwatch.GetTimestamp();
    }

    private SymbolLocation Look(ulong address, bool isExact)
    {
        // The upper half of the addresses is the kernel's, on every 64-bit processor Linux runs on.
        const ulong KernelHalf = 1ul << 63;
        var bare = new SymbolReference
        {
            Start = 0, Length = 0, Address = address, IsUserSpace = address < KernelHalf, Role = isExact ? LocationRole.InstructionPointer : LocationRole.ReturnAddress,
        };
        if (bare.IsUserSpace)
        {
            return Unknown(UnresolvedKind.UserSpace, "an address of user space");
        }

        if (_whyNoTable is not null)
        {
            return Unknown(UnresolvedKind.HiddenSymbols, _whyNoTable);
        }

        // A return address belongs to the function of the call before it, as the kernel's own %pB has it.
        ulong at = isExact ? address : address - 1;
        int[] found = _table!.At(at);
        if (found.Length == 0 && Stopwatch.GetElapsedTime(_read) > s_pace)
        {
            // A BPF program may have come since.
            Read();
            found = _table?.At(at) ?? [];
        }

        if (found.Length == 0)
        {
            return Unknown(UnresolvedKind.OutsideKernelImage, $"no function of {ListPath} is there: of a module or a BPF program that is gone, or no code");
        }

        string? module = _table!.ModuleOf(found[0]);
        bool isMade = module is not null && KallsymsTable.IsMadeAtRunTime(module);
        SymbolReference reference = bare with
        {
            Symbol = _table.NameOf(found[0]),
            Offset = address - _table.AddressOf(found[0]),
            Size = _table.SizeOf(found[0]),
            Module = module,
            BuildId = module is null || isMade ? null : BuildIdOf(module),
        };
        return isMade
            ? new SymbolLocation
            {
                Reference = reference, Symbol = reference.Symbol, Offset = reference.Offset, Size = reference.Size, IsExact = isExact,
                Reason = new(UnresolvedKind.NotCovered, "code made at run time, which no file has"),
            }
            : Chosen(_symbolizer.Resolve(reference, isExact), at);

        SymbolLocation Unknown(UnresolvedKind kind, string message) => new() { Reference = bare, IsExact = isExact, Reason = new(kind, message) };
    }

    /// <summary>Of several functions of a name and size in the vmlinux, the one whose address fits.</summary>
    private SymbolLocation Chosen(SymbolLocation location, ulong at)
    {
        if (!location.IsAmbiguous || location.Module is not null || KaslrOffset() is not { } offset)
        {
            return location;
        }

        SymbolCandidate? own = location.Candidates.FirstOrDefault(candidate => candidate.LinkAddress == unchecked(at - offset));
        return own is null ? location : location with { Frames = own.Frames, Candidates = [own], IsAmbiguous = false, Reason = null };
    }

    /// <summary>Runtime minus link-time address of the kernel, told from where its code begins; null where the files do not say.</summary>
    private ulong? KaslrOffset()
    {
        const string CodeStart = "_stext";
        if (_kaslrOffset is null && _symbolizer.Vmlinux is { } vmlinux
            && _table!.Named("_stext"u8) is [var running] && vmlinux.Symbols.FindCode(CodeStart) is [var linked])
        {
            _kaslrOffset = unchecked(_table.AddressOf(running) - linked.Address);
        }

        return _kaslrOffset;
    }

    /// <summary>A loaded module's build-id; null where it has none or it may not be read.</summary>
    private string? BuildIdOf(string module)
    {
        if (!_builds.TryGetValue(module, out string? build))
        {
            string path = _files.PathOf($"/sys/module/{module}/notes/.note.gnu.build-id");
            try
            {
                using ByteSource notes = ByteSource.FromArray(File.ReadAllBytes(path), path);
                build = ElfNotes.FindBuildId(new ByteSlice(notes, path, !BitConverter.IsLittleEndian));
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or BinaryFormatException)
            {
                build = null;
            }

            _builds[module] = build;
        }

        return build;
    }
}
