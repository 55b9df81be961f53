# Runs in the guest, in the shared folder: attaches a program of each kind, does what it watches so many times, and counts the events, the
# kernel's own count of the program's calls beside them. What it finds is left in seen.json, for Attachments.Tests.ps1.
param([string] $Repository, [int] $Count)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
$seen = [ordered]@{}
$clock = [Diagnostics.Stopwatch]::StartNew()
function Note([string] $What) { '{0,6:F1} s {1}' -f $clock.Elapsed.TotalSeconds, $What }

# The kernel finds no modules by itself here.
foreach ($module in 'sch_ingress', 'cls_bpf') { & insmod "./$module.ko" }
& mount -t cgroup2 cgroup /sys/fs/cgroup
& mount -t securityfs security /sys/kernel/security
[IO.File]::WriteAllText('/proc/sys/kernel/bpf_stats_enabled', '1')
$null = New-Item -ItemType Directory /sys/fs/cgroup/work
$object = (Resolve-Path ./attachments.bpf.o).Path
Copy-Item ./attachments-target /tmp/attachments-target
$program = '/tmp/attachments-target'
& chmod +x $program
Note 'begins'

# The kernel's own count of a program's calls, which it makes while kernel.bpf_stats_enabled is on.
function Get-RunCount([string] $Name) { [long]((& bpftool -j prog show | ConvertFrom-Json) | Where-Object name -EQ $Name | ForEach-Object run_cnt | Measure-Object -Sum).Sum }

function Get-Left { @{ Programs = @(Get-BpfProgram).Count; Links = @(Get-BpfLink).Count; Maps = @(Get-BpfMap).Count; Bpftool = @((& bpftool -j prog show | ConvertFrom-Json) | ForEach-Object id).Count } }

function Test-Kind([string] $Name, [hashtable] $With, [scriptblock] $Do, [string] $As = $Name) {
    $warning = $failed = $trace = $null
    $trace = Start-BpfTrace -LiteralPath $object -Program $Name -AsSession @With -WarningVariable warning -WarningAction SilentlyContinue -ErrorVariable failed -ErrorAction SilentlyContinue
    if (-not $trace) {
        $script:seen[$As] = @{ ErrorId = $failed[0].FullyQualifiedErrorId; Message = $failed[0].ErrorDetails.Message; Action = $failed[0].ErrorDetails.RecommendedAction }
        Note "$As refused: $($failed[0].ErrorDetails.Message)"
        return
    }

    $running = [Diagnostics.Stopwatch]::StartNew()
    $result = & $Do
    $link = @(Get-BpfLink | Select-Object Type, AttachType, Target)
    $runs = Get-RunCount $Name
    $stopped = Stop-BpfTrace $trace -Keep -PassThru
    $running = $running.Elapsed.TotalSeconds
    $events = @(Receive-BpfTrace $trace | Select-Object pid, cpu, first, second)
    Stop-BpfTrace $trace
    $script:seen[$As] = @{
        Attachments = @($stopped.Attachments | ForEach-Object ToString); Seconds = $running; Result = $result; Events = $events.Count; Runs = $runs; Drops = $stopped.Drops.Total; Links = $link
        First = @($events | Select-Object -First 1); Last = @($events | Select-Object -Last 1); Warnings = @($warning | ForEach-Object ToString)
        Sum = ($events | Measure-Object first -Sum).Sum; Cpus = @($events.cpu | Sort-Object -Unique); Processes = @($events.pid | Sort-Object -Unique)
    }
    Note "$As $($events.Count) events, $runs runs"
}

function Invoke-Target([string] $What) { [int](& $program $What $Count) }

Test-Kind on_sample @{ SampleFrequency = 50 } { Start-Sleep -Seconds 1 }
Test-Kind on_sample @{ Target = @{ on_sample = 'page-faults:1' } } { Invoke-Target call } -As on_fault
Test-Kind on_call @{ Target = @{ on_call = "${program}:example_add" } } { Invoke-Target call }
Test-Kind on_return @{ Target = @{ on_return = "${program}:example_add" } } { Invoke-Target call }
Test-Kind on_call @{ Target = @{ on_call = "${program}:example_add" }; ProcessId = $PID } { Invoke-Target call } -As on_call_of_another
Test-Kind on_call @{ Target = @{ on_call = "${program}:example_add", "${program}:main" } } { Invoke-Target call } -As on_two_calls
Test-Kind on_usdt @{ Target = @{ on_usdt = "${program}:example:called" } } { Invoke-Target call }
Test-Kind on_usdt @{ Target = @{ on_usdt = "${program}:example:absent" } } { } -As on_absent_usdt
Test-Kind on_many @{} { Invoke-Target pgid }
Test-Kind on_kprobe @{ Target = @{ on_kprobe = 'security_task_getpgid' } } { Invoke-Target pgid }
Test-Kind on_ksyscall @{ Target = @{ on_ksyscall = 'getpgid' } } { Invoke-Target pgid }
Test-Kind on_tracepoint @{ Target = @{ on_tracepoint = 'syscalls:sys_enter_getpgid' } } { Invoke-Target pgid }
Test-Kind on_fentry @{ Target = @{ on_fentry = 'security_task_getpgid' } } { Invoke-Target pgid }
foreach ($hook in 'on_fmod_ret', 'on_lsm') {
    Test-Kind $hook @{} { Invoke-Target pgid }
    Test-Kind $hook @{ Global = @{ refuse = $true } } { Invoke-Target pgid } -As "${hook}_refusing"
}
Test-Kind on_xdp @{ Interface = 'lo' } { Invoke-Target send }
Test-Kind on_tc @{ Interface = 'lo' } { Invoke-Target send }
Test-Kind on_tc @{ Target = @{ on_tc = 'lo:egress' } } { Invoke-Target send } -As on_tc_egress
Test-Kind on_socket @{ Interface = 'lo' } { Invoke-Target send }
foreach ($hook in 'on_connect', 'on_egress') {
    Test-Kind $hook @{ Cgroup = '/sys/fs/cgroup/work' } {
        & bash -c "echo `$`$ >/sys/fs/cgroup/work/cgroup.procs; exec $program $($hook -eq 'on_connect' ? 'connect' : 'send') $Count"
    }
}
Test-Kind on_xdp @{} { } -As on_xdp_nowhere
Test-Kind on_connect @{} { } -As on_connect_nowhere

# Iterators: what /proc and the control groups themselves say beside them.
$threads = { @(Get-ChildItem "/proc/$PID/task").Count }
$before = & $threads
$own = @(Start-BpfTrace $object -Program on_task -Target @{ on_task = 'task' } -ProcessId $PID -EventType event)
$seen.on_task = @{ Count = $own.Count; Processes = @($own.pid | Sort-Object -Unique); Threads = @($before, (& $threads) | Sort-Object); Self = $PID }
$all = @(Start-BpfTrace $object -Program on_task -Target @{ on_task = 'task' } -EventType event)
$seen.all_tasks = @{ Processes = @($all.pid | Sort-Object -Unique).Count; Has = $PID -in $all.pid }
foreach ($name in 'work/a', 'work/b', 'work/a/c') { $null = New-Item -ItemType Directory "/sys/fs/cgroup/$name" }
$groups = @(Start-BpfTrace $object -Program on_cgroup -Cgroup /sys/fs/cgroup/work -EventType event)
$seen.on_cgroup = @{ Levels = @($groups.second); Ids = @($groups.first); Inodes = @('work', 'work/a', 'work/a/c', 'work/b' | ForEach-Object { [long](& stat -c %i "/sys/fs/cgroup/$_") }) }
Note 'iterators'

# A pinned map goes on with its count, and is there when no trace is.
$pin = '/sys/fs/bpf/calls'
$seen.Pins = @(foreach ($i in 1, 2) {
        $trace = Start-BpfTrace $object -Program on_counted -MapPin @{ calls = $pin } -AsSession
        $null = Invoke-Target pgid
        Stop-BpfTrace $trace
        (Get-BpfMapItem -LiteralPath $pin).Value
    })
$seen.PinnedWithoutTrace = (& bpftool -j map show pinned $pin | ConvertFrom-Json).name
Remove-Item $pin
Note 'pinned'
$seen.Left = Get-Left

# All of it at once, in a process that is killed.
$start = [Diagnostics.ProcessStartInfo]::new([Environment]::ProcessPath)
$with = "-Interface lo -Cgroup /sys/fs/cgroup/work -ExcludeProgram on_many -Target @{ on_call = '${program}:example_add'; on_return = '${program}:example_add';
    on_usdt = '${program}:example:called'; on_kprobe = 'security_task_getpgid'; on_ksyscall = 'getpgid'; on_tracepoint = 'syscalls:sys_enter_getpgid'
    on_fentry = 'security_task_getpgid'; on_task = 'task' }"
$code = "Import-Module '$Repository/KernelDebug.psd1'; `$trace = Start-BpfTrace $object -AsSession $with; `"up `$(`$trace.Attachments.Count)`"; Start-Sleep 600"
$itself = (Split-Path -Leaf $start.FileName) -eq 'dotnet' ? @([Environment]::GetCommandLineArgs()[0]) : @()
foreach ($argument in $itself + '-NoProfile', '-NonInteractive', '-Command', ($code -replace '\s*\n\s*', '; ')) { $start.ArgumentList.Add($argument) }
$start.RedirectStandardOutput = $true
$killed = [Diagnostics.Process]::Start($start)
$up = $killed.StandardOutput.ReadLine()
while ($up -match 'WARNING') { $up = $killed.StandardOutput.ReadLine() }
$seen.Together = $up
$seen.TogetherLeft = Get-Left
$killed.Kill()
$killed.WaitForExit()
$wait = [Diagnostics.Stopwatch]::StartNew()
while (@(Get-BpfProgram).Count -gt 1 -and $wait.Elapsed.TotalSeconds -lt 10) { Start-Sleep -Milliseconds 100 }
$seen.AfterKill = @(Get-BpfProgram | ForEach-Object Name)
& tc qdisc del dev lo clsact
Start-Sleep -Milliseconds 500
$seen.AfterKillLeft = Get-Left
$seen.Interface = "$(& ip -d link show lo)"
$seen.Seconds = [int]$clock.Elapsed.TotalSeconds
Note 'done'
$seen | ConvertTo-Json -Depth 6 | Set-Content ./seen.json
