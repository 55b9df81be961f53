# What the cmdlets cost in a PowerShell that has used them before. Prints "figure<TAB>milliseconds", medians.
param([string] $Log, [string] $Vmlinux, [string] $ModulePath, [int] $Runs = 11)
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot '../../KernelDebug.psd1')
$lines = [IO.File]::ReadAllLines((Resolve-Path -LiteralPath $Log))
$one = $lines | Where-Object { $_ -match 'RIP: 0010:' } | Select-Object -First 1
$files = @{ Vmlinux = $Vmlinux; ModulePath = $ModulePath; WarningAction = 'Ignore' }

function Measure-Median([string] $Figure, [scriptblock] $Action) {
    & $Action
    & $Action
    $times = foreach ($run in 1..$Runs) {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        & $Action
        $clock.Elapsed.TotalMilliseconds
    }
    $median = ($times | Sort-Object)[[Math]::Floor($Runs / 2)]
    "$Figure`t" + $median.ToString('F1', [cultureinfo]::InvariantCulture)
}

$clock = [Diagnostics.Stopwatch]::StartNew()
$null = $lines | ConvertTo-DecodedStack @files
"first pipeline of the process`t" + $clock.Elapsed.TotalMilliseconds.ToString('F1', [cultureinfo]::InvariantCulture)
Measure-Median 'the log through ConvertTo-DecodedStack' { $null = $lines | ConvertTo-DecodedStack @files }
Measure-Median 'the log through Get-PanicTrace | ConvertTo-DecodedStack' { $null = Get-PanicTrace -Path $Log | ConvertTo-DecodedStack @files }
Measure-Median 'one line through ConvertTo-DecodedStack' { $null = $one | ConvertTo-DecodedStack @files }
