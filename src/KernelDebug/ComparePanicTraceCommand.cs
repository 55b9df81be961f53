using System.Management.Automation;
using KernelDebug.Records;
using KernelDebug.Triage;

namespace KernelDebug.Commands;

/// <summary>Compare-PanicTrace: what differs between two crash reports beyond addresses.</summary>
[Cmdlet(VerbsData.Compare, "PanicTrace")]
[OutputType(typeof(TraceComparison))]
public sealed class ComparePanicTraceCommand : PSCmdlet
{
    /// <summary>The report the others are held against.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public PanicTrace ReferenceObject { get; set; } = null!;

    /// <summary>The reports that are compared with it.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PanicTrace[] DifferenceObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (PanicTrace difference in DifferenceObject)
        {
            WriteObject(TraceComparer.Compare(ReferenceObject, difference));
        }
    }
}
