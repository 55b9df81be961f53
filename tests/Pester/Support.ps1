# Dot-sourced by each test file: the built module and the fixtures.
$Root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
$ModuleFile = $env:KERNELDEBUG_MODULE ? $env:KERNELDEBUG_MODULE : (Join-Path $Root 'KernelDebug.psd1')
Import-Module $ModuleFile -Force
$Samples = Join-Path $Root 'samples'
$Sample = Join-Path $Samples 'panic.log'
$SampleModule = Join-Path $Samples 'gtpsim'
$Fixtures = Join-Path $Root 'tests/Fixtures'
$Logs = Join-Path $Fixtures 'logs'
$Cases = Join-Path $Logs 'debian-6.1.0-56'
# For tests that are not about the kernel's own frames: a machine with its vmlinux must not answer otherwise, nor one without it warn.
$NoVmlinux = @{ Release = 'none-of-this-machine'; Force = $true; WarningAction = 'SilentlyContinue' }

# Another process of this PowerShell; as a .NET tool it is a dotnet that runs pwsh.dll.
function Invoke-Pwsh {
    $program = (Get-Process -Id $PID).Path
    if ((Split-Path $program -LeafBase) -eq 'dotnet') { & $program "$PSHOME/pwsh.dll" @args } else { & $program @args }
}
