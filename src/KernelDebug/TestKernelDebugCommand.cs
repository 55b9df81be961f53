using System.Management.Automation;
using KernelDebug.Doctor;

namespace KernelDebug.Commands;

/// <summary>Test-KernelDebug: what of this machine looking into its kernel rests on, and how to get what is missing.</summary>
[Cmdlet(VerbsDiagnostic.Test, "KernelDebug")]
[OutputType(typeof(HostCheck))]
public sealed class TestKernelDebugCommand : PSCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (HostCheck check in HostChecks.Run().TakeWhile(_ => !Stopping))
        {
            WriteObject(check);
        }
    }
}
