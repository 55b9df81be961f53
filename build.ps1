#!/usr/bin/env pwsh

<#
.SYNOPSIS
Builds, tests, measures and packages KernelDebug.

.DESCRIPTION
The PowerShell door to the tasks of this repository. Each task is one script, eng/TASK.sh, which build.sh runs too, so that
a machine without PowerShell can do the same. The tests and the demo run in the PowerShell this script was started with.

As root on Debian a task installs the packages it needs and says so; without root it names them and stops.

.PARAMETER Task
Build    The module into Module/bin and kdecode into out/kdecode, both ReadyToRun where that can be had.
Demo     Builds, then decodes the panic log of samples/.
Test     Builds, then runs the xunit tests, and the Pester tests where Pester is found.
Bench    Builds, then measures kdecode beside the native tools.
Guest    Builds, boots Debian's kernel in qemu, makes it crash and decodes what it printed, then traces in it.
Package  Builds, then lays out a module folder that imports from anywhere, as out/KernelDebug-VERSION.tar.gz.

.PARAMETER ArgumentList
Arguments for the task's script: Bench and Guest take some (see tests/Benchmarks/side-by-side.sh and tests/Guest/run.sh).

.EXAMPLE
./build.ps1 -Task Demo

.EXAMPLE
./build.ps1 Test

.EXAMPLE
./build.ps1 Guest proc-null proc-bug
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Demo', 'Test', 'Bench', 'Guest', 'Package')]
    [string] $Task = 'Build',

    [Parameter(Position = 1, ValueFromRemainingArguments)]
    [string[]] $ArgumentList = @()
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command -Name sh -CommandType Application -ErrorAction Ignore)) {
    throw 'The tasks are POSIX shell scripts and no sh is on PATH. On Windows use WSL, or the sh that comes with Git.'
}
$env:KERNELDEBUG_PWSH = (Get-Process -Id $PID).Path
& sh (Join-Path $PSScriptRoot 'build.sh') $Task.ToLowerInvariant() @ArgumentList
exit $LASTEXITCODE
