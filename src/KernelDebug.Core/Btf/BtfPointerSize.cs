namespace KernelDebug.Btf;

/// <summary>The size of a pointer, which BTF does not state, from the size of <c>long</c>, which is the same in every Linux ABI.</summary>
internal static class BtfPointerSize
{
    private static readonly string[] LongNames =
        ["long unsigned int", "unsigned long", "long int", "long", "unsigned long int", "signed long", "signed long int"];

    /// <summary>4 or 8; 8 where the file has no <c>long</c>.</summary>
    public static int Guess(BtfFile file) => LongNames
        .Select(name => file.Find<BtfInt>(name))
        .FirstOrDefault(type => type is { ByteSize: 4 or 8 }) is { } found ? (int)found.ByteSize : 8;
}
