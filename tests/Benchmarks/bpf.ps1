# The figures of bpf.sh: makes events, and has them taken by the engine, by pipelines and by a loader in C, in turn. Prints lines of
# "figure<TAB>value", medians of the runs.
param([string] $Folder, [string] $Engine, [int] $Runs = 5, [int] $Calls = 50000)
$ErrorActionPreference = 'Stop'
$root = (Resolve-Path "$PSScriptRoot/../..").Path
Import-Module "$root/KernelDebug.psd1"
$object = "$root/tests/Fixtures/bpf/syscalls.bpf.o"
$burst = 64

. "$PSScriptRoot/bpf/tools.ps1"

function Get-Median([object[]] $Values) { ($Values | Sort-Object)[[int][Math]::Floor($Values.Count / 2)] }

# A run of a consumer that is a process: what it printed at its end, and when the first event was made.
function Measure-Process([string] $File, [object[]] $Arguments, [int] $Count, [int] $Burst) {
    $maker = Start-Tool "$Folder/send" $Count
    $consumer = Start-Tool $File ($Arguments + $object, $maker.Id, $Burst)
    $null = $consumer.StandardOutput.ReadLine()
    Resume-Tool $maker
    $made = -split $maker.StandardOutput.ReadLine()
    $maker.WaitForExit()
    $line = [long[]](-split $consumer.StandardOutput.ReadLine())
    $consumer.WaitForExit()
    [pscustomobject]@{
        Rate = $line[1] / (($line[0] - [long]$made[0]) / 1e9); Received = $line[1]; Dropped = $line[2]; Cpu = $line[3] / [Math]::Max(1, $line[1])
        Hit = $line.Count -gt 5 -and $line[5] ? $line[4] / $line[5] : 0
    }
}

# Events a second that a pipeline takes while more are made than it can take, for some seconds.
function Measure-Pipeline([scriptblock] $Pipeline) {
    $maker = Start-Tool "$Folder/send" 1000000000
    Resume-Tool $maker
    $arguments = @{ Path = $object; Global = @{ wanted_pid = $maker.Id; burst = $burst }; Duration = 3; WarningAction = 'SilentlyContinue' }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $count = & $Pipeline $arguments
    $rate = $count / $clock.Elapsed.TotalSeconds
    $maker.Kill()
    $maker.WaitForExit()
    $rate
}

# A slow pipeline, a small buffer, and ten times as many events as it takes: what came and what was dropped, of what was made.
function Measure-Account([int] $Count) {
    $maker = Start-Tool "$Folder/send" $Count
    $session = Start-BpfTrace $object -Global @{ wanted_pid = $maker.Id; burst = $burst } -BufferSize 1MB -AsSession
    Resume-Tool $maker
    $received = 0
    while (-not $maker.HasExited) {
        Receive-BpfTrace $session | ForEach-Object { $received++; $null = $_.sequence }
    }
    $null = Stop-BpfTrace $session -Keep -WarningAction SilentlyContinue
    Receive-BpfTrace $session | ForEach-Object { $received++ }
    $drops = $session.Drops
    Stop-BpfTrace $session -WarningAction SilentlyContinue
    [pscustomobject]@{ Received = $received; ByReader = $drops.ByReader; ByProgram = $drops.ByProgram; Sent = [long]$Count * $burst }
}

# Nanoseconds a hit of the program takes that Start-BpfTrace loaded, as the kernel counts them; it sends nothing here.
function Measure-Hit([int] $Count) {
    $maker = Start-Tool "$Folder/send" $Count
    $session = Start-BpfTrace $object -Global @{ wanted_pid = $maker.Id; burst = 0 } -AsSession
    Resume-Tool $maker
    $maker.WaitForExit()
    $program = Get-BpfProgram send | Where-Object { $_.Owners.ProcessId -contains $PID }
    Stop-BpfTrace $session
    $program.RunTime.TotalNanoseconds / $program.RunCount
}

function Write-Figure([string] $Name, [double] $Value) { [Console]::WriteLine("$Name`t" + $Value.ToString('F2', [cultureinfo]::InvariantCulture)) }

$engines = [System.Collections.Generic.List[object]]::new()
$loaders = [System.Collections.Generic.List[object]]::new()
for ($i = 0; $i -lt $Runs; $i++) {
    $engines.Add((Measure-Process $Engine @('bpf') ($Calls * 4) $burst))
    $loaders.Add((Measure-Process "$Folder/load" @() ($Calls * 4) $burst))
}
foreach ($run in $engines + $loaders) {
    if ($run.Received + $run.Dropped -ne [long]$Calls * 4 * $burst) { throw "received $($run.Received) and dropped $($run.Dropped) of $([long]$Calls * 4 * $burst)" }
}
Write-Figure engine (Get-Median $engines.Rate)
Write-Figure loader (Get-Median $loaders.Rate)
Write-Figure 'engine cpu' (Get-Median $engines.Cpu)
Write-Figure 'loader cpu' (Get-Median $loaders.Cpu)

$pipelines = [ordered]@{
    'filter' = { param($a) Start-BpfTrace @a | & { begin { $n = 0 } process { $n++ } end { $n } } }
    'variable' = { param($a) $all = Start-BpfTrace @a; $all.Count }
    'measure' = { param($a) (Start-BpfTrace @a | Measure-Object).Count }
    'property' = { param($a) $n = 0; Start-BpfTrace @a | ForEach-Object { $n++; $null = $_.sequence }; $n }
}
foreach ($name in $pipelines.Keys) {
    Write-Figure "pipeline $name" (Get-Median @(1..$Runs | ForEach-Object { Measure-Pipeline $pipelines[$name] }))
}

$account = Measure-Account ($Calls * 2)
Write-Figure 'account received' $account.Received
Write-Figure 'account reader' $account.ByReader
Write-Figure 'account program' $account.ByProgram
Write-Figure 'account sent' $account.Sent

$statistics = '/proc/sys/kernel/bpf_stats_enabled'
$before = Get-Content $statistics
[IO.File]::WriteAllText($statistics, "1")
try {
    $ours = [System.Collections.Generic.List[double]]::new()
    $theirs = [System.Collections.Generic.List[double]]::new()
    for ($i = 0; $i -lt 10; $i++) {
        $ours.Add((Measure-Hit 1000000))
        $theirs.Add((Measure-Process "$Folder/load" @() 1000000 0).Hit)
    }
} finally {
    [IO.File]::WriteAllText($statistics, $before)
}
Write-Figure 'hit ours' (Get-Median $ours)
Write-Figure 'hit loader' (Get-Median $theirs)
Write-Figure 'hit ratio' (Get-Median @(0..9 | ForEach-Object { $ours[$_] / $theirs[$_] }))
