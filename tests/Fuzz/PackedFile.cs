using KernelDebug.IO;

namespace KernelDebug.Fuzz;

/// <summary>A module compressed as a whole: what is damaged is what the decompressors get.</summary>
internal sealed class PackedFile(string path) : IFuzzTarget
{
    public string Name { get; } = Path.GetFileName(path);

    public byte[] Bytes { get; } = File.ReadAllBytes(path);

    public int Questions => 1;

    public int Ask(byte[] damaged, Random random)
    {
        try
        {
            var whole = new ByteSlice(ByteSource.FromArray(damaged, Name), "file", isBigEndian: false);
            CompressionKind kind = Decompression.Detect(damaged);
            return kind != CompressionKind.None && Decompression.Decompress(whole, kind, null).Length > 0 ? 1 : 0;
        }
        catch (BinaryFormatException)
        {
            return 0;
        }
    }
}
