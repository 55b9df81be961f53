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

    /// <exception cref="BinaryFormatException">The data is damaged or ends early.</exception>
    public static void Decompress(ByteSlice input, OutputBuffer output)
    {
        nint stream = NativeCall.Load("zstd", "libzstd1", ZSTD_createDStream);
        try
        {
            ReadOnlySpan<byte> bytes = input.Span;
            // SAFETY: both buffers are pinned for each call, and libzstd stays within the sizes given.
            fixed (byte* start = bytes)
            {
                var source = new Buffer { Data = start, Size = (nuint)bytes.Length };
                nuint hint;
                do
                {
                    Span<byte> free = output.Free();
                    fixed (byte* target = free)
                    {
                        var sink = new Buffer { Data = target, Size = (nuint)free.Length };
                        nuint before = source.Position;
                        hint = ZSTD_decompressStream(stream, &sink, &source);
                        if (ZSTD_isError(hint) != 0)
                        {
                            throw input.Error((long)source.Position, $"expected zstd data, have: {Marshal.PtrToStringUTF8((nint)ZSTD_getErrorName(hint))}");
                        }

                        output.Advance((int)sink.Position);
                        if (sink.Position == 0 && source.Position == before && hint != 0)
                        {
                            throw input.Error((long)source.Position, "expected more zstd data, have the end");
                        }
                    }
                }
                while (hint != 0 || source.Position < source.Size);
            }
        }
        finally
        {
            _ = ZSTD_freeDStream(stream);
        }
    }
}
