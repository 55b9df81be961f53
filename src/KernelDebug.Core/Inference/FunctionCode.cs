using Iced.Intel;
using KernelDebug.Dwarf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Inference;

/// <summary>
/// A function's x86-64 instructions and the ways between them. Ways that the instructions do not show are taken from the tables the
/// kernel patches its code by: static keys (<c>__jump_table</c>), and fix-ups of faults (<c>__ex_table</c>), before which nothing is known.
/// </summary>
internal sealed class FunctionCode
{
    /// <summary>Bytes of a function that are looked at; the largest of a distribution's kernel has some 60,000.</summary>
    private const int MaxBytes = 1 << 18;

    private readonly List<Instruction> _instructions = [];
    private readonly Dictionary<ulong, int> _indexes = [];
    private readonly Dictionary<ulong, List<ulong>> _hiddenJumps = [];
    private readonly HashSet<ulong> _unknownEntries = [];
    private bool _hasJumpTable;

    private FunctionCode()
    {
    }

    /// <summary>The instructions in the order of their addresses, those of a <c>.cold</c> part included.</summary>
    public IReadOnlyList<Instruction> Instructions => _instructions;

    /// <summary>Reads the code of a function.</summary>
    /// <param name="file">The file.</param>
    /// <param name="code">Its code, as linked.</param>
    /// <param name="ranges">The function's addresses.</param>
    /// <returns>Null where the file keeps no code, or it is too large.</returns>
    /// <exception cref="BinaryFormatException">A section or relocation is damaged.</exception>
    public static FunctionCode? Read(ElfFile file, CodeImage code, AddressRange[] ranges)
    {
        if (ranges.Length == 0 || ranges.Sum(range => (double)(range.High - range.Low)) > MaxBytes)
        {
            return null;
        }

        var function = new FunctionCode();
        foreach (AddressRange range in ranges)
        {
            byte[] bytes = code.Read(range.Low, (int)(range.High - range.Low));
            if (bytes.Length == 0)
            {
                return null;
            }

            function.Decode(bytes, range.Low);
        }

        function.AddFeatureTests(file, code);
        function.AddStaticKeys(file);
        function.AddFixUps(file);
        return function;
    }

    /// <summary>The index of the instruction that begins at an address; null where none does.</summary>
    public int? IndexOf(ulong address) => _indexes.TryGetValue(address, out int index) ? index : null;

    /// <summary>Where an instruction leads inside the function, the next one in memory included where it does.</summary>
    public IEnumerable<int> Successors(int index)
    {
        Instruction instruction = _instructions[index];
        FlowControl flow = instruction.FlowControl;
        bool fallsThrough = flow is FlowControl.Next or FlowControl.ConditionalBranch or FlowControl.Call or FlowControl.IndirectCall or FlowControl.XbeginXabortXend
            // WARN's ud2 goes on behind itself (arch/x86/kernel/traps.c, handle_bug); BUG's does not, and the two look alike.
            or FlowControl.Exception;
        if (fallsThrough && IndexOf(instruction.NextIP) is { } next)
        {
            yield return next;
        }

        if (flow is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch && IndexOf(instruction.NearBranchTarget) is { } target)
        {
            yield return target;
        }

        if (_hiddenJumps.TryGetValue(instruction.IP, out List<ulong>? hidden))
        {
            foreach (ulong address in hidden)
            {
                if (IndexOf(address) is { } to)
                {
                    yield return to;
                }
            }

            if (!fallsThrough && IndexOf(instruction.NextIP) is { } otherwise)
            {
                yield return otherwise;
            }
        }
    }

    /// <summary>True where control may come from a place that is not seen.</summary>
    public bool IsUnknownEntry(int index) => _hasJumpTable || _unknownEntries.Contains(_instructions[index].IP);

    private void Decode(byte[] bytes, ulong address)
    {
        Decoder decoder = Decoder.Create(64, bytes, address);
        while (decoder.IP < address + (ulong)bytes.Length)
        {
            Instruction instruction = decoder.Decode();
            if (instruction.IsInvalid || !_indexes.TryAdd(instruction.IP, _instructions.Count))
            {
                break;
            }

            _instructions.Add(instruction);
            // Of "jmp *%rax" and "jmp *table(,%rax,8)" any place may be the target; "jmp *0x10(%rax)" calls a function last.
            _hasJumpTable |= instruction.FlowControl == FlowControl.IndirectBranch
                && (instruction.Op0Kind == OpKind.Register || instruction.MemoryIndex != Register.None);
        }
    }

    /// <summary>
    /// <c>static_cpu_has()</c> jumps to a few instructions in <c>.altinstr_aux</c> that jump back to either of two places, until the
    /// kernel patches the jump (arch/x86/include/asm/cpufeature.h).
    /// </summary>
    private void AddFeatureTests(ElfFile file, CodeImage code)
    {
        const int MostBytes = 32;
        if (file.FindSection(".altinstr_aux") is not { } section)
        {
            return;
        }

        foreach (Instruction instruction in _instructions.ToArray())
        {
            if (instruction.FlowControl != FlowControl.UnconditionalBranch || !section.Contains(instruction.NearBranchTarget))
            {
                continue;
            }

            Decoder decoder = Decoder.Create(64, code.Read(instruction.NearBranchTarget, MostBytes), instruction.NearBranchTarget);
            for (bool isEnd = false; !isEnd && decoder.Decode() is { IsInvalid: false } inside;)
            {
                isEnd = inside.FlowControl == FlowControl.UnconditionalBranch;
                if (inside.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch)
                {
                    AddJump(instruction.IP, inside.NearBranchTarget);
                }
            }
        }
    }

    /// <summary>Entries of two 32-bit distances, from themselves to the code and its target, and a key (include/linux/jump_label.h).</summary>
    private void AddStaticKeys(ElfFile file)
    {
        const int EntrySize = 16;
        DebugSection table = DebugSection.Open(file, "__jump_table");
        if (table.IsEmpty || file.FindSection("__jump_table") is not { } section)
        {
            return;
        }

        SpanReader reader = table.Slice(0, (ulong)(table.Length / EntrySize * EntrySize)).Reader();
        while (reader.Remaining >= EntrySize)
        {
            ulong at = section.Address + (ulong)reader.Position;
            ulong from = unchecked(at + (ulong)(int)reader.ReadUInt32());
            ulong to = unchecked(at + 4 + (ulong)(int)reader.ReadUInt32());
            reader.Skip(8);
            AddJump(from, to);
        }
    }

    /// <summary>Entries of two 32-bit distances, to an instruction that may fault and to where it then goes on, and a type (arch/x86/include/asm/extable.h).</summary>
    private void AddFixUps(ElfFile file)
    {
        const int EntrySize = 12;
        DebugSection table = DebugSection.Open(file, "__ex_table");
        if (table.IsEmpty || file.FindSection("__ex_table") is not { } section)
        {
            return;
        }

        SpanReader reader = table.Slice(0, (ulong)(table.Length / EntrySize * EntrySize)).Reader();
        while (reader.Remaining >= EntrySize)
        {
            ulong at = section.Address + (ulong)reader.Position;
            _ = reader.ReadUInt32();
            ulong fixUp = unchecked(at + 4 + (ulong)(int)reader.ReadUInt32());
            reader.Skip(4);
            if (_indexes.ContainsKey(fixUp))
            {
                _ = _unknownEntries.Add(fixUp);
            }
        }
    }

    private void AddJump(ulong from, ulong to)
    {
        if (_indexes.ContainsKey(from) && _indexes.ContainsKey(to))
        {
            if (!_hiddenJumps.TryGetValue(from, out List<ulong>? targets))
            {
                _hiddenJumps[from] = targets = [];
            }

            targets.Add(to);
        }
    }
}
