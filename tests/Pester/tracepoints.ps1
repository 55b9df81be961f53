# Runs where tracefs is mounted for this process alone, and writes what tracepoints gave beside what the kernel itself printed of them.
param([string] $Root)
$ErrorActionPreference = 'Stop'
Import-Module "$Root/KernelDebug.psd1"
. "$PSScriptRoot/BpfSupport.ps1"
$tracing = '/sys/kernel/tracing'
$seen = @{}

# The same switches, by the kernel's own text: an instance with the same clock that is on before and off after.
$instance = (New-Item -ItemType Directory "$tracing/instances/kerneldebug-$PID").FullName
try {
    Set-Content "$instance/trace_clock" boot
    Set-Content "$instance/buffer_size_kb" 8192
    Set-Content "$instance/events/sched/sched_switch/enable" 1
    Set-Content "$instance/events/sched/sched_process_exec/enable" 1
    $trace = Start-BpfTrace -Tracepoint sched_switch, sched:sched_process_exec -AsSession
    & /bin/true
    & /bin/echo | Out-Null
    $null = $trace | Wait-BpfTrace -Count 20 -Timeout 20
    $stopped = $trace | Stop-BpfTrace -PassThru -Keep
    Set-Content "$instance/events/enable" 0
    $events = @($stopped | Receive-BpfTrace)
    Stop-BpfTrace $stopped
    $printed = @(Get-TracePipe -Instance (Split-Path -Leaf $instance) -Snapshot | Where-Object Kind -EQ Event)
}
finally { & rmdir $instance }
$seen.Received = $stopped.ReceivedCount
$seen.Drops = $stopped.Drops.Total
$seen.Events = @($events | ForEach-Object {
    $text = if ($_.Event -eq 'sched:sched_switch') { "$($_.prev_comm) $($_.prev_pid) $($_.prev_prio) $($_.next_comm) $($_.next_pid) $($_.next_prio)" }
    else { "$($_.filename) $($_.pid) $($_.old_pid)" }
    [pscustomobject]@{ Event = $_.Event; Cpu = $_.Cpu; Thread = $_.ThreadId; Micro = [math]::Floor($_.Time.Ticks / 10); Text = $text }
})
$seen.Printed = @($printed | ForEach-Object {
    if ($_.Message -match '^prev_comm=(.*) prev_pid=(\d+) prev_prio=(\d+) prev_state=\S+ ==> next_comm=(.*) next_pid=(\d+) next_prio=(\d+)$') { $name = 'sched:sched_switch'; $text = "$($Matches[1]) $($Matches[2]) $($Matches[3]) $($Matches[4]) $($Matches[5]) $($Matches[6])" }
    elseif ($_.Message -match '^filename=(.*) pid=(\d+) old_pid=(\d+)$') { $name = 'sched:sched_process_exec'; $text = "$($Matches[1]) $($Matches[2]) $($Matches[3])" }
    [pscustomobject]@{ Event = $name; Cpu = $_.Cpu; Thread = $_.ProcessId; Micro = [math]::Floor($_.Time.Ticks / 10); Text = $text }
})

# What this process alone does, and what a text in its memory says.
$trace = Start-BpfTrace -Tracepoint syscalls:sys_enter_openat, syscalls:sys_exit_getpgid, syscalls:sys_enter_write -ProcessId $PID -TextSize 16 -AsSession
$null = [IO.File]::Exists('/x')
$null = try { [IO.File]::ReadAllText('/nonexistent') } catch { }
$null = try { [IO.File]::ReadAllText('/nonexistent/' + 'a' * 40) } catch { }
Invoke-Getpgid 25
[Console]::Error.WriteLine('written')
$trace | Stop-BpfTrace -Keep
$own = @(Receive-BpfTrace $trace)
Stop-BpfTrace $trace
$seen.Calls = @($own | Where-Object Event -EQ 'syscalls:sys_exit_getpgid').Count
$seen.Results = @($own | Where-Object Event -EQ 'syscalls:sys_exit_getpgid' | ForEach-Object ret | Sort-Object -Unique)
$seen.Group = (Get-Content /proc/self/stat).Split(' ')[4]
$seen.Opened = @($own | Where-Object Event -EQ 'syscalls:sys_enter_openat' | ForEach-Object { "$($_.dfd) $($_.filename)" })
$seen.Written = @($own | Where-Object Event -EQ 'syscalls:sys_enter_write' | ForEach-Object { $_.buf.GetType().Name } | Sort-Object -Unique)
$seen.View = @($own | Select-Object -First 3 | Format-Table | Out-String -Width 120) -join ''
$seen.Processes = @($own | ForEach-Object ProcessId | Sort-Object -Unique).Count

$seen.Completed = @((TabExpansion2 'Start-BpfTrace -Tracepoint sched_sw' -cursorColumn 35).CompletionMatches.ListItemText)
$null = Start-BpfTrace -Tracepoint nosuch -ErrorAction SilentlyContinue -ErrorVariable wrong
$seen.Wrong = $wrong[0].FullyQualifiedErrorId
$null = Start-BpfTrace -Tracepoint sched_switch -WhatIf
$seen.Left = (Get-LoadedProgram sched_switch).Count
$seen | ConvertTo-Json -Depth 4 -Compress
