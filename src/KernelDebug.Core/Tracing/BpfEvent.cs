using System.Text;
using KernelDebug.Btf;

namespace KernelDebug.Tracing;

/// <summary>A record that a BPF program sent.</summary>
/// <param name="Source">The map it came through, or the iterator's program.</param>
/// <param name="IsLine">True for a line that an iterator wrote.</param>
/// <param name="Type">The type it is read by; null where none is known, and the bytes are all there is.</param>
/// <param name="Bytes">The record.</param>
public sealed record BpfEvent(string Source, bool IsLine, BtfType? Type, byte[] Bytes)
{
    /// <summary>The record by its type, a structure as <see cref="BtfRecordObject"/>; the bytes where no type is known, the text of a line. Read when asked for.</summary>
    /// <exception cref="IO.BinaryFormatException">The type is malformed.</exception>
    public object? Value => Type is not null ? BtfRecordClass.Read(Type, Bytes) : IsLine ? Encoding.UTF8.GetString(Bytes) : Bytes;
}
