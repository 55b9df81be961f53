using System.Globalization;
using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>
/// Takes addresses as people write them: <c>0x18000000</c> as a number or as text. PowerShell reads <c>0xffffffff81000000</c> as a
/// negative number; its bits are meant.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddressTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>True where text without <c>0x</c> is hexadecimal too, as kallsyms and System.map print addresses.</summary>
    public bool TakesBareDigits { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => Base(inputData) is object[] several
        ? Array.ConvertAll(several, One)
        : One(inputData);

    /// <summary>The bits of a number that PowerShell may have read as negative.</summary>
    internal static ulong? Bits(object number) => number switch
    {
        int bits => (ulong)(uint)bits,
        long bits => unchecked((ulong)bits),
        uint bits => bits,
        ulong bits => bits,
        _ => null,
    };

    private object One(object given) => Base(given) switch
    {
        int or long => Bits(Base(given))!,
        string text when TryParse(text.Trim(), out ulong address) => address,
        var other => other,
    };

    private bool TryParse(string text, out ulong address)
    {
        bool isMarked = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        address = 0;
        return (isMarked || TakesBareDigits) && ulong.TryParse(text.AsSpan(isMarked ? 2 : 0), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address);
    }

    private static object Base(object given) => given is PSObject wrapped ? wrapped.BaseObject : given;
}
