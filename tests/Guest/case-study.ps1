# Runs in the guest, in the shared folder: gives the sample module BTF, loads it, traces one of its functions while packets go through, then
# functions of it and of the kernel by programs that are generated, and looks at the log of the crash before. What it finds is left in seen.json, for CaseStudy.Tests.ps1.
param([string] $Repository, [int] $Packets)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
$seen = [ordered]@{}

$seen.BtfBefore = Get-BtfObject -Path ./gtpsim.ko | Select-Object HasBtf, Reason
$seen.Conversion = ConvertTo-Btf ./gtpsim.ko | Select-Object Base, TypeCount, FunctionCount, Length
# A new device would solicit IPv6 routers when it likes; the packets are to be those that are sent here.
[IO.File]::WriteAllText('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1')
& insmod ./udp_tunnel.ko
& insmod ./gtpsim.ko
$seen.BtfObject = Get-BtfObject gtpsim | Select-Object Name, Id, Size, HasBtf
$seen.BtfInKernel = (Get-Item /sys/kernel/btf/gtpsim).Length
$seen.Functions = @(Get-TraceFunction -Module gtpsim | Select-Object Name, Prototype, CanFentry, CanKprobe)
$seen.Named = Get-TraceFunction gtpsim_encap_recv | Select-Object Name, Module, Prototype, CanFentry

& ip addr add 10.60.0.1/24 dev gtpsim0
& ip link set gtpsim0 up
# The kernel's own count of the calls.
$counts = '/sys/kernel/tracing/kprobe_profile'
function Get-CountOfKernel { [int]((Get-Content $counts | Where-Object { $_ -match '^\s*received\s' }) -split '\s+' -ne '')[1] }
Set-Content /sys/kernel/tracing/kprobe_events 'p:kerneldebug/received gtpsim_encap_recv'
$trace = Start-BpfTrace -Source "$Repository/tests/Guest/case-study.bpf.c" -AsSession
$seen.Attachments = @($trace.Attachments | ForEach-Object ToString)
$seen.Link = Get-BpfLink gtpsim_encap_recv | Select-Object Type, AttachType, Target, Module
Set-Content /sys/kernel/tracing/events/kerneldebug/received/enable 1
& busybox ping -c $Packets -W 2 10.60.0.2 | Out-Null
Set-Content /sys/kernel/tracing/events/kerneldebug/received/enable 0
$null = Stop-BpfTrace $trace -Keep
$seen.Events = @(Receive-BpfTrace $trace | Select-Object skb, length, device)
$seen.Drops = $trace.Drops.Total
Stop-BpfTrace $trace
$seen.CountOfKernel = Get-CountOfKernel

# Programs that New-BpfProject writes, as they are.
function Invoke-Project([string] $Name, [string[]] $Functions, [scriptblock] $Do) {
    $null = Get-TraceFunction $Functions | New-BpfProject "/tmp/$Name" -Return
    $trace = Start-BpfTrace -Source "/tmp/$Name/$Name.bpf.c" -AsSession
    & $Do
    $null = Stop-BpfTrace $trace -Keep
    $events = @(Receive-BpfTrace $trace)
    Stop-BpfTrace $trace
    @{
        Path = $trace.Path; Attachments = @($trace.Attachments | ForEach-Object ToString); Drops = $trace.Drops.Total
        Events = @($events | ForEach-Object { @{ Function = "$($_.function)"; IsReturn = [bool]$_.is_return; Result = $_.result; Own = $_.pid -eq $PID; Comm = $_.comm; First = '{0:x}' -f $_.arguments[0]; Last = $_.arguments[-1] } })
    }
}
$seen.OfModule = Invoke-Project traced gtpsim_encap_recv, gtpsim_dev_xmit {
    Set-Content /sys/kernel/tracing/events/kerneldebug/received/enable 1
    & busybox ping -c $Packets -W 2 10.60.0.2 | Out-Null
    Set-Content /sys/kernel/tracing/events/kerneldebug/received/enable 0
}
$seen.OfModuleCount = (Get-CountOfKernel) - $seen.CountOfKernel
Set-Content /sys/kernel/tracing/kprobe_events ''
$seen.OfKernel = Invoke-Project kernel vfs_mkdir, vfs_symlink {
    1..$Packets | ForEach-Object { $null = [IO.Directory]::CreateDirectory("/tmp/made$_"); $null = [IO.File]::CreateSymbolicLink("/tmp/link$_", "/tmp/made$_") }
}

# The module goes while it is probed.
$trace = Start-BpfTrace -Source "$Repository/tests/Faults/module.bpf.c" -AsSession
$seen.DeadBefore = @($trace.DeadProbes).Count
& rmmod gtpsim
$seen.Dead = "$($trace.DeadProbes)"
Stop-BpfTrace $trace -WarningVariable told -WarningAction SilentlyContinue
$seen.DeadTold = "$told"
& insmod ./gtpsim.ko
$seen.LinksLeft = @(Get-BpfLink).Count

$seen.FramesTraceable = @(Get-PanicTrace ./panic.log | Where-Object Title -NotMatch '^WARNING' | Select-Object -First 1 -ExpandProperty CallTrace | Get-TraceFunction | Select-Object Name, Module, CanFentry, CanKprobe, Reason)

# From the crash to a trace: where the kernel stopped and the frames of the log, while the fault is made once more, this time for a process
# that alone dies of it.
$report = Get-PanicTrace ./panic.log | Where-Object Title -NotMatch '^WARNING' | Select-Object -First 1
$began = [Diagnostics.Stopwatch]::StartNew()
$again = $report | Start-BpfTrace -Stack -ProcessName busybox -AsSession -WarningVariable left -WarningAction SilentlyContinue
$seen.SecondsToTrace = $began.Elapsed.TotalSeconds
$seen.CrashAttachments = @($again.Attachments | ForEach-Object ToString)
$seen.CrashUntraced = @($left | ForEach-Object ToString)
& busybox sh -c 'echo proc doublefree >/proc/gtpsim'
$null = Stop-BpfTrace $again -Keep
$calls = @(Receive-BpfTrace $again)
$seen.CrashDrops = $again.Drops.Total
Stop-BpfTrace $again
$seen.CrashEvents = @($calls | Where-Object { @($_.Stack | ForEach-Object Symbol) -match '^gtpsim_do_doublefree' } | ForEach-Object {
    [ordered]@{ Event = $_.Event; Time = $_.Time.TotalMicroseconds; Pointer = "$($_.GetMember('x') ?? $_.GetMember('object'))"; Stack = @($_.Stack | ForEach-Object Symbol) }
})
$seen.Oops = @(Get-PanicTrace -Live | Select-Object -Last 1 Title, @{ n = 'Function'; e = { $_.InstructionPointer.Symbol } })
$seen.ProgramsLeft = @(Get-BpfProgram).Count
$seen | ConvertTo-Json -Depth 6 | Set-Content ./seen.json
