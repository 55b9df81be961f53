using System.Buffers.Binary;
using System.Text;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Btf;

/// <summary>
/// The types of one file: a raw one (<c>/sys/kernel/btf/vmlinux</c>) or an ELF file's .BTF section, alone or on a base whose ids and
/// strings it continues. Opening notes where each type begins; a type is read when asked for, kept, and shared. Safe for several threads.
/// </summary>
/// <remarks>Format: Documentation/bpf/btf.rst. Id 0 is void, the first type has id 1, or the one behind the base's last.</remarks>
public sealed class BtfFile : IDisposable
{
    private const int LookupsBeforeIndex = 8;
    private readonly IDisposable _owner;
    private readonly BtfHeader _header;
    private readonly uint[] _offsets;
    private readonly BtfFile? _written;
    private readonly uint[]? _relocated;
    private readonly Lazy<BtfNameIndex> _names;
    private readonly Lazy<BtfTagIndex> _tags;
    private readonly Lazy<int> _pointerSize;
    private readonly Lazy<BtfNaturalAlignment> _alignment;
    private BtfType?[]? _types;
    private int _lookups;

    private BtfFile(IDisposable owner, ByteSlice blob, BtfFile? baseFile, BtfFile? distilled, int pointerSize, bool isDistilledBase = false)
    {
        _owner = owner;
        Path = blob.File;
        Section = blob.Section;
        IsBigEndian = blob.IsBigEndian;
        Base = baseFile ?? distilled;
        IsDistilledBase = isDistilledBase;
        Size = blob.Length;
        Blob = blob;
        _header = BtfHeader.Read(blob);
        _offsets = BtfIndex.Build(_header);
        _names = new(() => BtfNameIndex.Build(this));
        _tags = new(() => BtfTagIndex.Build(this));
        _alignment = new(() => new BtfNaturalAlignment(this));
        _pointerSize = new(() => pointerSize > 0 ? pointerSize : Base?.PointerSize ?? BtfPointerSize.Guess(this));

        // What the file was written against: the base itself, or its distilled form, whose ids are then mapped to the base's.
        _written = distilled ?? baseFile;
        FirstId = Base?.EndId ?? 1;
        StringStart = _written?.StringEnd ?? 0;
        if (distilled is not null && baseFile is not null)
        {
            _relocated = BtfRelocation.Map(distilled, baseFile, Path);
        }

        BtfBaseCheck.Run(this);
    }

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>The section the types are in; also of a raw file, which has the same format.</summary>
    public string Section { get; }

    /// <summary>Byte order of the file, and of the memory its types describe.</summary>
    public bool IsBigEndian { get; }

    /// <summary>Bytes of header, types and strings.</summary>
    public long Size { get; }

    /// <summary>The file whose types this one continues; null where it stands alone.</summary>
    public BtfFile? Base { get; }

    /// <summary>True for a .BTF.base section: names and sizes of what a module needs of its base, and no members.</summary>
    public bool IsDistilledBase { get; }

    /// <summary>The first id of this file's own types.</summary>
    public uint FirstId { get; }

    /// <summary>The id behind the last type: ids from 0 to here, the base's included, can be asked for.</summary>
    public uint EndId => FirstId + (uint)_offsets.Length;

    /// <summary>How many types this file has, without those of its base.</summary>
    public int Count => _offsets.Length;

    /// <summary>Bytes of a pointer: of the ELF class, or else of <c>unsigned long</c> in the types; 8 where neither tells.</summary>
    public int PointerSize => _pointerSize.Value;

    /// <summary>True where the file lists the sizes of its kinds (layout section), so that newer kinds can be passed over.</summary>
    public bool HasLayoutSection => !_header.Layout.IsEmpty;

    /// <summary>This file's own types in order of ids, read one by one.</summary>
    public IEnumerable<BtfType> Types
    {
        get
        {
            for (uint id = FirstId; id < EndId; id++)
            {
                yield return this[id];
            }
        }
    }

    /// <summary>The type of an id, of this file or its base; id 0 is void.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    /// <exception cref="BinaryFormatException">The type refers to ids or strings that are not there.</exception>
    public BtfType this[uint id]
    {
        get
        {
            if (id >= EndId)
            {
                throw new ArgumentOutOfRangeException(nameof(id), id, $"{Path} has the types 1 to {EndId - 1}");
            }

            if (id < FirstId)
            {
                return id == 0 ? BtfVoid.Instance : Base![id];
            }

            BtfType?[] types = _types ?? Interlocked.CompareExchange(ref _types, new BtfType?[_offsets.Length], null) ?? _types;
            ref BtfType? place = ref types[id - FirstId];
            return Volatile.Read(ref place) ?? Interlocked.CompareExchange(ref place, BtfInflater.Read(this, id), null) ?? place;
        }
    }

    /// <summary>Opens a file: raw BTF of either byte order, or the .BTF section of an ELF file, compressed or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="baseFile">What a module's types continue; it must outlive this file. Left out for a file that stands alone, or has a .BTF.base section.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is a directory or not readable.</exception>
    /// <exception cref="BinaryFormatException">It is neither, has no .BTF section, or is damaged.</exception>
    /// <exception cref="BtfBaseMismatchException">It needs a base and none was given, or another one.</exception>
    /// <exception cref="DllNotFoundException">It is compressed, and the system's library for that is not installed.</exception>
    public static BtfFile Open(string path, BtfFile? baseFile = null)
    {
        ByteSource source = OpenSource(path);
        try
        {
            bool isRaw = BtfHeader.HasMagic(source.GetSpan(0, (int)Math.Min(source.Length, 4)), out _);
            if (isRaw)
            {
                return Read(source, baseFile);
            }
        }
        catch
        {
            source.Dispose();
            throw;
        }

        source.Dispose();
        ElfFile elf = ElfFile.Open(path);
        try
        {
            return Read(elf, baseFile);
        }
        catch
        {
            elf.Dispose();
            throw;
        }
    }

    /// <summary>Reads raw BTF from a source, which this file then owns.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static BtfFile Read(ByteSource source, BtfFile? baseFile = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        BtfHeader.HasMagic(source.GetSpan(0, (int)Math.Min(source.Length, 4)), out bool isBigEndian);
        return new BtfFile(source, new ByteSlice(source, BtfSections.Types, isBigEndian), baseFile, null, 0);
    }

    /// <summary>Reads the .BTF section of an ELF file, which this file then owns.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static BtfFile Read(ElfFile elf, BtfFile? baseFile = null)
    {
        ArgumentNullException.ThrowIfNull(elf);
        ByteSlice types = BtfSections.Find(elf, BtfSections.Types) ?? throw new BinaryFormatException(
            elf.Path, "section headers", 0, "expected a section .BTF, have none: the file was built without it, or was stripped of it");
        int pointerSize = elf.Is64Bit ? 8 : 4;
        BtfFile? distilled = BtfSections.Find(elf, BtfSections.DistilledBase) is { } section
            ? new BtfFile(elf, section, null, null, pointerSize, isDistilledBase: true)
            : null;
        return new BtfFile(elf, types, baseFile, distilled, pointerSize);
    }

    /// <summary>The ids of all types of a name, the base's first, ascending. Names are C's, without <c>struct</c> before them.</summary>
    /// <exception cref="BinaryFormatException">A type's name is not there.</exception>
    public IReadOnlyList<uint> FindIds(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IdsOf(name);
    }

    /// <summary>
    /// The first type of a name: <c>sk_buff</c>, or <c>struct sk_buff</c>, <c>union ...</c>, <c>enum ...</c> for that kind alone. Without a
    /// keyword a definition goes before a forward declaration.
    /// </summary>
    /// <returns>null where there is none.</returns>
    /// <exception cref="BinaryFormatException">A type's name is not there.</exception>
    public BtfType? Find(string name)
    {
        (BtfTypeName wanted, string plain) = BtfTypeName.Parse(name);
        return First(plain, id => wanted.Allows(KindOf(id)) && KindOf(id) != BtfKind.Forward) ?? First(plain, id => wanted.Allows(KindOf(id)));
    }

    /// <summary>The first type of a name that is of a class, such as <c>Find&lt;BtfFunction&gt;("kfree_skb")</c>; null where there is none.</summary>
    /// <exception cref="BinaryFormatException">A type's name is not there.</exception>
    public T? Find<T>(string name) where T : BtfType => First(name, id => this[id] is T) as T;

    /// <summary>A type's kind, without reading the type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public BtfKind KindOf(uint id) => id == 0 ? BtfKind.Void : Owner(id).HeaderAt(id).Kind;

    /// <summary>A type's name in UTF-8, without reading the type; empty for one without.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    /// <exception cref="BinaryFormatException">The name is not there.</exception>
    public ReadOnlySpan<byte> NameBytes(uint id)
    {
        if (id == 0)
        {
            return default;
        }

        BtfFile owner = Owner(id);
        return owner.StringBytes(owner.HeaderAt(id).NameOffset);
    }

    /// <summary>The BTF_KIND_DECL_TAGs of a type of this file's, those of its members or parameters included.</summary>
    /// <exception cref="BinaryFormatException">A tag refers to what is not there.</exception>
    public IReadOnlyList<BtfDeclarationTag> TagsOf(BtfType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return [.. _tags.Value.IdsOf(type.Id).Select(id => (BtfDeclarationTag)this[id])];
    }

    /// <summary>A string of the file or its base; offsets continue the base's.</summary>
    /// <exception cref="BinaryFormatException">It lies outside, or does not end.</exception>
    public string ReadString(uint offset) => Encoding.UTF8.GetString(StringBytes(offset));

    /// <summary>Closes the file; types read stay usable as long as nothing more is followed from them. The base stays open.</summary>
    public void Dispose() => _owner.Dispose();

    /// <summary>What members of this file's types are aligned to where nothing is said.</summary>
    internal BtfNaturalAlignment NaturalAlignment => _alignment.Value;

    /// <summary>Header, types and strings as they lie in the file.</summary>
    internal ByteSlice Blob { get; }

    /// <summary><see cref="FindIds"/>, as an array.</summary>
    internal uint[] IdsOf(string name)
    {
        var found = new BtfIdList();
        AddIds(Encoding.UTF8.GetBytes(name), found);
        return found.ToArray();
    }

    private BtfType? First(string name, Predicate<uint> isWanted) => Array.Find(IdsOf(name), isWanted) is > 0 and var id ? this[id] : null;

    /// <summary>Offset of this file's first string: where the base's strings end.</summary>
    internal uint StringStart { get; }

    /// <summary>Offset behind this file's last string.</summary>
    internal uint StringEnd => StringStart + (uint)_header.Strings.Length;

    /// <summary>True where the file's strings continue a base's.</summary>
    internal bool IsSplit => _header.IsSplit;

    /// <summary>The strings as they lie there.</summary>
    internal ByteSlice Strings => _header.Strings;

    /// <summary>True where ids were mapped from a distilled base to the real one.</summary>
    internal bool IsRelocated => _relocated is not null;

    /// <summary>Id, in the file's own counting, of its first type: differs from <see cref="FirstId"/> where a distilled base was mapped.</summary>
    internal uint FirstWrittenId => _written?.EndId ?? 1;

    /// <summary>The bytes of a string.</summary>
    internal ReadOnlySpan<byte> StringBytes(uint offset)
    {
        if (offset == 0)
        {
            return default;
        }

        return offset < StringStart
            ? _written!.StringBytes(offset)
            : Elf.Strings.Bytes(_header.Strings, offset - StringStart);
    }

    /// <summary>A type of this file or its base, as it lies there; not void.</summary>
    internal BtfRecord RecordOf(uint id) => new(Owner(id), id);

    /// <summary>The start of one of this file's own types.</summary>
    internal BtfWire.TypeHeader HeaderAt(uint id)
    {
        SpanReader reader = ReaderAt(id);
        return BtfWire.TypeHeader.Read(ref reader);
    }

    /// <summary>Adds the own types whose names are at one of a few places, ascending.</summary>
    internal void AddIdsOfNames(ReadOnlySpan<uint> places, BtfIdList found)
    {
        // A plain loop: the framework's search for one of several numbers is compiled at every start, and slow until it is warm.
        ReadOnlySpan<byte> types = _header.Types.Span;
        bool isSwapped = IsBigEndian == BitConverter.IsLittleEndian;
        for (int i = 0; i < _offsets.Length; i++)
        {
            uint name = BitConverter.ToUInt32(types.Slice((int)_offsets[i], sizeof(uint)));
            name = isSwapped ? BinaryPrimitives.ReverseEndianness(name) : name;
            for (int place = 0; name != 0 && place < places.Length; place++)
            {
                if (places[place] == name)
                {
                    found.Add(FirstId + (uint)i);
                    break;
                }
            }
        }
    }

    /// <summary>Where the names of the own types are, in order of ids.</summary>
    internal uint[] NameOffsets()
    {
        uint[] names = new uint[_offsets.Length];
        ReadOnlySpan<byte> types = _header.Types.Span;
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = BitConverter.ToUInt32(types.Slice((int)_offsets[i], sizeof(uint)));
        }

        if (IsBigEndian == BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(names, names);
        }

        return names;
    }

    /// <summary>A reader that stands on one of this file's own types.</summary>
    internal SpanReader ReaderAt(uint id)
    {
        SpanReader reader = _header.Types.Reader();
        reader.Position = (int)_offsets[id - FirstId];
        return reader;
    }

    /// <summary>The id a written one stands for.</summary>
    /// <exception cref="BinaryFormatException">There is no such type.</exception>
    internal uint Resolve(uint written, in SpanReader reader)
    {
        uint first = FirstWrittenId;
        if (written >= first + (uint)_offsets.Length)
        {
            throw reader.Error($"expected the id of a type, 0 to {first + (uint)_offsets.Length - 1}, have {written}");
        }

        return written >= first ? written - first + FirstId : _relocated is null ? written : _relocated[written];
    }

    /// <summary>A reader that stands on a type of this file or its base, and the file it is in.</summary>
    internal SpanReader ReaderAt(uint id, out BtfFile owner)
    {
        owner = Owner(id);
        return owner.ReaderAt(id);
    }

    private BtfFile Owner(uint id)
    {
        if (id >= EndId)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"{Path} has the types 1 to {EndId - 1}");
        }

        BtfFile owner = this;
        while (id < owner.FirstId)
        {
            owner = owner.Base!;
        }

        return owner;
    }

    private void AddIds(ReadOnlySpan<byte> name, BtfIdList found)
    {
        Base?.AddIds(name, found);

        // The index takes as long to build as some dozen scans. Who asks for one name, at a prompt, should not wait for it.
        bool isBusy = _names.IsValueCreated || Interlocked.Increment(ref _lookups) > LookupsBeforeIndex;
        if (isBusy || Base is not null || !BtfNameScan.TryAddIds(this, name, found))
        {
            _names.Value.AddIds(this, name, found);
        }
    }

    /// <summary>Maps or reads a file.</summary>
    internal static ByteSource OpenSource(string path) => System.IO.Path.GetFullPath(path).StartsWith("/sys/", StringComparison.Ordinal)
        ? ByteSource.OpenSysfsFile(path)
        : ByteSource.OpenFile(path);
}
