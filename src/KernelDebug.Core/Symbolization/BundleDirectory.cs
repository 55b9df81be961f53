using KernelDebug.Gsym;
using KernelDebug.IO;

namespace KernelDebug.Symbolization;

/// <summary>An object of a bundle: a vmlinux or a module.</summary>
/// <param name="Start">File offset of its symbols, an ELF file.</param>
/// <param name="Module">The module's name; empty for vmlinux.</param>
/// <param name="CompilationDirectory">Where the compiler ran; null where no one directory stands for all.</param>
internal sealed record BundleObject(long Start, string Module, string? CompilationDirectory);

/// <summary>
/// What a bundle has beyond GSYM, behind its strings, where other readers of GSYM do not look: the objects, each with an ELF file of its
/// symbols (docs/formats.md).
/// </summary>
internal static class BundleDirectory
{
    private const int EntrySize = 16;

    private static ReadOnlySpan<byte> Magic => "KDSYMS\0\u0001"u8;

    /// <summary>The objects; null where the file is GSYM alone.</summary>
    /// <exception cref="BinaryFormatException">The directory is damaged.</exception>
    public static BundleObject[]? Read(ByteSource source, GsymFile file)
    {
        var whole = new ByteSlice(source, "bundle directory", isBigEndian: false);
        long at = Align(file.Header.StringsAt + (long)file.Header.StringsLength);
        if (at > whole.Length || !whole.Window(at, Magic.Length).SequenceEqual(Magic))
        {
            return null;
        }

        uint count = whole.Slice(at + Magic.Length, 4).Reader().ReadUInt32();
        SpanReader reader = whole.Slice(at + Magic.Length + 4, count * (long)EntrySize).Reader();
        var objects = new BundleObject[count];
        for (int i = 0; i < objects.Length; i++)
        {
            ulong start = reader.ReadUInt64();
            string module = file.StringAt(reader.ReadUInt32());
            string directory = file.StringAt(reader.ReadUInt32());
            if (start >= (ulong)source.Length)
            {
                throw reader.Error($"expected symbols inside the file's {source.Length} bytes, have offset 0x{start:x}");
            }

            objects[i] = new BundleObject((long)start, module, directory.Length == 0 ? null : directory);
        }

        return objects;
    }

    /// <summary>Writes it. Its place is the multiple of 8 behind the strings.</summary>
    public static void Write(ByteBuffer to, IEnumerable<BundleObject> objects, GsymWriter strings)
    {
        to.Write(Magic);
        to.WriteUInt32((uint)objects.Count());
        foreach (BundleObject one in objects)
        {
            to.WriteUInt64((ulong)one.Start);
            to.WriteUInt32(strings.AddString(one.Module));
            to.WriteUInt32(strings.AddString(one.CompilationDirectory ?? ""));
        }
    }

    /// <summary>Where a part of a bundle begins that may begin from an offset on.</summary>
    public static long Align(long offset) => (offset + 7) & ~7L;
}
