using System.Text;
using KernelDebug.IO;

namespace KernelDebug.Btf.CHeader;

/// <summary>
/// The types of a file as a C header: what <c>bpftool btf dump file FILE format c</c> prints, byte for byte. BPF programs include it as
/// vmlinux.h.
/// </summary>
/// <remarks>
/// One thing differs from bpftool before v7.2: an enumeration that is not as large as an int says so
/// (<c>__attribute__((mode(byte)))</c>), without which members behind it would lie elsewhere.
/// </remarks>
public static class CHeaderWriter
{
    private const int FlushLength = 1 << 16;

    private const string Top =
        """
        #ifndef __VMLINUX_H__
        #define __VMLINUX_H__

        #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
        #pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
        #endif


        """;

    private const string Bottom =
        """
        #ifndef BPF_NO_PRESERVE_ACCESS_INDEX
        #pragma clang attribute pop
        #endif

        #endif /* __VMLINUX_H__ */

        """;

    /// <summary>Writes a header.</summary>
    /// <param name="to">Where to; it is not closed.</param>
    /// <param name="file">The types, and those of its base.</param>
    /// <param name="options">What the header has.</param>
    /// <param name="progress">Told how much is done, 0 to 100, now and then.</param>
    /// <param name="stop">Ends the work.</param>
    /// <exception cref="BinaryFormatException">The types are damaged, or none that C has an order for.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static void Write(TextWriter to, BtfFile file, CHeaderOptions options, Action<int>? progress = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        var text = new StringBuilder(Top, 2 * FlushLength);
        var limit = new WorkLimit(file);
        var types = new TypeGraph(file);
        var order = new DefinitionOrder(file, types, limit);
        var writer = new DefinitionWriter(file, types, text, limit);
        var definitions = new List<uint>();
        if (options.HasKernelFunctions)
        {
            text.Append(KernelFunctions.Macros);
        }

        IReadOnlyList<uint> roots = Roots(file, options);
        for (int i = 0; i < roots.Count; i++)
        {
            order.Add(roots[i], definitions);
            foreach (uint definition in definitions)
            {
                writer.Write(definition);
            }

            definitions.Clear();
            if (text.Length > FlushLength)
            {
                stop.ThrowIfCancellationRequested();
                progress?.Invoke((int)(i * 100L / roots.Count));
                Flush();
            }
        }

        if (options.HasKernelFunctions)
        {
            KernelFunctions.Write(file, text, writer);
        }

        text.Append(Bottom);
        Flush();

        void Flush()
        {
            limit.Flushed(text.Length);
            to.Write(text);
            text.Clear();
        }
    }

    /// <summary>Writes a header beside its place and puts it there when it is whole.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="UnauthorizedAccessException">The directory is not writable.</exception>
    public static long Save(string path, BtfFile file, CHeaderOptions options, Action<int>? progress = null, CancellationToken stop = default)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var stream = new StreamWriter(temporary, new UTF8Encoding(false), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = FlushLength,
            }))
            {
                Write(stream, file, options, progress, stop);
            }

            long length = new FileInfo(temporary).Length;
            stop.ThrowIfCancellationRequested();
            File.Move(temporary, path, overwrite: true);
            return length;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static IReadOnlyList<uint> Roots(BtfFile file, CHeaderOptions options)
    {
        // A function is written as the types it needs: its declaration belongs to the kernel's own headers.
        if (options.Types is { } types)
        {
            return [.. types.Select(type => type is BtfFunction function ? function.TargetId : type.Id)];
        }

        uint first = options.HasOwnTypesOnly ? file.FirstId : 1;
        return options.Order == CHeaderOrder.Name
            ? [.. NameOrder.Of(file).Where(id => id >= first)]
            : [.. Enumerable.Range((int)first, (int)(file.EndId - first)).Select(id => (uint)id)];
    }
}
