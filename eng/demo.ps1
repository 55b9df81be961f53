# The part of the demo that runs in PowerShell.
param([string] $Log, [string] $ModulePath, [string] $Vmlinux)
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../KernelDebug.psd1')
$files = @{ ModulePath = $ModulePath }
if ($Vmlinux) { $files.Vmlinux = $Vmlinux }
Get-PanicTrace $Log | ConvertTo-DecodedStack @files -WarningAction SilentlyContinue
