# Runs in the guest, in the shared folder: unloads the sample module while it is traced, by fentry and by a kprobe, and says what happens.
# Ends with 1 where something is not as it should be.
param([string] $Repository)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
$failed = 0
function Test-Fact([string] $What, [bool] $Holds, [string] $Seen) {
    "{0}  {1}  ({2})" -f ($Holds ? 'ok    ' : 'FAILED'), $What, $Seen
    if (-not $Holds) { $script:failed++ }
}
function Get-Left { @(Get-BpfProgram | Where-Object Name -In encap_recv, received).Count + @(Get-BpfLink | Where-Object Target -Match gtpsim).Count }
function Send-Packet([int] $Count) { & busybox ping -c $Count -W 2 10.60.0.2 | Out-Null }
function Add-Sample {
    & insmod ./gtpsim.ko
    & ip addr add 10.60.0.1/24 dev gtpsim0
    & ip link set gtpsim0 up
}

$null = ConvertTo-Btf ./gtpsim.ko
& insmod ./udp_tunnel.ko
Add-Sample

$trace = Start-BpfTrace -Source "$Repository/tests/Guest/case-study.bpf.c" -AsSession
Send-Packet 3
$said = & rmmod gtpsim 2>&1
Test-Fact 'fentry: the kernel does not unload a module that is traced' ($LASTEXITCODE -ne 0 -and (Test-Path /sys/module/gtpsim)) "$said"
$link = Get-BpfLink | Where-Object Target -EQ gtpsim_encap_recv
Test-Fact 'and Get-BpfLink says who holds it' ($link.Module -eq 'gtpsim' -and $link.Owners.ProcessId -contains $PID) "$($link.Target) of $($link.Module), held by $($link.Owners)"
Test-Fact 'the trace goes on' ("$($trace.State)" -eq 'Running' -and $trace.ReceivedCount -ge 3) "$($trace.State), $($trace.ReceivedCount) events"
Stop-BpfTrace $trace
Test-Fact 'nothing is left' ((Get-Left) -eq 0) "$(Get-Left) left"
& rmmod gtpsim
Test-Fact 'and the module can go' ($LASTEXITCODE -eq 0 -and -not (Test-Path /sys/module/gtpsim)) "rmmod ended with $LASTEXITCODE"

$missing = $null
Start-BpfTrace -Source "$Repository/tests/Guest/case-study.bpf.c" -ErrorVariable missing -ErrorAction SilentlyContinue -Duration 1
Test-Fact 'fentry: without the module it is refused, with what to do' ($missing.Count -eq 1 -and $missing[0].ErrorDetails.RecommendedAction) "$($missing[0]) -> $($missing[0].ErrorDetails.RecommendedAction)"

Add-Sample
$trace = Start-BpfTrace -Source "$Repository/tests/Faults/module.bpf.c" -AsSession
Send-Packet 3
$said = & rmmod gtpsim 2>&1
Test-Fact 'kprobe: the module goes' ($LASTEXITCODE -eq 0 -and -not (Test-Path /sys/module/gtpsim)) "rmmod ended with $LASTEXITCODE $said"
$events = @(Receive-BpfTrace $trace)
Test-Fact 'the events from before are there' ($events.Count -ge 3) "$($events.Count) events"
Test-Fact 'the trace goes on, without any' ("$($trace.State)" -eq 'Running') "$($trace.State)"
Test-Fact 'and says what went' ("$($trace.DeadProbes)" -eq 'received in gtpsim') "$($trace.DeadProbes)"
Add-Sample
Send-Packet 2
Start-Sleep -Milliseconds 300
$events = @(Receive-BpfTrace $trace)
Test-Fact 'kprobe: after the module came again there are no events either' ($events.Count -eq 0) "$($events.Count) events"
Stop-BpfTrace $trace -WarningVariable told -WarningAction SilentlyContinue
Test-Fact 'which Stop-BpfTrace says' ("$told" -match 'gtpsim was unloaded') "$told"
$gone = Start-ThreadJob { while (-not (& bpftool -j link | ConvertFrom-Json)) { Start-Sleep -Milliseconds 200 }; Start-Sleep 2; & rmmod gtpsim }
Start-BpfTrace -Source "$Repository/tests/Faults/module.bpf.c" -Duration 8 -WarningVariable told -WarningAction SilentlyContinue | Out-Null
$null = $gone | Receive-Job -Wait -AutoRemoveJob
Test-Fact 'and a trace in the foreground, once' ($told.Count -eq 1 -and "$told" -match 'gtpsim was unloaded') "$told"
Test-Fact 'nothing is left' ((Get-Left) -eq 0) "$(Get-Left) left"
exit $failed -gt 0 ? 1 : 0
