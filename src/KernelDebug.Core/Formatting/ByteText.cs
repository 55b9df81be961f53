namespace KernelDebug.Formatting;

/// <summary>Amounts of bytes for people.</summary>
public static class ByteText
{
    /// <summary><c>633 MB</c>, <c>12.4 kB</c>: three digits are enough, in powers of 1000.</summary>
    public static string Size(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "kB", "MB", "GB", "TB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++)
        {
            value /= 1000;
        }

        return unit == 0 || value >= 99.95 ? $"{value:0} {units[unit]}" : $"{value:0.0} {units[unit]}";
    }

    /// <summary><c>12.4 MB of 633 MB</c>, or what has come where the whole is not known.</summary>
    public static string Progress(long received, long? total) => total is { } whole ? $"{Size(received)} of {Size(whole)}" : Size(received);
}
