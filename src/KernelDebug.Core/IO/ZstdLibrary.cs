using System.Runtime.InteropServices;

namespace KernelDebug.IO;

/// <summary>The system's libzstd.so.1, streaming decompression (zstd.h, "Streaming decompression - HowTo").</summary>
internal static unsafe partial class ZstdLibrary
{
    private const string Library = "libzstd.so.1";

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer: pointer, size, position.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public void* Data;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport(Library)]
    private static partial nint ZSTD_createDStream();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeDStream(nint stream);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressStream(nint stream, Buffer* output, Buffer* input);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial byte* ZSTD_getErrorName(nuint code);

    /// <summary>A decoder; given back to <see cref="Free"/>.</summary>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public static nint Create() => NativeCall.Load("zstd", "libzstd1", ZSTD_createDStream);

    /// <summary>Gives a decoder back.</summary>
    public static void Free(nint stream) => _ = ZSTD_freeDStream(stream);

    /// <summary>Decodes as much as input and room allow.</summary>
    /// <param name="stream">The decoder.</param>
    /// <param name="input">The next compressed bytes.</param>
    /// <param name="output">Room for what comes of them.</param>
    /// <param name="read">How many of the input were taken.</param>
    /// <param name="written">How many were written.</param>
    /// <param name="error">What libzstd says of damaged data; null where it is sound.</param>
    /// <returns>True at the end of a frame, with all of it written.</returns>
    public static bool Step(nint stream, ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written, out string? error)
    {
        // SAFETY: both buffers are pinned for the call, and libzstd stays within the sizes given.
        fixed (byte* from = input, to = output)
        {
            var source = new Buffer { Data = from, Size = (nuint)input.Length };
            var sink = new Buffer { Data = to, Size = (nuint)output.Length };
            nuint hint = ZSTD_decompressStream(stream, &sink, &source);
            error = ZSTD_isError(hint) != 0 ? Marshal.PtrToStringUTF8((nint)ZSTD_getErrorName(hint)) ?? "an error" : null;
            (read, written) = ((int)source.Position, (int)sink.Position);
            return hint == 0;
        }
    }

    /// <exception cref="BinaryFormatException">The data is damaged or ends early.</exception>
    public static void Decompress(ByteSlice input, OutputBuffer output)
    {
        nint stream = Create();
        try
        {
            ReadOnlySpan<byte> bytes = input.Span;
            int at = 0;
            bool isWhole;
            do
            {
                isWhole = Step(stream, bytes[at..], output.Free(), out int read, out int written, out string? error);
                at += read;
                if (error is not null)
                {
                    throw input.Error(at, $"expected zstd data, have: {error}");
                }

                output.Advance(written);
                if (written == 0 && read == 0 && !isWhole)
                {
                    throw input.Error(at, "expected more zstd data, have the end");
                }
            }
            while (!isWhole || at < bytes.Length);
        }
        finally
        {
            Free(stream);
        }
    }
}
