using KernelDebug.Btf;
using KernelDebug.BtfEncoding;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Bpf.Code;

/// <summary>
/// Makes an object as a compiler for BPF does, of programs that share a ring buffer <see cref="Events"/> and a counter
/// <see cref="Dropped"/> of eight bytes: what loads compiled objects loads these (the conventions are libbpf's,
/// Documentation/bpf/libbpf/program_types.rst, and those of its BTF-defined maps).
/// </summary>
/// <param name="ringBytes">Bytes of the ring buffer: a power of two, and whole pages.</param>
internal sealed class BpfObjectWriter(uint ringBytes)
{
    /// <summary>The ring buffer's name.</summary>
    public const string Events = "events";

    /// <summary>The counter's name.</summary>
    public const string Dropped = "dropped";

    private const byte GlobalObject = 0x11, GlobalFunction = 0x12;
    private const uint RelocationOf64Bits = 1;
    private const int RelocationSize = 16, PointerSize = 8;

    private readonly ElfWriter _file = new(ElfType.Relocatable, ElfMachine.Bpf);
    private readonly StringTable _strings = new();
    private readonly List<(string Name, string Section, BpfAssembler Code)> _programs = [];

    /// <summary>Adds a program.</summary>
    /// <param name="name">Its name; the kernel keeps the first 15 characters.</param>
    /// <param name="section">What it is attached to, in libbpf's words: <c>tp/sched/sched_switch</c>. No two the same.</param>
    /// <param name="code">Its instructions.</param>
    public void Add(string name, string section, BpfAssembler code) => _programs.Add((name, section, code));

    /// <summary>The file.</summary>
    public byte[] ToArray()
    {
        const ElfSectionFlags Data = ElfSectionFlags.Alloc | ElfSectionFlags.Write;
        int maps = Section(".maps", ElfSectionType.ProgramBits, Data, new byte[2 * PointerSize]);
        int variables = Section(".bss", ElfSectionType.NoBits, Data, [], sizeof(ulong));
        Section("license", ElfSectionType.ProgramBits, Data, "GPL\0"u8.ToArray());
        Section(BtfSections.Types, ElfSectionType.ProgramBits, ElfSectionFlags.None, Types());
        int[] sections = [.. _programs.Select(program => Section(program.Section, ElfSectionType.ProgramBits, ElfSectionFlags.Alloc | ElfSectionFlags.Execute, program.Code.ToArray()))];

        // Symbols by number: 0 is none.
        string[] symbols = ["", Events, Dropped];
        _file.Add(new WrittenSymbol(_strings.Add(Events), GlobalObject, maps, 0, 2 * PointerSize));
        _file.Add(new WrittenSymbol(_strings.Add(Dropped), GlobalObject, variables, 0, sizeof(ulong)));
        int symbolTable = sections[^1] + _programs.Count(program => program.Code.References.Count > 0) + 1;
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

    /// <summary>The types of what is not code. A number of a map's definition is the length of an array that a member points to.</summary>
    private byte[] Types()
    {
        const uint RingBuffer = BpfMapType.RingBuffer;
        var types = new BtfWriter(null);
        uint number = types.AddInt("int", sizeof(int), 1);
        uint Value(uint value) => types.AddReference(BtfKind.Pointer, null, types.AddArray(number, number, value));
        uint type = Value(RingBuffer), entries = Value(ringBytes);
        uint definition = types.AddStruct(null, false, 2 * PointerSize, [new("type", type, 0, 0), new("max_entries", entries, PointerSize * 8, 0)]);
        uint map = types.AddVariable(Events, definition, isGlobal: true);
        types.AddDataSection(".maps", [(map, 0, 2 * PointerSize)]);
        uint counter = types.AddVariable(Dropped, types.AddInt("unsigned long", sizeof(ulong), 0), isGlobal: true);
        types.AddDataSection(".bss", [(counter, 0, sizeof(ulong))]);
        return types.ToArray();
    }
}
