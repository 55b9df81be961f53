using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Tracing;

/// <summary>
/// By which type a record is read. Ring and perf buffers have no types, so it is the one the user names, or else the one the object
/// leaves no doubt about: the structure that a variable <c>const struct event *unused</c> points to, which is there to keep the type; or
/// the only structure called <c>event</c> or <c>*_event</c>, <c>*_event_t</c>, <c>event_t</c> of just that size, the kernel's own left aside.
/// A structure that ends in text may come without the rest of it, where it is the only one: programs send as much as they have.
/// </summary>
internal sealed class EventTypes
{
    private readonly BtfType? _named;
    private readonly IReadOnlyList<BtfStruct> _candidates;
    private readonly Dictionary<int, BtfType?> _ofSize = [];

    private EventTypes() => _candidates = [];

    /// <summary>No type fits any record.</summary>
    public static EventTypes None { get; } = new();

    /// <summary>Looks the types of an object through: its BTF, which has what globals and maps are of, and its DWARF, which has all.</summary>
    /// <param name="path">The object's file.</param>
    /// <param name="types">The object's BTF; null where it has none.</param>
    /// <param name="name">The type the user names; null for none.</param>
    /// <exception cref="ArgumentException">There is no such type, in the object or the running kernel, or it has no size.</exception>
    public EventTypes(string path, BtfFile? types, string? name)
    {
        if (name is not null)
        {
            _named = types?.Find(name) ?? DebugTypes(path)?.Find(name) ?? KernelType(name)
                ?? throw new ArgumentException($"there is no type {name} in the object's BTF, in its debug information or in the running kernel; compile it with -g and do not strip it, or keep the type: const struct {name} *unused_{name} __attribute__((unused));");
            if (_named.Size is not > 0)
            {
                throw new ArgumentException($"{_named} has no size to read records by");
            }

            _candidates = [];
            return;
        }

        _candidates = types is not null && Kept(types) is { Count: > 0 } kept ? kept : Own(Named(types), Named(DebugTypes(path)));
    }

    /// <summary>Bytes of the type the user names; null where none is named.</summary>
    public int? NamedSize => (int?)_named?.Size;

    /// <summary>The type of a record; null where it stays bytes.</summary>
    /// <param name="length">Bytes of the record.</param>
    /// <param name="isPadded">True for perf buffers, whose records are followed by up to 7 bytes of padding.</param>
    public BtfType? Of(int length, bool isPadded)
    {
        if (_named is not null)
        {
            return (ulong)length >= _named.Size!.Value || (_named.Bare is BtfStruct structure && IsCutText(structure, length)) ? _named : null;
        }

        int key = isPadded ? -length : length;
        if (!_ofSize.TryGetValue(key, out BtfType? type))
        {
            BtfStruct[] fitting = [.. _candidates.Where(item => item.ByteSize == length || (isPadded && item.ByteSize <= length && length - item.ByteSize < 8))];

            // Of several, a short one could be another's beginning.
            type = fitting is [var only] ? only : fitting.Length == 0 && _candidates is [var single] && IsCutText(single, length) ? single : null;
            _ofSize.Add(key, type);
        }

        return type;
    }

    /// <summary>A record as long as its type: what is missing of a text at the end is as if it were NUL.</summary>
    public static byte[] Whole(BtfType? type, ReadOnlySpan<byte> record)
    {
        byte[] bytes = new byte[type?.Bare is BtfStruct structure && IsCutText(structure, record.Length) ? (int)structure.ByteSize : record.Length];
        record.CopyTo(bytes);
        return bytes;
    }

    /// <summary>True where a record of that length ends within the text that is the structure's last member.</summary>
    private static bool IsCutText(BtfStruct structure, int length) =>
        length < structure.ByteSize && structure.Members is [.., { Type.Bare: BtfArray { Target.Bare: BtfInt { IsCharacter: true } }, BitOffset: > 0 } last] && (ulong)length >= last.ByteOffset;

    /// <summary>A program's types are in its BTF and its DWARF, those of the kernel that it touches among them.</summary>
    private static List<BtfStruct> Own(List<BtfStruct> types, List<BtfStruct> debugTypes)
    {
        BtfStruct[] all = [.. types.Concat(debugTypes).DistinctBy(type => (type.Name, type.ByteSize))];
        return [.. all.Where(type => !(KernelType(type.Name!) is BtfStruct known && known.ByteSize == type.ByteSize))];
    }

    private static List<BtfStruct> Kept(BtfFile types) =>
    [
        .. types.Types.OfType<BtfVariable>()
            .Where(variable => variable.Name is { } name && name.StartsWith("unused", StringComparison.Ordinal))
            .Select(variable => variable.Target.Bare is BtfPointer pointer ? pointer.Target.Bare as BtfStruct : null)
            .OfType<BtfStruct>().Distinct(),
    ];

    private static List<BtfStruct> Named(BtfFile? types) => types is null ? [] : [.. types.Types.OfType<BtfStruct>().Where(type => !type.IsUnion && IsEventName(type.Name))];

    /// <summary>The types of the object's DWARF; null where it has none, or none that can be read.</summary>
    private static BtfFile? DebugTypes(string path)
    {
        try
        {
            using ElfFile elf = ElfFile.Open(path);
            return BtfFile.Read(ByteSource.FromArray(BtfEncoder.Encode(elf, null).Bytes, path));
        }
        catch (Exception unreadable) when (unreadable is InvalidDataException or BinaryFormatException or NotSupportedException)
        {
            return null;
        }
    }

    private static bool IsEventName(string? name) =>
        name is "event" or "event_t" || (name is not null && (name.EndsWith("_event", StringComparison.Ordinal) || name.EndsWith("_event_t", StringComparison.Ordinal)));

    private static BtfType? KernelType(string name) => File.Exists(BtfObjects.KernelFile) ? BtfCache.OpenModule(null).Find(name) : null;
}
