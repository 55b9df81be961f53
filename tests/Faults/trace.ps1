# Traces the system calls of a process until it is ended, and says by a file that events come.
param([int] $Process, [string] $Sign)
Import-Module (Resolve-Path "$PSScriptRoot/../../KernelDebug.psd1").Path
$said = $false
Start-BpfTrace "$PSScriptRoot/../Fixtures/bpf/syscalls.bpf.o" -Global @{ wanted_pid = $Process } -WarningAction SilentlyContinue | ForEach-Object {
    if (-not $said) { $said = $true; Set-Content $Sign $PID }
}
