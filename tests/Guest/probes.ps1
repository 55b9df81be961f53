# Runs in the guest, in the shared folder: the functions of arguments.ps1 traced by probes, beside the same by trampolines. What was seen is left in
# seen.json, for Probes.Tests.ps1.
param([string] $Repository)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
$seen = [ordered]@{}
$clock = [Diagnostics.Stopwatch]::StartNew()
$null = ConvertTo-Btf ./arguments.ko
& insmod ./arguments.ko
. "$PSScriptRoot/arguments/tools.ps1"

# Each both ways.
function Test-Both([string] $Name, [hashtable] $With, [string] $Function) {
    Test-Trace $Name $With $Function
    Test-Trace "probed $Name" ($With + @{ Hook = 'Kprobe' }) $Function
}

function Test-BothCounts([string] $Name, [hashtable] $With, [string[]] $Function, [scriptblock] $Line) {
    Test-Count $Name $With $Function $Line
    Test-Count "probed $Name" ($With + @{ Hook = 'Kprobe' }) $Function $Line
}

# Of all functions at once, with what each takes and returns, and of some with other questions.
Test-Both 'together' @{ Return = $true; Latency = $true } 'at_*'
Test-Both pointers @{ Property = '*a', '*b', '*c', '*d', '*e', '*f', 'a[1]', 'c -eq d' } at_pointers
Test-Both whole @{ Expand = 'all' } at_structure
Test-Both 'failed' @{ Failed = $true } at_error_pointer
Test-Both 'both ends' @{ Property = 'return - depth', 'depth', 'return -gt depth'; Where = 'return * 2 -gt depth + 3' } at_recursive
Test-BothCounts both @{ CountBy = 'return' } @('at_error', 'at_structure') { "$($_.GetCount()) $($_.GetEventName())" }
Test-BothCounts widths @{ Histogram = 'all->tiny'; BucketWidth = 3; CountBy = 'all->half' } at_structure $histogram
Test-BothCounts early @{ Histogram = 'depth'; Where = 'return -gt 1' } at_recursive $histogram
Test-BothCounts 'both ends' @{ Histogram = 'depth + return' } at_recursive $histogram
Test-BothCounts trees @{ Tree = $true } @('at_write', 'at_functions', 'at_twice', 'at_error', 'at_recursive') $shape
Test-Trace 'probed stack' @{ Hook = 'Kprobe'; Stack = $true } at_recursive
Test-Count 'probed tail' @{ Hook = 'Kprobe'; Tree = $true } at_functions, at_twice $shape

# Functions of one name, by their addresses: the kernel's own list says which file's reading calls one of them.
$same = @(Get-TraceFunction type_show -Module vmlinux)
$trace = $same | Start-BpfTrace -Stack -AsSession -WarningVariable warning -WarningAction SilentlyContinue
$null = [IO.File]::ReadAllText('/sys/class/net/lo/type')
$null = Stop-BpfTrace $trace -Keep
$seen.SameName = @{
    Functions = $same.Count; Traced = Get-TracedCount $trace; Warnings = @($warning | ForEach-Object ToString)
    Stacks = @(Receive-BpfTrace $trace | ForEach-Object { @($_.Stack | ForEach-Object Symbol | Select-Object -First 2) -join ' ' })
}
Stop-BpfTrace $trace

# Calls that wait at the same time and are more than the kernel follows to their end: none ends before all have begun.
$trace = Start-BpfTrace hrtimer_nanosleep -Hook Kprobe -Return -AsSession
$sleepers = @(1..60 | ForEach-Object { [Diagnostics.Process]::Start('/bin/sleep', '1000') })
$wait = [Diagnostics.Stopwatch]::StartNew()
do {
    Start-Sleep -Milliseconds 100
    $asleep = $sleepers.Where({ [IO.File]::ReadAllText("/proc/$($_.Id)/wchan") -eq 'hrtimer_nanosleep' }).Count
} until ($asleep -eq $sleepers.Count -or $wait.Elapsed.TotalSeconds -gt 120)
$sleepers | ForEach-Object { $_.Kill(); $_.WaitForExit() }
$null = Stop-BpfTrace $trace -Keep -WarningVariable warning -WarningAction SilentlyContinue
$seen.Sleepers = @{ Calls = $sleepers.Count; Asleep = $asleep; Received = @(Receive-BpfTrace $trace | Where-Object Task -EQ sleep).Count; Drops = $trace.Drops.Total; Open = [int]([regex]::Match("$warning", '(\d+) probed calls').Groups[1].Value); Warnings = @($warning | ForEach-Object ToString) }
Stop-BpfTrace $trace -WarningAction SilentlyContinue

$seen.HasMany = $null -ne (Get-BtfType 'struct bpf_kprobe_multi_link' -ErrorAction Ignore)
if ($seen.HasMany) {
    # Many functions, by what suits them.
    $many = Get-TraceFunction 'tcp_*' -Module vmlinux | Where-Object CanFentry | Select-Object -First 150 | Start-BpfTrace -CountBy function -AsSession -WarningAction SilentlyContinue
    $seen.Many = @{ Traced = Get-TracedCount $many; Links = @($many.Attachments | ForEach-Object Target) -match '^kprobe\.multi/\d+ functions$' }
    Stop-BpfTrace $many

    $engine = Get-EngineTest $Repository
    if ($engine) { $seen.Engine = try { $engine::new().OfSeveralAtOnce_TheRefusedIsFound(); 'passed' } catch { "$_" } }
}

$seen.LinksLeft = @(Get-BpfLink).Count
$seen.ProgramsLeft = @(Get-BpfProgram).Count
$seen.Release = "$(uname -r)"
$seen | ConvertTo-Json -Depth 6 | Set-Content ./seen.json
