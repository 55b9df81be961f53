using System.Management.Automation;
using KernelDebug.Symbolization;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that gives places in the files of a kernel: how addresses and source paths are to be read as well.</summary>
public abstract class KernelAddressCommand : KernelFileCommand
{
    /// <summary>The directory taken off source paths.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? BasePath { get; set; }

    /// <summary>Runtime minus link-time address of the kernel, in bytes.</summary>
    [Parameter]
    [AddressTransformation]
    public ulong? KaslrOffset { get; set; }

    /// <inheritdoc/>
    private protected override SymbolizerOptions FileOptions() => base.FileOptions() with { BasePath = BasePath, KaslrOffset = KaslrOffset };
}
