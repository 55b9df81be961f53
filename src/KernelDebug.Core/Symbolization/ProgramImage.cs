using KernelDebug.Demangling;
using KernelDebug.Elf;
using KernelDebug.IO;
using KernelDebug.Records;

namespace KernelDebug.Symbolization;

/// <summary>A program or a library, as stacks of user space ask it: by places in the file. Not safe for several threads at once.</summary>
public sealed class ProgramImage : IDisposable
{
    /// <summary>mov $15, %rax; syscall: rt_sigreturn, where a signal's handler returns to.</summary>
    private static readonly byte[] s_signalReturn = [0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05];

    private readonly ElfFile _mapped;
    private readonly KernelObject _debug;
    private readonly string _name;
    private SymbolTable? _symbols;

    private ProgramImage(ElfFile mapped, KernelObject debug, string name)
    {
        _mapped = mapped;
        _debug = debug;
        _name = name;
    }

    /// <summary>The build-id of a file, as lower-case hex; null where it has none, or is none of ELF.</summary>
    /// <param name="path">The file: a regular one.</param>
    public static string? BuildIdOf(string path)
    {
        try
        {
            using ElfFile file = ElfFile.Open(path, isOfOthers: true);
            return ElfNotes.BuildId(file);
        }
        catch (Exception unreadable) when (IsUnreadable(unreadable))
        {
            return null;
        }
    }

    /// <summary>Opens the first of some places where the file of a build-id is, and its debug file, where it has one.</summary>
    /// <param name="paths">The places: regular files alone.</param>
    /// <param name="name">What it is called: the file's name without its directory.</param>
    /// <param name="buildId">Lower-case hex.</param>
    /// <returns>null where none of them is that file.</returns>
    public static ProgramImage? Open(IEnumerable<string> paths, string name, string buildId)
    {
        ArgumentNullException.ThrowIfNull(paths);
        DebugFileLoader loader = DebugFileLoader.For(new SymbolizerOptions(), _ => { }, isOfOthers: true);
        foreach (string path in paths.Where(path => BuildIdOf(path) == buildId))
        {
            ElfFile? mapped = null;
            try
            {
                mapped = ElfFile.Open(path, isOfOthers: true);
                return new ProgramImage(mapped, loader.Open(path), name);
            }
            catch (Exception unreadable) when (IsUnreadable(unreadable))
            {
                mapped?.Dispose();
            }
        }

        return null;
    }

    /// <summary>What is at a place of the file.</summary>
    /// <param name="bare">What is known of the place; the address in memory among it.</param>
    /// <param name="fileOffset">Bytes from the file's start.</param>
    /// <param name="isExact">True where the instruction there is meant, false for a return address.</param>
    public SymbolLocation Find(SymbolReference bare, ulong fileOffset, bool isExact)
    {
        ArgumentNullException.ThrowIfNull(bare);
        bare = bare with { Module = _name };
        try
        {
            // A return address belongs to the function of the call before it.
            ulong at = isExact ? fileOffset : fileOffset - 1;
            ElfSection? code = _mapped.Sections.FirstOrDefault(section => section is { IsCode: true, Type: ElfSectionType.ProgramBits } && at >= section.FileOffset && at - section.FileOffset < section.Size);
            if (code is null)
            {
                return Unknown(bare, isExact, new(UnresolvedKind.NotCovered, $"no code of {_name} is at its byte 0x{fileOffset:x}"));
            }

            ReadOnlySpan<byte> contents = _mapped.Contents(code).Span;
            int place = (int)(fileOffset - code.FileOffset);
            return !isExact && _mapped.Machine == ElfMachine.X86_64 && !EndsInCall(contents[..place])
                ? Unknown(bare, isExact, new(UnresolvedKind.NotAReturnAddress, contents[place..].StartsWith(s_signalReturn)
                    ? "a signal's handler returns there; the function that the signal interrupted is not shown, and the next frame is its caller's"
                    : $"no call of {_name} ends there: where a function keeps no frame pointer, what is on the stack is taken for a return address"))
                : Find(bare, code.Address + (at - code.FileOffset), isExact ? 0u : 1u);
        }
        catch (BinaryFormatException damaged)
        {
            return Unknown(bare, isExact, new(UnresolvedKind.MalformedFile, damaged.Message));
        }
    }

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        _mapped.Dispose();
        _debug.Dispose();
    }

    /// <summary>Of a symbol table without <c>.symtab</c>, what it exports is all there is.</summary>
    private SymbolTable Symbols => _symbols ??= _debug.Symbols.Count > 1 ? _debug.Symbols : _mapped.Symbols.Count > 1 ? _mapped.Symbols : _mapped.DynamicSymbols;

    private SymbolLocation Find(SymbolReference bare, ulong address, uint behind)
    {
        bool isExact = behind == 0;
        ElfSymbol[] found = Symbols.ByAddress.At(address);
        ulong? next = Symbols.ByAddress.NextAfter(address);

        // What assembly gave no size goes on to the next of its section; a size that ends before leaves a place without a name.
        ElfSymbol[] covering = [.. found.Where(symbol => symbol.Size == 0 ? next is not null && IsIn(symbol) : address - symbol.Address < symbol.Size)];
        bool IsIn(ElfSymbol symbol) => _mapped.FindCodeSection(address) is { } section && section.Contains(symbol.Address);
        if (covering.Length == 0)
        {
            return Unknown(bare, isExact, new(UnresolvedKind.NoSuchSymbol, $"{_name} has no symbol there: it is stripped of those it does not export"));
        }

        // Behind @ stands the version of what a library exports. The name for callers is the one with the fewest underscores before it.
        ElfSymbol chosen = covering.OrderByDescending(symbol => symbol.Size).ThenBy(symbol => Symbols.NameOf(symbol).TakeWhile(letter => letter == '_').Count()).ThenBy(symbol => Symbols.NameOf(symbol), StringComparer.Ordinal).First();
        string name = Symbols.NameOf(chosen).Split('@')[0];
        var named = new SymbolLocation
        {
            Reference = bare with { Symbol = name }, Symbol = Demangler.TryDemangle(name) ?? name, Offset = address + behind - chosen.Address, Size = chosen.Size == 0 ? null : chosen.Size, IsExact = isExact, BuildId = _debug.BuildId,
        };
        if (!_debug.HasDebugInfo)
        {
            return named with { Reason = new(UnresolvedKind.NoDebugInfo, $"{_name} has no debug information, and its debug file is not installed") };
        }

        CodeLookup places = _debug.Find(address);
        return places.Frames.Count == 0
            ? named with { Reason = new(UnresolvedKind.NotCovered, $"the debug information of {_name} does not cover {name}") }
            : named with { Frames = SourceFrames.Of(places, new BasePath(null), named.Symbol), Reason = SourceFrames.Lack(places) };
    }

    /// <summary>call rel32, or call r/m64: of two to seven bytes (Intel SDM, volume 2A, "CALL").</summary>
    private static bool EndsInCall(ReadOnlySpan<byte> code)
    {
        const byte Near = 0xe8, Indirect = 0xff;
        const int NearLength = 5, LeastIndirect = 2, MostIndirect = 7, OperationMask = 0x38, CallOperation = 0x10;
        if (code.Length >= NearLength && code[^NearLength] == Near)
        {
            return true;
        }

        for (int length = LeastIndirect; length <= Math.Min(MostIndirect, code.Length); length++)
        {
            if (code[^length] == Indirect && (code[^(length - 1)] & OperationMask) == CallOperation)
            {
                return true;
            }
        }

        return false;
    }

    private static SymbolLocation Unknown(SymbolReference bare, bool isExact, UnresolvedReason reason) => new() { Reference = bare, IsExact = isExact, Reason = reason };

    private static bool IsUnreadable(Exception cause) => cause is IOException or UnauthorizedAccessException or BinaryFormatException or DllNotFoundException;
}
