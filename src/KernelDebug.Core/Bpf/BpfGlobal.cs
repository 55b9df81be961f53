using KernelDebug.Btf;

namespace KernelDebug.Bpf;

/// <summary>A global variable of an object.</summary>
/// <param name="Name">The name.</param>
/// <param name="Section">Where it lies: <c>.rodata</c> is fixed at loading, <c>.data</c> and <c>.bss</c> change.</param>
/// <param name="Type">Its type, in the object's BTF.</param>
/// <param name="Offset">Bytes from the section's start.</param>
/// <param name="Size">Bytes.</param>
public sealed record BpfGlobal(string Name, string Section, BtfType Type, int Offset, int Size);
