# What the types of a kernel cost in a PowerShell that asks for them for the first time. Prints "figure<TAB>milliseconds", medians over
# new processes.
param([string] $Types = '/sys/kernel/btf/vmlinux', [int] $Runs = 11, [switch] $First)
$ErrorActionPreference = 'Stop'
$invariant = [cultureinfo]::InvariantCulture
Import-Module (Join-Path $PSScriptRoot '../../KernelDebug.psd1')

function Write-Time([string] $Figure, [scriptblock] $Action) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    & $Action
    "$Figure`t" + $clock.Elapsed.TotalMilliseconds.ToString('F3', $invariant)
}

if ($First) {
    # The PowerShell is warm, the types were never asked for.
    1..200 | ForEach-Object { [pscustomobject]@{ A = $_ } } | Where-Object A -GT 100 | Out-String | Out-Null
    Get-Command Get-Bt* | Out-Null
    $null = TabExpansion2 'Get-Item /et' 12
    Write-Time first { Get-BtfType sk_buff -Path $Types | Out-Null }
    $line = "Get-BtfType -Path $Types -Name task_s"
    Write-Time completion { $null = TabExpansion2 $line $line.Length }
    $line = "Get-BtfFunction -Path $Types -Name tcp_"
    Write-Time functions { $null = TabExpansion2 $line $line.Length }
    return
}

$program = (Get-Process -Id $PID).Path
$arguments = (Split-Path $program -LeafBase) -eq 'dotnet' ? @("$PSHOME/pwsh.dll") : @()
1..$Runs | ForEach-Object { & $program @arguments -NoProfile -File $PSCommandPath -Types $Types -First } | Group-Object { $_.Split("`t")[0] } | ForEach-Object {
    $times = $_.Group | ForEach-Object { [double]::Parse($_.Split("`t")[1], $invariant) } | Sort-Object
    "$($_.Name)`t" + $times[[Math]::Floor($times.Count / 2)].ToString('F3', $invariant)
}
