using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.Dwarf;

/// <summary>Reads a list of a section whose end is only known by reading: through a window, which grows where the list does not fit.</summary>
internal static class ListWindow
{
    /// <summary>Reads the entries from a window's start.</summary>
    public delegate void Entries<T>(ref SpanReader reader, ByteSlice window, ValueList<T> entries)
        where T : struct;

    /// <param name="section">The section.</param>
    /// <param name="offset">Section offset of the list.</param>
    /// <param name="first">Bytes of the first window.</param>
    /// <param name="what">What is read, for the error.</param>
    /// <param name="read">Reads the entries.</param>
    /// <exception cref="BinaryFormatException">The list is damaged, over the cap, or not in the section.</exception>
    public static T[] Read<T>(DebugSection section, ulong offset, ulong first, string what, Entries<T> read)
        where T : struct
    {
        for (ulong size = first; ; size *= 16)
        {
            ByteSlice window = section.Window(offset, size);
            if (window.IsEmpty)
            {
                throw section.Error(offset, $"expected a {what}, have the end of the section");
            }

            try
            {
                var entries = new ValueList<T>();
                SpanReader reader = window.Reader();
                read(ref reader, window, entries);
                return entries.ToArray();
            }
            catch (BinaryFormatException cut) when (cut.Section == section.Name && (ulong)window.Length == size && size < int.MaxValue / 16)
            {
                // The list runs past the window: once more with a larger one.
            }
        }
    }
}
