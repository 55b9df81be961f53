# The part of the demo that runs in PowerShell.
param([string] $Log, [string] $Bundle)
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../KernelDebug.psd1')
Get-PanicTrace $Log | ConvertTo-DecodedStack -Vmlinux $Bundle
