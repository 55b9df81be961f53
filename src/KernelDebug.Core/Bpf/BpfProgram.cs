using KernelDebug.Bpf.Native;

namespace KernelDebug.Bpf;

/// <summary>A program of an object.</summary>
public sealed class BpfProgram
{
    private readonly BpfObject _owner;
    private readonly nint _program;

    internal BpfProgram(BpfObject owner, nint program)
    {
        _owner = owner;
        _program = program;
        Identity = new(ProgramApi.Name(program), ProgramApi.Section(program));
    }

    /// <summary>The C function's name.</summary>
    public string Name => Identity.Name;

    /// <summary>The name of its section: <c>fentry/tcp_connect</c>.</summary>
    public string SectionName => Identity.SectionName;

    /// <summary>What the section says: the hook, and where.</summary>
    public BpfSection Section => Identity.Section;

    /// <summary>Its type as bpftool names it: <c>tracing</c>, <c>kprobe</c>.</summary>
    public string Type => BpfTypeNames.Program(TypeNumber);

    /// <summary>True where it is loaded with the object. A section that begins with <c>?</c> says no.</summary>
    public bool IsSelected
    {
        get => ProgramApi.IsAutoLoaded(Pointer);
        set => ProgramApi.SetAutoLoad(Pointer, value);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Its name and section.</summary>
    internal BpfProgramName Identity { get; }

    /// <summary>True for what is loaded for the one function, tracepoint or iterator that it is for.</summary>
    internal bool IsLoadedForTarget => TypeNumber is BpfProgramType.Tracing or BpfProgramType.Lsm;

    /// <summary>True where it calls a helper of a number; to be asked before loading.</summary>
    internal bool Calls(params ReadOnlySpan<int> helpers)
    {
        // struct bpf_insn: code, registers, offset, immediate. BPF_JMP | BPF_CALL with no source register calls the helper of that number.
        const byte Call = 0x85;
        ReadOnlySpan<byte> code = ProgramApi.Instructions(Pointer);
        for (int at = 0; at + 8 <= code.Length; at += 8)
        {
            if (code[at] == Call && (BitConverter.IsLittleEndian ? code[at + 1] >> 4 : code[at + 1] & 0xf) == 0 && helpers.Contains(BitConverter.ToInt32(code[(at + 4)..])))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How often the kernel left it out, since it ran already on that CPU; 0 before v5.12. To be asked while it is loaded.</summary>
    /// <exception cref="BpfException">The kernel does not tell.</exception>
    internal long MissedCount
    {
        get
        {
            using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(Descriptor, ownsHandle: false);
            return BpfInventory.MissedCount(handle);
        }
    }

    /// <summary><c>enum bpf_prog_type</c>.</summary>
    internal int TypeNumber => ProgramApi.Type(Pointer);

    /// <summary>The loaded program's file descriptor; negative before.</summary>
    internal int Descriptor => ProgramApi.Descriptor(Pointer);

    /// <summary>libbpf's pointer.</summary>
    internal nint Pointer => _owner.IsOpen ? _program : throw new ObjectDisposedException(Name);
}
