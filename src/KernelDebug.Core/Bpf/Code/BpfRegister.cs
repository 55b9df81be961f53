namespace KernelDebug.Bpf.Code;

/// <summary>Registers of BPF (Documentation/bpf/standardization/instruction-set.rst): R1 to R5 are a call's arguments and lost by it, R0 is its result, R6 to R9 stay.</summary>
internal enum BpfRegister : byte
{
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    R9,

    /// <summary>The end of the stack's 512 bytes; not written.</summary>
    Frame,
}

/// <summary>Bytes of a load or store: the instruction set's <c>BPF_W</c>, <c>BPF_H</c>, <c>BPF_B</c>, <c>BPF_DW</c>.</summary>
internal enum BpfWidth : byte
{
    Four = 0x00,
    Two = 0x08,
    One = 0x10,
    Eight = 0x18,
}

/// <summary>When a jump is taken; comparisons are of 64 bits, unsigned unless they say otherwise.</summary>
internal enum BpfCondition : byte
{
    Always = 0x00,
    Equal = 0x10,
    Greater = 0x20,
    GreaterOrEqual = 0x30,
    NotEqual = 0x50,
    SignedGreater = 0x60,
    SignedGreaterOrEqual = 0x70,
    Less = 0xa0,
    LessOrEqual = 0xb0,
    SignedLess = 0xc0,
    SignedLessOrEqual = 0xd0,
}

/// <summary>Arithmetic of 64 bits.</summary>
internal enum BpfOperation : byte
{
    Add = 0x00,
    Subtract = 0x10,
    Multiply = 0x20,
    Divide = 0x30,
    Or = 0x40,
    And = 0x50,
    ShiftLeft = 0x60,
    ShiftRight = 0x70,
    Modulo = 0x90,
    Xor = 0xa0,
    Move = 0xb0,

    /// <summary>Keeps the sign.</summary>
    ShiftRightSigned = 0xc0,
}

/// <summary>Functions of the kernel that programs may call, by number (<c>enum bpf_func_id</c>, include/uapi/linux/bpf.h).</summary>
internal enum BpfHelper
{
    /// <summary><c>bpf_map_lookup_elem</c>: the value's address, or 0.</summary>
    LookUp = 1,

    /// <summary><c>bpf_map_update_elem</c>.</summary>
    Update = 2,

    /// <summary><c>bpf_map_delete_elem</c>.</summary>
    Delete = 3,

    /// <summary><c>bpf_get_smp_processor_id</c>.</summary>
    GetProcessorId = 8,

    /// <summary><c>bpf_get_current_pid_tgid</c>: the process in the high half, the thread in the low one.</summary>
    GetCurrentIds = 14,

    /// <summary><c>bpf_get_current_comm</c>.</summary>
    GetCurrentTaskName = 16,

    /// <summary><c>bpf_get_stackid</c>: the number of the stack in a map, or an error below zero.</summary>
    GetStackNumber = 27,

    /// <summary><c>bpf_get_stack</c>: the bytes of addresses that were written, or an error below zero.</summary>
    GetStack = 67,

    /// <summary><c>bpf_get_current_cgroup_id</c>.</summary>
    GetCurrentControlGroup = 80,

    /// <summary><c>bpf_probe_read_kernel</c>.</summary>
    ReadKernel = 113,

    /// <summary><c>bpf_probe_read_user_str</c>.</summary>
    ReadUserText = 114,

    /// <summary><c>bpf_probe_read_kernel_str</c>: the bytes copied with the NUL, or an error below zero.</summary>
    ReadKernelText = 115,

    /// <summary><c>bpf_get_ns_current_pid_tgid</c>: the ids as a namespace of processes has them.</summary>
    GetCurrentIdsInNamespace = 120,

    /// <summary><c>bpf_ktime_get_boot_ns</c>.</summary>
    GetBootTime = 125,

    /// <summary><c>bpf_ringbuf_output</c>.</summary>
    OutputRecord = 130,

    /// <summary><c>bpf_ringbuf_reserve</c>.</summary>
    ReserveRecord = 131,

    /// <summary><c>bpf_ringbuf_submit</c>.</summary>
    SubmitRecord = 132,

    /// <summary><c>bpf_get_attach_cookie</c>: the number that the program was attached with where it is called.</summary>
    GetAttachCookie = 174,

    /// <summary><c>bpf_get_func_arg</c>: 0 and a word of the arguments in memory, or an error below zero.</summary>
    GetArgument = 183,

    /// <summary><c>bpf_get_func_ret</c>: the same of the result.</summary>
    GetResult = 184,
}
