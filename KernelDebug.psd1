@{
    RootModule           = 'Module/bin/KernelDebug.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '915ef807-0dd9-4a8f-ad9b-1b0b436a34a4'
    Author               = 'The KernelDebug authors'
    CompanyName          = 'The KernelDebug authors'
    Copyright            = '(c) The KernelDebug authors. MIT License.'
    Description          = 'Decodes Linux kernel panics: a log goes in, and out comes what happened and where, with file, line and inline chain.'
    CompatiblePSEditions = @('Core')
    PowerShellVersion    = '7.6'
    FormatsToProcess     = @('Module/KernelDebug.Format.ps1xml')
    TypesToProcess       = @('Module/KernelDebug.Types.ps1xml')
    CmdletsToExport      = @('Compare-BtfType', 'Compare-PanicTrace', 'ConvertTo-Btf', 'ConvertTo-DecodedStack', 'Export-BtfHeader', 'Export-FlameGraph', 'Export-KernelSymbol', 'Get-BpfLink', 'Get-BpfMap', 'Get-BpfMapItem', 'Get-BpfProgram', 'Get-BpfTrace', 'Get-BtfFunction', 'Get-BtfObject', 'Get-BtfType', 'Get-KernelDebugFile', 'Get-KernelSymbol', 'Get-PanicTrace', 'Get-TraceFunction', 'Get-TracePipe', 'Measure-TraceLatency', 'New-BpfProject', 'Read-BtfValue', 'Receive-BpfTrace', 'Resolve-KernelAddress', 'Set-BpfMapItem', 'Start-BpfTrace', 'Stop-BpfTrace', 'Test-KernelDebug', 'Wait-BpfTrace')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('Linux', 'kernel', 'panic', 'oops', 'debug', 'DWARF', 'ELF', 'stacktrace', 'PSEdition_Core')
        }
    }
}
