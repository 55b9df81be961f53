# Runs tests/Pester and writes "PASSED FAILED SKIPPED" to -Results. Exit code 3: there is no Pester 5 to run it with.
param([string] $Results)
$ErrorActionPreference = 'Stop'
$pester = Get-Module -ListAvailable -Name Pester | Where-Object Version -GE 5.3 | Sort-Object Version -Descending | Select-Object -First 1
if (-not $pester) { exit 3 }
Import-Module $pester.Path
$configuration = New-PesterConfiguration
$configuration.Run.Path = Join-Path $PSScriptRoot '../tests/Pester'
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$run = Invoke-Pester -Configuration $configuration
# A file that does not load has no tests to fail: its container counts.
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
Set-Content -LiteralPath $Results -Value "$($run.PassedCount) $failed $($run.SkippedCount + $run.NotRunCount)"
exit ($failed -gt 0 ? 1 : 0)
