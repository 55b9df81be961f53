namespace KernelDebug.IO;

/// <summary>The CRC-32 of <c>.gnu_debuglink</c> (GDB manual, "Separate Debug Files"): polynomial 0xedb88320, reflected.</summary>
public static class Crc32
{
    private static readonly uint[] s_table = MakeTable();

    /// <summary>Of a whole file, read in parts.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not readable.</exception>
    public static uint OfFile(string path)
    {
        using FileStream stream = File.OpenRead(path);
        var buffer = new byte[1 << 16];
        uint crc = 0;
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            crc = Update(crc, buffer.AsSpan(0, read));
        }

        return crc;
    }

    /// <summary>Goes on from the CRC of what came before; begin with 0.</summary>
    public static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (byte b in bytes)
        {
            crc = (crc >> 8) ^ s_table[(byte)(crc ^ b)];
        }

        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320 : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
