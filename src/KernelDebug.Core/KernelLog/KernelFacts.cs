using KernelDebug.Records;

namespace KernelDebug.KernelLog;

/// <summary>What a line says about the kernel that printed it.</summary>
/// <param name="Release">The release, of a <c>CPU: ... PID: ...</c> line or the boot banner; null on any other line.</param>
/// <param name="Version">What follows the release on a <c>CPU:</c> line, <c>#1  Debian 6.1.192-2</c>; null otherwise.</param>
/// <param name="BuildId">The kernel's build-id where the line ends in it; null otherwise.</param>
/// <param name="KaslrOffset">Bytes of <c>Kernel Offset: 0x...</c>; null on any other line.</param>
public readonly record struct KernelFacts(string? Release, string? Version, string? BuildId, ulong? KaslrOffset)
{
    private const string Banner = "Linux version ";
    private const string Offset = "Kernel Offset: ";

    /// <summary>True for the boot banner: what comes is of another boot, with a load offset of its own.</summary>
    public bool IsBoot { get; init; }

    /// <summary>Reads a line.</summary>
    public static KernelFacts Read(PrintkLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        ReadOnlySpan<char> text = line.CleanMessage.AsSpan().TrimStart(' ');
        if (text.StartsWith(Offset, StringComparison.Ordinal))
        {
            return new KernelFacts(null, null, null, ReadOffset(text[Offset.Length..]));
        }

        if (text.StartsWith(Banner, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> rest = text[Banner.Length..];
            int end = rest.IndexOf(' ');
            return new KernelFacts((end < 0 ? rest : rest[..end]).ToString(), null, null, null) { IsBoot = true };
        }

        TaskHeader? header = TaskHeader.TryParse(text);
        return header is null ? default : new KernelFacts(header.Release, header.Version, header.BuildId, null);
    }

    /// <summary><c>0x23a00000 from 0xffffffff81000000 (...)</c> or <c>disabled</c> (arch/x86/kernel/setup.c, <c>dump_kernel_offset</c>).</summary>
    internal static ulong? ReadOffset(ReadOnlySpan<char> text)
    {
        int at = 0;
        return text.StartsWith("disabled", StringComparison.Ordinal) ? 0
            : HexText.TryParseNumber(text, ref at, out ulong offset, out bool isHex) && isHex ? offset
            : null;
    }
}
