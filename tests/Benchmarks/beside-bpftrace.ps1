# The figures of beside-bpftrace.sh; runs in the guest, in the shared folder.
param([string] $Repository, [int] $Runs, [int] $Calls, [string] $What)
$ErrorActionPreference = 'Stop'
$whole = [Diagnostics.Stopwatch]::StartNew()
Import-Module "$Repository/KernelDebug.psd1"
. "$Repository/tests/Benchmarks/bpf/tools.ps1"
[IO.File]::WriteAllText('/proc/sys/kernel/bpf_stats_enabled', '1')
$parts = $What ? (-split $What) : @('first', 'hit', 'rate')
$three = @{ Function = 'vfs_write'; Property = 'count', 'file->f_flags', 'file->f_path.dentry->d_name.len' }
$printed = 'args->count, args->file->f_flags, args->file->f_path.dentry->d_name.len'

function Get-Median([double[]] $Values) { ($Values | Sort-Object)[[int][Math]::Floor($Values.Count / 2)] }

function Format-Runs([double[]] $Values, [string] $Format = 'F1') { '{0} (of {1})' -f (Get-Median $Values).ToString($Format), (@($Values | Sort-Object | ForEach-Object { $_.ToString($Format) }) -join ' ') }

# bpftrace with the same header and values, attached.
function Open-Rival([int] $ProcessId) {
    Remove-Item ./bpftrace.out -ErrorAction Ignore
    Set-Content ./write.bt ('kfunc:vfs_write / pid == ' + $ProcessId + ' / { printf("%llu %d %d %d %s %llu %u %u\n", nsecs, pid, tid, cpu, comm, ' + $printed + '); }')
    $tool = Start-Tool /bin/sh ('-c', 'exec bpftrace -B full ./write.bt >./bpftrace.out 2>./bpftrace.errors')
    # What it prints is in a buffer until the end: its link is there once it is attached, and a little later it reads.
    while (-not $tool.HasExited -and -not @((Get-ChildItem "/proc/$($tool.Id)/fd" -ErrorAction Ignore).LinkTarget -match 'bpf.link')) { Start-Sleep -Milliseconds 500 }
    Start-Sleep 3
    $tool
}

function Close-Rival($Tool) {
    & kill -INT $Tool.Id
    $Tool.WaitForExit()
}

# Runs the calls once, and has what each program took a hit, in nanoseconds, by who loaded it.
function Measure-Hit($Maker, [scriptblock] $Which) {
    $before = @{}
    foreach ($program in & $Which) { $before[$program.Id] = $program }
    Resume-Tool $Maker
    $null = $Maker.StandardOutput.ReadLine()
    Start-Sleep -Milliseconds 300
    foreach ($program in & $Which) {
        $count = $program.RunCount - $before[$program.Id].RunCount
        if ($count -lt $Calls) { throw "$count hits of $Calls calls of $($program.Name)" }
        [pscustomobject]@{ Who = $program.Name -eq 'by_hand' ? 'C' : $program.Owners.ProcessId -contains $PID ? 'Start-BpfTrace' : 'bpftrace'
            Time = ($program.RunTime - $before[$program.Id].RunTime).TotalNanoseconds / $count }
    }
}

if ('first' -in $parts) {
    $maker = Start-Tool ./write steady
    $question = "Start-BpfTrace vfs_write -Property $(($three.Property | ForEach-Object { "'$_'" }) -join ', ') -Count 1"
    $import = "Import-Module '$Repository/KernelDebug.psd1'"
    # A new PowerShell, which is this one's program.
    function Invoke-New([string] $Command) {
        $leading = @(if ((Split-Path -Leaf ([Environment]::ProcessPath)) -eq 'dotnet') { [Environment]::GetCommandLineArgs()[0] })
        & ([Environment]::ProcessPath) @leading -NoProfile -Command $Command
        if ($LASTEXITCODE) { throw "pwsh ended with $LASTEXITCODE" }
    }
    $first, $later, $new, $theirs = 1..4 | ForEach-Object { , [Collections.Generic.List[double]]::new() }
    $clock = [Diagnostics.Stopwatch]::new()
    for ($i = 0; $i -lt $Runs; $i++) {
        # A prompt in use, of which nothing was traced yet.
        $times = Invoke-New "$import; `$null = Get-TraceFunction vfs_read; foreach (`$i in 1, 2) { (Measure-Command { if (-not ($question)) { throw 'no event' } }).TotalSeconds }"
        $first.Add($times[-2])
        $later.Add($times[-1])
        $clock.Restart()
        $null = Invoke-New "$import; $question"
        $new.Add($clock.Elapsed.TotalSeconds)
        $clock.Restart()
        $line = bpftrace -e ('kfunc:vfs_write { printf("%llu %d %d %d %s %llu %u %u\n", nsecs, pid, tid, cpu, comm, ' + $printed + '); exit(); }') 2>&1 | Select-String -NotMatch Attaching | Where-Object { "$_" } | Select-Object -First 1
        if ("$line" -notmatch '^\d+ \d+') { throw "no event: $line" }
        $theirs.Add($clock.Elapsed.TotalSeconds)
    }
    $maker.Kill()
    "first event, in seconds: bpftrace $(Format-Runs $theirs); Start-BpfTrace, the first of a prompt in use $(Format-Runs $first), the next $(Format-Runs $later); a new pwsh, import included $(Format-Runs $new)"
}

if ('hit' -in $parts) {
    Start-BpfTrace @three -ProcessId $PID -ShowProgram | ForEach-Object { '  {0,3} {1,-36} {2}' -f $_.Place, $_.Text, $_.Comment }
    $all = [Collections.Generic.List[object]]::new()
    $maker = Start-Tool ./write $Calls
    $byHand = @{ Path = "$PWD/write.bpf.o"; Global = @{ wanted_pid = $maker.Id }; AsSession = $true }
    function Start-One([string] $Who) { $Who -eq 'C' ? (Start-BpfTrace @byHand) : (Start-BpfTrace @three -ProcessId $maker.Id -AsSession) }
    $which = { Get-BpfProgram | Where-Object { "$($_.Type)" -eq 'Tracing' -and ($_.Owners.ProcessId -contains $PID -or $_.Owners.ProcessId -contains $bpftrace.Id) } }
    for ($i = 0; $i -lt $Runs; $i++) {
        # The kernel calls them in the order they were attached in, and the first takes longer: each is each as often.
        $order = $i % 2 ? @('C', 'ours') : @('ours', 'C')
        $sessions = @($order | ForEach-Object { Start-One $_ })
        $bpftrace = Open-Rival $maker.Id
        if ($i -eq 0) { & $which | ForEach-Object { "  $($_.Name) $($_.Type): $($_.Owners.ProcessId)" } }
        foreach ($position in 'before', 'around', 'after') {
            $round = @(Measure-Hit $maker $which)
            $all.Add([pscustomobject]@{ Run = $i; Position = "$position $($order[0])"; Ours = ($round | Where-Object Who -EQ Start-BpfTrace).Time; C = ($round | Where-Object Who -EQ C).Time; Bpftrace = ($round | Where-Object Who -EQ bpftrace).Time })
            if ($position -eq 'before') {
                Stop-BpfTrace $sessions[0] -WarningAction SilentlyContinue
                $sessions = @($sessions[1]; Start-One $order[0])
            } elseif ($position -eq 'around') {
                Stop-BpfTrace $sessions[0] -WarningAction SilentlyContinue
                $sessions = @($sessions[1]; Start-One $order[1])
            }
        }
        Close-Rival $bpftrace
        $sessions | Stop-BpfTrace -WarningAction SilentlyContinue
    }
    $maker.StandardInput.Close()
    $all | ForEach-Object { '  {0} {1,-12} ours {2,6:F0} C {3,6:F0} bpftrace {4,6:F0}' -f $_.Run, $_.Position, $_.Ours, $_.C, $_.Bpftrace }
    # Over the three positions of a run each of both was as often early as late.
    $means = @($all | Group-Object Run | ForEach-Object { @{ Ours = ($_.Group.Ours | Measure-Object -Average).Average; C = ($_.Group.C | Measure-Object -Average).Average; Bpftrace = ($_.Group.Bpftrace | Measure-Object -Average).Average } })
    "a hit: Start-BpfTrace $(Format-Runs $all.Ours F0) ns, C $(Format-Runs $all.C F0) ns, bpftrace $(Format-Runs $all.Bpftrace F0) ns"
    "ratio to C $(Format-Runs @($means | ForEach-Object { $_.Ours / $_.C }) F3), to bpftrace $(Format-Runs @($means | ForEach-Object { $_.Ours / $_.Bpftrace }) F3)"
}

if ('rate' -in $parts) {
    $count = $Calls * 10
    for ($i = 0; $i -lt $Runs; $i++) {
        $maker = Start-Tool ./write $count
        $session = Start-BpfTrace @three -ProcessId $maker.Id -AsSession
        $received = 0
        Resume-Tool $maker
        $line = $maker.StandardOutput.ReadLineAsync()
        while (-not $line.IsCompleted) { Receive-BpfTrace $session | ForEach-Object { $received++ }; Start-Sleep -Milliseconds 10 }
        $null = Stop-BpfTrace $session -Keep -WarningAction SilentlyContinue
        Receive-BpfTrace $session | ForEach-Object { $received++ }
        $times = [long[]](-split $line.Result)
        "rate, ours:     {0} calls in {1:F2} s; {2} received, {3} dropped, {4} unaccounted for; {5:F0} a second" -f $count, (($times[1] - $times[0]) / 1e9), $received, $session.Drops.Total, ($count - $received - $session.Drops.Total), ($received / (($times[1] - $times[0]) / 1e9))
        Stop-BpfTrace $session -WarningAction SilentlyContinue
        $maker.StandardInput.Close()

        $maker = Start-Tool ./write $count
        $bpftrace = Open-Rival $maker.Id
        Resume-Tool $maker
        $times = [long[]](-split $maker.StandardOutput.ReadLine())
        Start-Sleep 2
        Close-Rival $bpftrace
        $got = $lost = 0
        foreach ($written in [IO.File]::ReadLines("$PWD/bpftrace.out")) { if ($written -match '^\d+ ') { $got++ } elseif ($written -match 'Lost (\d+) events') { $lost += [int]$Matches[1] } }
        foreach ($written in @(Get-Content ./bpftrace.errors)) { if ($written -match 'Lost (\d+) events') { $lost += [int]$Matches[1] } }
        "rate, bpftrace: {0} calls in {1:F2} s; {2} received, {3} lost, {4} unaccounted for; {5:F0} a second" -f $count, (($times[1] - $times[0]) / 1e9), $got, $lost, ($count - $got - $lost), ($got / (($times[1] - $times[0]) / 1e9))
        $maker.StandardInput.Close()
    }
}
if ('attach' -in $parts) {
    # From Enter until all are attached, and until all are let go. bpftrace has a link, or an event of perf's, for each function, or one for all.
    $env:BPFTRACE_MAX_PROBES = '5000'
    $pattern = 'acpi_*'
    $functions = @(Get-TraceFunction $pattern -Module vmlinux | Where-Object { $_.CanFentry -and $_.CanKprobe })
    "attach: $($functions.Count) functions $pattern"
    function Measure-Ours([hashtable] $With) {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $trace = Start-BpfTrace $pattern -Module vmlinux -CountBy function -AsSession -WarningAction SilentlyContinue @With
        $attached = $clock.Elapsed.TotalSeconds
        $clock.Restart()
        $how = @($trace.Attachments | ForEach-Object { "$_" -replace '^.* at ' -replace '/.*' } | Group-Object | ForEach-Object { "$($_.Count) $($_.Name)" }) -join ', '
        Stop-BpfTrace $trace -WarningAction SilentlyContinue
        @{ Attached = $attached; Stopped = $clock.Elapsed.TotalSeconds; How = $how }
    }
    function Measure-Rival([string] $Hook) {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $tool = Start-Tool /bin/sh ('-c', "exec bpftrace -e '${Hook}:$pattern { @ = count(); }' >./bpftrace.out 2>./bpftrace.errors")
        # It prints how many it is to attach and nothing when it has: its links and events are there then, and grow no more.
        $count = 0
        $attached = [double]::NaN
        while (-not $tool.HasExited -and -not ($count -gt 0 -and $clock.Elapsed.TotalSeconds - $attached -gt 5)) {
            $now = @((Get-ChildItem "/proc/$($tool.Id)/fd" -ErrorAction Ignore).LinkTarget -match 'bpf.link|perf_event').Count
            if ($now -gt $count) { $count = $now; $attached = $clock.Elapsed.TotalSeconds }
            Start-Sleep -Milliseconds 50
        }
        if ($tool.HasExited) { throw "bpftrace ended: $(Get-Content ./bpftrace.errors -Raw)" }
        $clock.Restart()
        Close-Rival $tool
        @{ Attached = $attached; Stopped = $clock.Elapsed.TotalSeconds; How = "$count links and events, $(Get-Content ./bpftrace.out -TotalCount 1)" }
    }
    # Where the kernel has probes of many at once, they are what suits many. The other way takes minutes, and is measured once.
    $other = (Get-BtfType 'struct bpf_kprobe_multi_link' -ErrorAction Ignore) ? 'Fentry' : 'Kprobe'
    $ways = [ordered]@{ 'bpftrace kprobe' = { Measure-Rival kprobe }; 'Start-BpfTrace' = { Measure-Ours @{} }; "Start-BpfTrace -Hook $other" = { Measure-Ours @{ Hook = $other } } }
    $seen = @{}
    for ($i = 0; $i -lt $Runs; $i++) {
        foreach ($way in $ways.Keys | Select-Object -First ($i -eq 0 ? 3 : 2)) {
            $seen[$way] = @($seen[$way]) + @(& $ways[$way])
            "  $way`: attached in {0:F1} s, let go in {1:F1} s ({2})" -f $seen[$way][-1].Attached, $seen[$way][-1].Stopped, $seen[$way][-1].How
        }
    }
    foreach ($way in $ways.Keys) { "attach, $way`: $(Format-Runs @($seen[$way] | Where-Object { $_ } | ForEach-Object Attached)) s, let go $(Format-Runs @($seen[$way] | Where-Object { $_ } | ForEach-Object Stopped)) s" }
}
"measured in $([int]$whole.Elapsed.TotalSeconds) s"
