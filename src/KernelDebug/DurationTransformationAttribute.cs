using System.Globalization;
using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>A length of time: a number is seconds, where PowerShell would take it for units of 100 nanoseconds.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData as PSObject)?.BaseObject ?? inputData switch
    {
        int or long or uint or double or float or decimal when Seconds(Convert.ToDouble(inputData, CultureInfo.InvariantCulture)) is { } time => time,
        string text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && Seconds(seconds) is { } time => time,
        _ => inputData,
    };

    private static TimeSpan? Seconds(double seconds) => seconds is >= 0 and < 1e9 ? TimeSpan.FromSeconds(seconds) : null;
}
