using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>Several lines in one object, as <c>Get-Content -ReadCount</c> gives them, become one text: PowerShell would put blanks between them.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class LinesTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        object? lines = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return lines switch
        {
            string[] many => string.Join('\n', many) + "\n",
            object[] many when Array.TrueForAll(many, m => m is string or PSObject { BaseObject: string }) => string.Join('\n', many) + "\n",
            _ => inputData,
        };
    }
}
