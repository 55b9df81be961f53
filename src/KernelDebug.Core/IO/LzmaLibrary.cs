using System.Runtime.InteropServices;

namespace KernelDebug.IO;

/// <summary>The system's liblzma.so.5 (lzma/base.h, lzma/container.h).</summary>
internal static unsafe partial class LzmaLibrary
{
    private const string Library = "liblzma.so.5";
    private const int Ok = 0;
    private const int StreamEnd = 1;
    private const int Run = 0;
    private const int Finish = 3;
    private const uint Concatenated = 0x08;

    /// <summary>Memory the decoder may take: xz -9 needs 65 MiB; the kernel's own decoder allows less.</summary>
    private const ulong MemoryLimit = 256UL << 20;

    /// <summary>lzma_stream of liblzma 5: the first eight fields are used, the reserved rest (24 to 80 bytes) must be zero.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        public void* Allocator;
        public void* Internal;
        public fixed ulong Reserved[12];
    }

    [LibraryImport(Library)]
    private static partial int lzma_stream_decoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(Library)]
    private static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(Library)]
    private static partial void lzma_end(LzmaStream* stream);

    /// <exception cref="BinaryFormatException">The data is damaged or ends early.</exception>
    public static void Decompress(ByteSlice input, OutputBuffer output)
    {
        var stream = default(LzmaStream);
        // SAFETY: the struct stays on this frame until lzma_end; buffers are pinned for each call.
        LzmaStream* handle = &stream;
        int code = NativeCall.Load("xz", "liblzma5", () => lzma_stream_decoder(handle, MemoryLimit, Concatenated));
        try
        {
            ReadOnlySpan<byte> bytes = input.Span;
            fixed (byte* start = bytes)
            {
                stream.NextIn = start;
                stream.AvailableIn = (nuint)bytes.Length;
                while (code == Ok)
                {
                    Span<byte> free = output.Free();
                    fixed (byte* target = free)
                    {
                        stream.NextOut = target;
                        stream.AvailableOut = (nuint)free.Length;
                        code = lzma_code(handle, stream.AvailableIn == 0 ? Finish : Run);
                        output.Advance(free.Length - (int)stream.AvailableOut);
                    }
                }
            }

            if (code != StreamEnd)
            {
                throw input.Error((long)stream.TotalIn, $"expected xz data, have what liblzma refuses with code {code} ({Name(code)})");
            }
        }
        finally
        {
            lzma_end(handle);
        }
    }

    /// <summary>A decoder; given back to <see cref="Free"/>.</summary>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public static nint Create()
    {
        // SAFETY: zeroed memory is LZMA_STREAM_INIT; it stays where it is until Free.
        var stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        try
        {
            int code = NativeCall.Load("xz", "liblzma5", () => lzma_stream_decoder(stream, MemoryLimit, Concatenated));
            return code == Ok ? (nint)stream : throw new InsufficientMemoryException($"liblzma makes no decoder: code {code} ({Name(code)})");
        }
        catch
        {
            NativeMemory.Free(stream);
            throw;
        }
    }

    /// <summary>Gives a decoder back.</summary>
    public static void Free(nint stream)
    {
        // SAFETY: made by Create, and not used again.
        lzma_end((LzmaStream*)stream);
        NativeMemory.Free((void*)stream);
    }

    /// <summary>Decodes as much as input and room allow.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="input">The next compressed bytes; none once there are no more.</param>
    /// <param name="output">Room for what comes of them.</param>
    /// <param name="read">How many of the input were taken.</param>
    /// <param name="written">How many were written.</param>
    /// <param name="error">What liblzma says of damaged data; null where it is sound.</param>
    /// <returns>True at the end of the data, with all of it written.</returns>
    public static bool Step(nint decoder, ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written, out string? error)
    {
        var stream = (LzmaStream*)decoder;
        // SAFETY: both buffers are pinned for the call, and liblzma stays within the sizes given.
        fixed (byte* from = input, to = output)
        {
            stream->NextIn = from;
            stream->AvailableIn = (nuint)input.Length;
            stream->NextOut = to;
            stream->AvailableOut = (nuint)output.Length;
            int code = lzma_code(stream, input.IsEmpty ? Finish : Run);
            (read, written) = (input.Length - (int)stream->AvailableIn, output.Length - (int)stream->AvailableOut);
            error = code is Ok or StreamEnd ? null : $"what liblzma refuses with code {code} ({Name(code)})";
            return code == StreamEnd;
        }
    }

    /// <summary>lzma_ret (lzma/base.h).</summary>
    private static string Name(int code) => code switch
    {
        5 => "LZMA_MEM_ERROR: out of memory",
        6 => "LZMA_MEMLIMIT_ERROR: needs too much memory",
        7 => "LZMA_FORMAT_ERROR: not xz",
        8 => "LZMA_OPTIONS_ERROR: unknown options",
        9 => "LZMA_DATA_ERROR: damaged",
        10 => "LZMA_BUF_ERROR: ends early",
        _ => "unexpected",
    };
}
