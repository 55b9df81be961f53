using System.Buffers.Binary;
using System.Text;
using KernelDebug.Btf;
using KernelDebug.Elf;
using KernelDebug.IO;

namespace KernelDebug.BtfEncoding;

/// <summary>
/// Puts a <c>.BTF</c> section into a file of 64 bits, little-endian. All that is in the file stays where it is; the types, the names of
/// the sections and the section headers are put behind it (gABI, "Sections").
/// </summary>
internal static class BtfSectionWriter
{
    private const int HeaderSize = 64;
    private const int Alignment = 8;
    private const uint ProgramBits = 1;
    private const uint StringTable = 3;
    private const int ReservedIndexes = 0xff00;

    /// <summary>Behind the signature of a module (include/linux/module_signature.h, MODULE_SIG_STRING).</summary>
    private static ReadOnlySpan<byte> SignatureMark => "~Module signature appended~\n"u8;

    /// <summary>True where a signature stands at the file's end: over bytes that would no longer be the same.</summary>
    public static bool IsSigned(ReadOnlySpan<byte> file) => file.EndsWith(SignatureMark);

    /// <summary>The file without the signature at its end.</summary>
    /// <exception cref="InvalidDataException">The signature is longer than the file.</exception>
    public static ReadOnlySpan<byte> WithoutSignature(ReadOnlySpan<byte> file)
    {
        // struct module_signature: 8 bytes, then the big-endian length of the signature before it.
        const int InfoSize = 12;
        int end = file.Length - SignatureMark.Length - InfoSize;
        uint length = end < 0 ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(file.Slice(end + 8, 4));
        return length <= end ? file[..(end - (int)length)] : throw new InvalidDataException("the module's signature is longer than the module");
    }

    /// <summary>The file with the section.</summary>
    /// <param name="file">The file without a signature; its headers are sound, <see cref="ElfFile"/> read them.</param>
    /// <param name="elf">The same file, read.</param>
    /// <param name="types">The section's bytes.</param>
    /// <exception cref="NotSupportedException">The file is of another class, or its <c>.BTF</c> is part of the loaded image, or it has too many sections.</exception>
    public static byte[] Write(ReadOnlySpan<byte> file, ElfFile elf, ReadOnlySpan<byte> types)
    {
        if (!elf.Is64Bit || elf.IsBigEndian)
        {
            throw new NotSupportedException("a .BTF section can be written into files of 64 bits, little-endian, only");
        }

        ElfSection? old = elf.FindSection(BtfSections.Types);
        if (old is not null && (old.Flags & ElfSectionFlags.Alloc) != 0)
        {
            throw new NotSupportedException("the file's .BTF section is part of the kernel image, which only a new link can change");
        }

        int count = elf.Sections.Count;
        int namesIndex = BinaryPrimitives.ReadUInt16LittleEndian(file[62..]);
        if (count == 0 || count + 1 >= ReservedIndexes || namesIndex == 0 || namesIndex >= count)
        {
            throw new NotSupportedException($"expected a file of at most {ReservedIndexes} sections with names, have {count}");
        }

        var whole = new ByteBuffer();
        whole.Write(file);
        ulong headersAt = BinaryPrimitives.ReadUInt64LittleEndian(file[40..]);
        byte[] headers = new byte[HeaderSize * (count + (old is null ? 1 : 0))];
        file.Slice(checked((int)headersAt), HeaderSize * count).CopyTo(headers);
        Span<byte> target = headers.AsSpan(HeaderSize * (old?.Index ?? count), HeaderSize);
        if (old is null)
        {
            AddName(whole, headers.AsSpan(HeaderSize * namesIndex, HeaderSize), file, target);
        }

        target[4..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], ProgramBits);
        whole.Align(Alignment);
        Place(target, whole.Length, types.Length, Alignment);
        whole.Write(types);
        whole.Align(Alignment);
        int at = whole.Length;
        whole.Write(headers);
        byte[] written = whole.Span.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(written.AsSpan(40), (ulong)at);
        BinaryPrimitives.WriteUInt16LittleEndian(written.AsSpan(60), (ushort)(headers.Length / HeaderSize));
        return written;
    }

    /// <summary>Writes the names anew with one more at their end, so that the others' offsets stay.</summary>
    private static void AddName(ByteBuffer whole, Span<byte> names, ReadOnlySpan<byte> file, Span<byte> target)
    {
        int at = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(names[24..]));
        int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(names[32..]));
        if (BinaryPrimitives.ReadUInt32LittleEndian(names[4..]) != StringTable)
        {
            throw new NotSupportedException("the names of the file's sections are not in a string table");
        }

        int start = whole.Length;
        whole.Write(file.Slice(at, length));
        whole.Write(Encoding.ASCII.GetBytes(BtfSections.Types + "\0"));
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)length);
        Place(names, start, whole.Length - start, 1);
    }

    private static void Place(Span<byte> header, int at, int length, int alignment)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)at);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], (ulong)alignment);
    }
}
