using System.Globalization;
using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>A length of time: a number is seconds, where PowerShell would take it for units of 100 nanoseconds.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    private const double MostSeconds = 1e9;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = (inputData as PSObject)?.BaseObject ?? inputData;
        double? seconds = value switch
        {
            int or long or uint or double or float or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            string text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) => number,
            _ => null,
        };
        return seconds is >= 0 and < MostSeconds ? TimeSpan.FromSeconds(seconds.Value) : inputData;
    }
}
