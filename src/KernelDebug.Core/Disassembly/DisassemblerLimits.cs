namespace KernelDebug.Disassembly;

/// <summary>Named caps on what is disassembled at once; each instruction becomes an object.</summary>
public static class DisassemblerLimits
{
    /// <summary>Bytes of a <c>Code:</c> line. The kernel prints 64 and, asked by <c>code_bytes=</c>, at most 8,192.</summary>
    public const int MaxCodeBytes = 64 * 1024;
    /// <summary>Bytes of one function.</summary>
    public const int MaxFunctionBytes = 1024 * 1024;
}
