using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf.Code;

/// <summary>A map of a generated object.</summary>
/// <param name="Name">Its name; the kernel keeps the first 15 characters.</param>
/// <param name="Type">Its type (<see cref="BpfMapType"/>).</param>
/// <param name="KeySize">Bytes of a key; 0 for a ring buffer.</param>
/// <param name="ValueSize">Bytes of a value; 0 for a ring buffer.</param>
/// <param name="Entries">Elements at most; bytes of a ring buffer, a power of two and whole pages.</param>
internal sealed record BpfMapDefinition(string Name, uint Type, uint KeySize, uint ValueSize, uint Entries);

/// <summary>
/// Makes an object as a compiler for BPF does, of programs that share maps, a ring buffer <see cref="Events"/> at least, and counters of
/// eight bytes, <see cref="Dropped"/> at least: what loads compiled objects loads these (the conventions are libbpf's,
/// Documentation/bpf/libbpf/program_types.rst, and those of its BTF-defined maps).
/// </summary>
internal sealed class BpfObjectWriter
{
    /// <summary>The ring buffer's name.</summary>
    public const string Events = "events";

    /// <summary>The counter's name of what the ring buffer had no room for.</summary>
    public const string Dropped = "dropped";

    private const byte GlobalObject = 0x11, GlobalFunction = 0x12;
    private const uint RelocationOf64Bits = 1;
    private const int RelocationSize = 16, PointerSize = 8;

    private readonly ElfWriter _file = new(ElfType.Relocatable, ElfMachine.Bpf);
    private readonly StringTable _strings = new();
    private readonly List<BpfMapDefinition> _maps = [];
    private readonly List<string> _counters = [Dropped];
    private readonly List<Program> _programs = [];

    /// <summary>Begins an object.</summary>
    /// <param name="ringBytes">Bytes of the ring buffer: a power of two, and whole pages.</param>
    public BpfObjectWriter(uint ringBytes) => Add(new BpfMapDefinition(Events, BpfMapType.RingBuffer, 0, 0, ringBytes));

    /// <summary>Adds a map.</summary>
    public void Add(BpfMapDefinition map) => _maps.Add(map);

    /// <summary>Adds a counter, which begins at zero.</summary>
    public void AddCounter(string name) => _counters.Add(name);

    /// <summary>Adds a program.</summary>
    /// <param name="name">Its name; the kernel keeps the first 15 characters.</param>
    /// <param name="section">What it is attached to, in libbpf's words: <c>tp/sched/sched_switch</c>. No two the same.</param>
    /// <param name="code">Its instructions.</param>
    public void Add(string name, string section, BpfAssembler code) => _programs.Add(new(name, section, code));

    /// <summary>The file.</summary>
    public byte[] ToArray()
    {
        const ElfSectionFlags Data = ElfSectionFlags.Alloc | ElfSectionFlags.Write;
        int maps = Section(".maps", ElfSectionType.ProgramBits, Data, new byte[_maps.Sum(DefinitionSize)]);
        int variables = Section(".bss", ElfSectionType.NoBits, Data, [], (ulong)_counters.Count * sizeof(ulong));
        Section("license", ElfSectionType.ProgramBits, Data, "GPL\0"u8.ToArray());
        int last = Section(BtfSections.Types, ElfSectionType.ProgramBits, ElfSectionFlags.None, Types());
        int[] sections = [.. _programs.Select(program => Section(program.Section, ElfSectionType.ProgramBits, ElfSectionFlags.Alloc | ElfSectionFlags.Execute, program.Code.ToArray()))];

        // Symbols by number: 0 is none.
        string[] symbols = ["", .. _maps.Select(map => map.Name), .. _counters];
        ulong place = 0;
        foreach (BpfMapDefinition map in _maps)
        {
            _file.Add(new WrittenSymbol(_strings.Add(map.Name), GlobalObject, maps, place, (ulong)DefinitionSize(map)));
            place += (ulong)DefinitionSize(map);
        }

        for (int i = 0; i < _counters.Count; i++)
        {
            _file.Add(new WrittenSymbol(_strings.Add(_counters[i]), GlobalObject, variables, (ulong)i * sizeof(ulong), sizeof(ulong)));
        }

        int symbolTable = last + _programs.Count + _programs.Count(program => program.Code.References.Count > 0) + 1;
        for (int i = 0; i < _programs.Count; i++)
        {
            (string name, string section, BpfAssembler code) = _programs[i];
            _file.Add(new WrittenSymbol(_strings.Add(name), GlobalFunction, sections[i], 0, (ulong)code.ToArray().Length));
            if (code.References.Count > 0)
            {
                var relocations = new ByteBuffer();
                foreach (BpfReference reference in code.References)
                {
                    relocations.WriteUInt64((ulong)reference.Offset);
                    relocations.WriteUInt64(((ulong)Array.IndexOf(symbols, reference.Symbol) << 32) | RelocationOf64Bits);
                }

                _file.Add(new WrittenSection(_strings.Add(".rel" + section), ElfSectionType.Rel, ElfSectionFlags.None, 0, 0, relocations.Span.ToArray())
                {
                    Link = (uint)symbolTable,
                    Info = (uint)sections[i],
                    EntrySize = RelocationSize,
                });
            }
        }

        var whole = new ByteBuffer();
        _file.Write(whole, (ulong)_file.Length, (ulong)_strings.Bytes.Length);
        whole.Write(_strings.Bytes);
        return whole.Span.ToArray();
    }

    private int Section(string name, ElfSectionType type, ElfSectionFlags flags, byte[] contents, ulong size = 0) =>
        _file.Add(new WrittenSection(_strings.Add(name), type, flags, 0, size, contents));

    private static int DefinitionSize(BpfMapDefinition map) => (map.KeySize == 0 ? 2 : 4) * PointerSize;

    /// <summary>The types of what is not code. A number of a map's definition is the length of an array that a member points to.</summary>
    private byte[] Types()
    {
        var types = new BtfWriter(null);
        uint number = types.AddInt("int", sizeof(int), 1);
        var maps = new List<WrittenPlace>();
        uint place = 0;
        foreach (BpfMapDefinition map in _maps)
        {
            var members = new List<WrittenMember>();
            Add("type", map.Type);
            Add("max_entries", map.Entries);
            if (map.KeySize != 0)
            {
                Add("key_size", map.KeySize);
                Add("value_size", map.ValueSize);
            }

            uint size = (uint)DefinitionSize(map);
            maps.Add(new(types.AddVariable(map.Name, types.AddStruct(null, false, size, members), isGlobal: true), place, size));
            place += size;

            void Add(string name, uint value) =>
                members.Add(new(name, types.AddReference(BtfKind.Pointer, null, types.AddArray(number, number, value)), (uint)members.Count * PointerSize * 8, 0));
        }

        types.AddDataSection(".maps", maps);
        uint counter = types.AddInt("unsigned long", sizeof(ulong), 0);
        WrittenPlace[] counters = [.. _counters.Select((name, i) => new WrittenPlace(types.AddVariable(name, counter, isGlobal: true), (uint)i * sizeof(ulong), sizeof(ulong)))];
        types.AddDataSection(".bss", counters);
        return types.ToArray();
    }

    private sealed record Program(string Name, string Section, BpfAssembler Code);
}
