using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>Takes bytes as people have them: numbers, or hexadecimal text as dumps print it: <c>08 00 45 00</c>, <c>0x08004500</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BytesTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is not string text)
        {
            return inputData;
        }

        string digits = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        try
        {
            return Convert.FromHexString(digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits);
        }
        catch (FormatException notHex)
        {
            throw new ArgumentTransformationMetadataException($"Expected bytes as hexadecimal text, such as '08 00 45 00', have '{text}'.", notHex);
        }
    }
}
