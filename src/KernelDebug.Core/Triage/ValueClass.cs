using KernelDebug.Records;

namespace KernelDebug.Triage;

/// <summary>What a register's value looks like, which stays the same from boot to boot where the value itself does not.</summary>
internal static class ValueClass
{
    private const ulong Small = 0x10000;
    private const ulong KernelHalf = 0xffff800000000000;

    /// <summary>The class in words.</summary>
    public static string Of(CrashEvidence report, ulong value)
    {
        if (value == 0)
        {
            return "zero";
        }
        foreach (PoisonPointer poison in Poison.Pointers)
        {
            if (report.Is64Bit && value == poison.Value)
            {
                return poison.Name;
            }
        }
        foreach (PoisonByte poison in Poison.Bytes)
        {
            if (value == (report.Is64Bit ? poison.Word : (uint)poison.Word))
            {
                return poison.Name;
            }
        }
        ulong negative = report.Is64Bit ? 0 - value : (uint)(0 - value);
        return value < Small ? "small number"
            : negative <= ErrorNumbers.Max ? "small negative number"
            : !report.Is64Bit ? "number or pointer"
            : value >= KernelHalf ? "kernel pointer"
            : report.IsNonCanonical(value) ? "no address"
            : "number or user address";
    }
}
