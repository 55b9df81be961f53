namespace KernelDebug.Tracing;

/// <summary>A field of a tracepoint's record, as the kernel describes it.</summary>
/// <param name="Type">Its type in C without the dimension: <c>pid_t</c>, <c>const char *</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Bytes from the record's start.</param>
/// <param name="Size">Bytes in the record.</param>
/// <param name="IsSigned">True where negative numbers are possible.</param>
/// <param name="Count">Elements of an array; 0 for a field that is none, null where the kernel gives no number.</param>
/// <param name="Data">Where the value is.</param>
internal sealed record TracepointField(string Type, string Name, int Offset, int Size, bool IsSigned, int? Count, TracepointData Data);

/// <summary>Where a field's value is.</summary>
internal enum TracepointData
{
    /// <summary>In the field.</summary>
    InPlace,
    /// <summary>In the record; the field has its offset from the record's start and its length (<c>__data_loc</c>).</summary>
    FromStart,
    /// <summary>In the record; the field has its offset from the field's end and its length (<c>__rel_loc</c>).</summary>
    FromField,
}
