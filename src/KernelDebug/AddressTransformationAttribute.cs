using System.Globalization;
using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>
/// Takes an address as people write it: <c>0x18000000</c> as a number or as text. PowerShell reads <c>0xffffffff81000000</c> as a
/// negative number; its bits are meant.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        int and < 0 and var bits => (ulong)(uint)bits,
        long and < 0 and var bits => unchecked((ulong)bits),
        string text when text.Trim().StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && ulong.TryParse(text.Trim().AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address) => address,
        _ => inputData,
    };
}
