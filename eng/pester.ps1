# Runs the tests of a folder or a file and writes "PASSED FAILED SKIPPED" to -Results. Pester is that of the module path, else the one that the tests'
# build restored below -Packages, NuGet's folder. Exit code 3: there is no Pester 5 to run it with.
param([string] $Results, [string] $Packages, [string] $Path = 'tests/Pester')
$ErrorActionPreference = 'Stop'
$pester = Get-Module -ListAvailable -Name Pester | Where-Object Version -GE 5.3 | Sort-Object Version -Descending | Select-Object -First 1
$file = $pester ? $pester.Path : (Get-ChildItem "$Packages/pester/5.*/tools/Pester.psd1" -ErrorAction Ignore | Select-Object -Last 1).FullName
if (-not $file) { exit 3 }
Import-Module $file
$configuration = New-PesterConfiguration
$configuration.Run.Path = Join-Path $PSScriptRoot "../$Path"
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$run = Invoke-Pester -Configuration $configuration
# A file that does not load has no tests to fail: its container counts.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
Set-Content -LiteralPath $Results -Value "$($run.PassedCount) $failed $($run.SkippedCount + $run.NotRunCount)"
exit ($failed -gt 0 ? 1 : 0)
