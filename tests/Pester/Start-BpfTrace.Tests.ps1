BeforeDiscovery {
    . $PSScriptRoot/BpfSupport.ps1
    $script:NoBpf = -not (Test-BpfLoad)
    $script:NoTracepoints = $NoBpf
    if (-not $NoBpf) {
        # Where it is mounted already, it cannot be once more.
        & unshare -m sh -c '[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing' 2>$null
        $script:NoTracepoints = $LASTEXITCODE -ne 0
    }
}
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Start-BpfTrace' -Skip:$NoBpf {
    It 'makes an object of each event, its members as properties, and leaves nothing behind' {
        $trace = Start-BpfTrace @Calls -AsSession
        Invoke-Getpgid 3
        $events = $trace | Wait-BpfTrace -Count 3 -Timeout 10 | Receive-BpfTrace
        $trace | Stop-BpfTrace
        $events.sequence | Should -Be 0, 1, 2
        $first = $events[0]
        $first.pid, $first.argument, "$($first.way)", $first.flag, $first.rest, $first.fill.Count | Should -Be $PID, -1, 'WAY_RING', 1, 77, 24
        $first.comm | Should -Not -BeNullOrEmpty
        $first.PSObject.TypeNames[0] | Should -Be 'KernelDebug.Btf.Value#event'
        $first.pid.GetType(), $first.argument.GetType(), $first.sequence.GetType() | Should -Be ([uint32], [int], [ulong])
        Wait-Unloaded send | Should -Be 0
    }

    It 'reads perf buffers as well' {
        $trace = Start-BpfTrace -Path $Calls.Path -Global @{ wanted_pid = $PID; way = 'WAY_PERF'; burst = 2 } -AsSession
        Invoke-Getpgid 2
        $events = $trace | Wait-BpfTrace -Count 4 -Timeout 10 | Receive-BpfTrace
        $trace | Stop-BpfTrace
        $events.sequence | Should -Be 0, 1, 2, 3
        "$($events[0].way)" | Should -Be 'WAY_PERF'
    }

    It 'streams until <Title>' -ForEach @(
        @{ Title = 'Count'; With = @{ Count = 2 }; First = 100 }
        @{ Title = 'Select-Object -First'; With = @{}; First = 2 }
    ) {
        $caller = Start-ThreadJob { param($Support) . $Support; while ($true) { Invoke-Getpgid; Start-Sleep -Milliseconds 5 } } -ArgumentList "$PSScriptRoot/BpfSupport.ps1"
        try { (Start-BpfTrace @Calls @With | Select-Object -First $First).sequence | Should -Be 0, 1 }
        finally { $caller | Stop-Job -PassThru | Remove-Job }
        Wait-Unloaded send | Should -Be 0
    }

    It 'ends after -Duration, and with an error downstream' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Start-BpfTrace -Path $Calls.Path -Duration 0.3 | Should -BeNullOrEmpty
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.29
        $caller = Start-ThreadJob { param($Support) . $Support; while ($true) { Invoke-Getpgid; Start-Sleep -Milliseconds 5 } } -ArgumentList "$PSScriptRoot/BpfSupport.ps1"
        try { { Start-BpfTrace @Calls | ForEach-Object { throw 'enough' } } | Should -Throw 'enough' }
        finally { $caller | Stop-Job -PassThru | Remove-Job }
        Wait-Unloaded send | Should -Be 0
    }

    It 'counts what a full ring buffer refused, exactly' {
        $trace = Start-BpfTrace -Path $Calls.Path -Global @{ wanted_pid = $PID; burst = 64 } -AsSession -BufferSize 100000
        Invoke-Getpgid 2000
        $done = $trace | Stop-BpfTrace -PassThru -Keep -WarningVariable warning -WarningAction SilentlyContinue
        $done.Drops.ByReader | Should -BeGreaterThan 0
        $done.ReceivedCount + $done.Drops.Total | Should -Be (2000 * 64)
        "$warning" | Should -Match 'events were dropped'
        @(Receive-BpfTrace $done).Count | Should -Be $done.ReceivedCount
        Stop-BpfTrace $done -WarningAction SilentlyContinue
    }

    It 'two sessions do not disturb each other' {
        $one = Start-BpfTrace @Calls -AsSession
        $two = Start-BpfTrace @Calls -AsSession
        Invoke-Getpgid 2
        Stop-BpfTrace $one -Keep
        Invoke-Getpgid 1
        Stop-BpfTrace $two -Keep
        @(Receive-BpfTrace $one).Count, @(Receive-BpfTrace $two).Count | Should -Be 2, 3
        Stop-BpfTrace $one, $two
    }

    It 'runs iterators to their end, as lines and as objects' {
        $lines = Start-BpfTrace "$Bpf/says.bpf.o" -Program lines -WarningAction SilentlyContinue
        $lines | Should -Contain "$PID $PID $((Get-Content /proc/self/comm))"
        $own = Start-BpfTrace "$Bpf/says.bpf.o" -Program records -EventType task_event -WarningAction SilentlyContinue | Where-Object pid -EQ $PID
        $own.tgid, $own.comm | Should -Be $PID, (Get-Content /proc/self/comm)
    }

    It 'compiles a source' -Skip:(-not (Get-Command clang, clang-14 -ErrorAction Ignore) -or -not (Test-Path /usr/include/bpf/bpf_helpers.h)) {
        $trace = Start-BpfTrace -Source "$Samples/exec.bpf.c" -AsSession
        $trace.Path | Should -Be (Resolve-Path "$Samples/exec.bpf.c").Path
        & /bin/true
        $trace | Stop-BpfTrace -Keep
        (Receive-BpfTrace $trace | Where-Object parent -EQ $PID)[0].filename | Should -Be '/bin/true'
        $trace | Stop-BpfTrace
        $wrong = Join-Path $TestDrive 'wrong.bpf.c'
        Set-Content $wrong 'int main(void) { return nothing; }'
        Start-BpfTrace -Source $wrong -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -Be 'BpfCompilationFailed,KernelDebug.Commands.StartBpfTraceCommand'
        $failed[0].ErrorDetails.Message | Should -Match "wrong\.bpf\.c:1:\d+: error: use of undeclared identifier 'nothing'"
    }

    It 'says why <Program> is refused' -ForEach @(
        @{ Program = 'unchecked'; Id = 'BpfVerifierRejected'; Text = "invalid mem access" }
        @{ Program = 'absent'; Id = 'BpfTargetNotFound'; Text = 'no function kerneldebug_no_such_function' }
        @{ Program = 'absent_tracepoint'; Id = 'BpfTargetNotFound'; Text = 'kerneldebug_no_such_tracepoint' }
        @{ Program = 'somewhere'; Id = 'BpfTargetMissing'; Text = 'does not say what to attach to' }
        @{ Program = 'packets'; Id = 'BpfTargetMissing'; Text = 'does not say the interface' }
        @{ Program = 'replaced'; Id = 'BpfRefused'; Text = 'attach program FD is not set' }
    ) {
        Start-BpfTrace "$Bpf/refused.bpf.o" -Program $Program -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong[0].FullyQualifiedErrorId | Should -Be "$Id,KernelDebug.Commands.StartBpfTraceCommand"
        $wrong[0].ErrorDetails.Message | Should -Match $Text
        if ($Program -eq 'unchecked') {
            $wrong[0].Exception.VerifierLog | Should -Match 'R1_w=|R1=scalar|invalid mem access'
            $wrong[0].Exception.ErrorName | Should -Be 'EACCES'
        }
        Wait-Unloaded $Program | Should -Be 0
    }

    It 'names the function of -Target that is not there' {
        Start-BpfTrace "$Bpf/refused.bpf.o" -Program absent -Target @{ absent = 'kerneldebug_another' } -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong[0].FullyQualifiedErrorId | Should -Be 'BpfTargetNotFound,KernelDebug.Commands.StartBpfTraceCommand'
        $wrong[0].ErrorDetails.Message | Should -Match 'there is no kerneldebug_another to attach to'
    }

    It 'takes only variables there are, and values that fit' {
        foreach ($global in @{ nothing = 1 }, @{ burst = -1 }, @{ way = 'WAY_OUT' }, @{ label = 'longer than sixteen bytes' }) {
            Start-BpfTrace -Path $Calls.Path -Global $global -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
            $wrong[0].FullyQualifiedErrorId | Should -Be 'BpfArgumentInvalid,KernelDebug.Commands.StartBpfTraceCommand'
        }
    }

    It 'reads <Length> bytes of a structure that ends in text, from a <Kind> buffer' -ForEach @(
        @{ Kind = 'ring'; Length = 5 }, @{ Kind = 'perf'; Length = 5 }, @{ Kind = 'ring'; Length = 0 }, @{ Kind = 'perf'; Length = 31 }
    ) {
        $trace = Start-BpfTrace "$Bpf/texts.bpf.o" -Global @{ wanted_pid = $PID; text_length = $Length; in_perf = $Kind -eq 'perf' ? 1 : 0 } -AsSession
        Invoke-Getpgid 2
        $events = $trace | Wait-BpfTrace -Count 2 -Timeout 10 | Receive-BpfTrace
        $trace | Stop-BpfTrace
        $events | Should -HaveCount 2
        $events[1].pid, $events[1].length, $events[1].text | Should -Be $PID, $Length, '0123456789abcdefghijklmnopqrstuvwxyz'.Substring(0, $Length)
        Wait-Unloaded texts | Should -Be 0
    }

    It 'gives maps the sizes that an object leaves to its loader, or those of -MapSize' {
        $trace = Start-BpfTrace "$Bpf/attach.bpf.o" -Program kinds_stack -Global @{ wanted_pid = $PID } -AsSession
        Invoke-Getpgid 3
        $maps = (& bpftool -j map show | ConvertFrom-Json) | Where-Object name -Like 'kinds_*'
        (Get-BpfMapItem kinds_counts $PID).Value.count | Should -Be 3
        @(Get-BpfMapItem kinds_stacks) | Should -Not -BeNullOrEmpty
        Stop-BpfTrace $trace
        ($maps | Where-Object name -EQ kinds_stacks).bytes_value | Should -Be (8 * (Get-Content /proc/sys/kernel/perf_event_max_stack))
        ($maps | Where-Object name -EQ kinds_counts).max_entries | Should -Be 10240
        $trace = Start-BpfTrace "$Bpf/attach.bpf.o" -Program kinds_stack -MapSize @{ kinds_counts = 7; ring = 8192 } -AsSession
        (Get-BpfMap kinds_counts, ring | Where-Object { $_.Owners.ProcessId -eq $PID }).MaxEntries | Sort-Object | Should -Be 7, 8192
        Stop-BpfTrace $trace
        foreach ($size in @{ nothing = 1 }, @{ kinds_counts = 'many' }, @{ kinds_counts = 4294967295 }) {
            Start-BpfTrace "$Bpf/attach.bpf.o" -Program kinds_stack -MapSize $size -Duration 0.1 -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
            $wrong[0].FullyQualifiedErrorId | Should -Be "$($size.kinds_counts -is [long] ? 'BpfLimitExceeded' : 'BpfArgumentInvalid'),KernelDebug.Commands.StartBpfTraceCommand"
        }
    }

    It 'attaches to each of several targets, and of one process alone' -Skip:(-not (Test-Path /sys/bus/event_source/devices/uprobe)) {
        $targets = @{ kinds_call = 'libc.so.6:getpgid', 'libc.so.6:getsid' }
        $trace = Start-BpfTrace "$Bpf/attach.bpf.o" -Program kinds_call -Target $targets -ProcessId $PID -AsSession
        $trace.Attachments | ForEach-Object ToString | Should -Be 'kinds_call at uprobe/libc.so.6:getpgid', 'kinds_call at uprobe/libc.so.6:getsid'
        Invoke-Getpgid 4
        Stop-BpfTrace $trace -Keep
        $events = @(Receive-BpfTrace $trace)
        Stop-BpfTrace $trace
        $events | Should -HaveCount 4
        $events.pid | Sort-Object -Unique | Should -Be $PID
        Wait-Unloaded kinds_call | Should -Be 0

        $trace = Start-BpfTrace "$Bpf/attach.bpf.o" -Program kinds_return -Target @{ kinds_return = 'libc.so.6:getpgid' } -ProcessId $PID -AsSession
        Invoke-Getpgid 2
        Stop-BpfTrace $trace -Keep
        # getpgid(0) is that of the caller: the fifth field of its stat.
        (Receive-BpfTrace $trace).argument | Should -Be @(, [int]((Get-Content /proc/self/stat) -replace '^.*\) ' -split ' ')[2] * 2)
        Stop-BpfTrace $trace
    }

    It 'samples by the event that is named, on each CPU' {
        $trace = Start-BpfTrace "$Bpf/attach.bpf.o" -Program kinds_sample -Target @{ kinds_sample = 'page-faults:1' } -AsSession
        "$($trace.Attachments)" | Should -Be 'kinds_sample at each 1 page-faults of each CPU'
        & /bin/true
        $links = @(Get-BpfLink | Where-Object { $_.Owners.ProcessId -eq $PID })
        $events = $trace | Wait-BpfTrace -Count 50 -Timeout 10 | Receive-BpfTrace
        Stop-BpfTrace $trace
        $links | Should -HaveCount ([Environment]::ProcessorCount)
        $events.Count | Should -BeGreaterOrEqual 50
        Wait-Unloaded kinds_sample | Should -Be 0
    }

    It 'says what is wrong with <Target>' -ForEach @(
        @{ Target = 'kinds_sample = page-fault'; Id = 'BpfTargetNotFound'; Text = 'there is no perf event page-fault' }
        @{ Target = 'kinds_sample = page-faults:0'; Id = 'BpfTargetNotFound'; Text = 'no perf event page-faults:0' }
        @{ Target = 'kinds_call = libc.so.6:no_such_function'; Id = 'BpfTargetNotFound'; Text = 'no libc.so.6:no_such_function' }
        @{ Target = 'kinds_call = getpgid'; Id = 'BpfTargetMissing'; Text = 'expected a target path:function' }
        @{ Target = 'kinds_cal = getpgid'; Id = 'BpfArgumentInvalid'; Text = 'has no program kinds_cal' }
        @{ Target = 'kinds_stack = no_such_tracepoint'; Id = 'BpfTargetNotFound'; Text = 'no no_such_tracepoint' }
    ) {
        $name, $place = $Target -split ' = '
        Start-BpfTrace "$Bpf/attach.bpf.o" -Program ($name -eq 'kinds_cal' ? 'kinds_call' : $name) -Target @{ $name = $place } -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong[0].FullyQualifiedErrorId | Should -Be "$Id,KernelDebug.Commands.StartBpfTraceCommand"
        $wrong[0].ErrorDetails.Message | Should -Match $Text
        $wrong[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'is gone with a killed process' {
        $code = "Import-Module '$ModuleFile'; `$null = Start-BpfTrace '$($Calls.Path)' -Global @{ wanted_pid = 1 } -AsSession; 'up'; Start-Sleep 60"
        $start = [Diagnostics.ProcessStartInfo]::new((Get-Process -Id $PID).Path)
        if ((Split-Path $start.FileName -LeafBase) -eq 'dotnet') { $start.ArgumentList.Add("$PSHOME/pwsh.dll") }
        foreach ($argument in '-NoProfile', '-NonInteractive', '-Command', $code) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        try {
            $process.StandardOutput.ReadLine() | Should -Be 'up'
            Get-BpfLink sys_enter | Where-Object { $_.Owners.ProcessId -eq $process.Id } | Should -HaveCount 1
        }
        finally { $process.Kill(); $process.WaitForExit() }
        Wait-Unloaded send | Should -Be 0
    }

    It 'is gone with Ctrl-C, which stops the pipeline' {
        $shell = [powershell]::Create()
        $running = $shell.AddScript("Import-Module '$ModuleFile'; Start-BpfTrace '$($Calls.Path)'").BeginInvoke()
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while ((Get-LoadedProgram send).Count -eq 0 -and $clock.Elapsed.TotalSeconds -lt 30) { Start-Sleep -Milliseconds 50 }
        Get-BpfLink sys_enter | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -HaveCount 1
        $shell.Stop()
        $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $shell.Dispose()
        Get-BpfLink | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -BeNullOrEmpty
        Wait-Unloaded send | Should -Be 0
    }

    It 'is gone with the module, and only that of the runspace which removes it' {
        $own = Start-BpfTrace @Calls -AsSession
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$ModuleFile'; `$null = Start-BpfTrace '$($Calls.Path)' -AsSession").Invoke()
        $shell.Commands.Clear()
        Get-BpfLink sys_enter | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -HaveCount 2
        $null = $shell.AddScript('Remove-Module KernelDebug').Invoke()
        Get-BpfLink sys_enter | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -HaveCount 1
        "$($own.State)" | Should -Be 'Running'
        $shell.Dispose()
        Stop-BpfTrace $own
    }

    It 'is gone with its runspace' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript("Import-Module '$ModuleFile'; Start-BpfTrace '$($Calls.Path)' -AsSession").Invoke()
        Get-BpfLink sys_enter | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -HaveCount 1
        $shell.Runspace.Dispose()
        $shell.Dispose()
        Wait-Unloaded send | Should -Be 0
    }

    It 'does nothing with -WhatIf' {
        Start-BpfTrace @Calls -WhatIf | Should -BeNullOrEmpty
        Get-BpfLink | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -BeNullOrEmpty
    }
}

Describe 'Events on the screen' {
    It 'shows no text as it is that would steer the terminal' -Skip:$NoBpf {
        $trace = Start-BpfTrace @Calls -AsSession
        $own = [IO.File]::ReadAllText("/proc/self/task/$(([IO.File]::ReadAllText('/proc/thread-self/stat') -split ' ')[0])/comm").TrimEnd("`n")
        try {
            [IO.File]::WriteAllText('/proc/thread-self/comm', "a$([char] 27)[31mb")
            Invoke-Getpgid
        }
        finally { [IO.File]::WriteAllText('/proc/thread-self/comm', $own) }
        $event = $trace | Wait-BpfTrace -Count 1 -Timeout 10 | Receive-BpfTrace
        $trace | Stop-BpfTrace
        $event.comm | Should -Be "a$([char] 27)[31mb"
        $shown = $event | Out-String -Width 120
        $shown | Should -Match 'comm=a\\x1b\[31mb'
        $shown | Should -Not -Match ([char] 27)
    }
}

Describe 'Start-BpfTrace without a kernel' {
    It 'says what a file is that is no object' {
        Start-BpfTrace $Sample -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong[0].FullyQualifiedErrorId | Should -Match '^(BpfObjectInvalid|LibraryMissing),'
        Start-BpfTrace "$Bpf/nothing.o" -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong[0].FullyQualifiedErrorId | Should -Be 'PathNotFound,KernelDebug.Commands.StartBpfTraceCommand'
    }
}

Describe 'Start-BpfTrace -Tracepoint' -Skip:$NoTracepoints {
    BeforeAll {
        # Mounted for one process, and gone with it.
        # As a tool of .NET's, PowerShell is a library that dotnet runs.
        $pwsh = @((Get-Process -Id $PID).Path)
        if ((Split-Path -Leaf $pwsh[0]) -eq 'dotnet') { $pwsh += [Environment]::GetCommandLineArgs()[0] }
        $said = & unshare -m sh -c '{ [ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing; } && exec "$@"' sh @pwsh -NoProfile -NonInteractive -File $PSScriptRoot/tracepoints.ps1 -Root $Root 2>&1
        $json = @($said | Where-Object { "$_" -match '^\{' })
        $json | Should -HaveCount 1 -Because ($said -join "`n")
        $Seen = $json[0] | ConvertFrom-Json
    }

    It 'gives the events the kernel itself printed, field by field' {
        $Seen.Drops | Should -Be 0
        $Seen.Events.Count | Should -Be $Seen.Received
        $Seen.Events.Count | Should -BeGreaterOrEqual 20
        $Seen.Events.Event | Should -Contain sched:sched_process_exec
        # The kernel takes its time a moment before it runs the program, and a busy host may let a moment pass between the two.
        $printed = [Collections.Generic.HashSet[string]]::new()
        foreach ($line in $Seen.Printed) {
            $tick = [long][math]::Floor($line.Micro / 10000)
            foreach ($near in 0, 1) { $null = $printed.Add("$($line.Event) $($line.Cpu) $($line.Thread) $($tick + $near) $($line.Text)") }
        }
        $missing = @($Seen.Events | Where-Object { -not $printed.Contains("$($_.Event) $($_.Cpu) $($_.Thread) $([long][math]::Floor($_.Micro / 10000)) $($_.Text)") })
        # Switches away from the idle task are not compared: the kernel's text lacks many, though the lines around them show that they were.
        $compared = @($Seen.Events | Where-Object Thread -NE 0)
        $compared.Count | Should -BeGreaterThan 5
        $missing | Where-Object Thread -NE 0 | Should -BeNullOrEmpty
    }

    It 'gives those of one process alone, exactly' {
        $Seen.Calls, $Seen.Processes | Should -Be 25, 1
        "$($Seen.Results)" | Should -Be $Seen.Group
    }

    It 'reads a text the caller names, cuts it visibly, and takes a buffer for none' {
        $Seen.Opened | Should -Contain '-100 /nonexistent'
        $Seen.Opened | Should -Contain '-100 /nonexistent/aaa…'
        $Seen.Written | Should -Be 'BtfAddress'
    }

    It 'fits the screen' {
        $Seen.View | Should -Match 'Time +Cpu +Task +PID +Event +Values'
        ($Seen.View -split "`n").Length | Measure-Object -Maximum | ForEach-Object Maximum | Should -BeLessOrEqual 120
    }

    It 'completes names, and says what is none' {
        $Seen.Completed | Should -Contain sched:sched_switch
        $Seen.Wrong | Should -Be 'TracepointNotFound,KernelDebug.Commands.StartBpfTraceCommand'
    }

    It 'leaves nothing behind' { $Seen.Left | Should -Be 0 }
}

Describe 'Start-BpfTrace without a compiler' -Skip:$NoBpf {
    It 'gives what a tracepoint was called with, and what that points to' {
        $events = Start-BpfTrace -RawTracepoint sched_switch -Property 'prev->comm', @{ to = 'next->comm' }, @{ Name = 'pid'; Expression = 'prev->pid' }, 'prev->pid -eq tid', 'prev->nsproxy->count' -Count 5 -Duration 20
        $events.Count | Should -Be 5
        $events | ForEach-Object { $_.pid, $_.'prev->comm', $_.'prev->pid -eq tid' | Should -Be $_.ThreadId, $_.Task, $true; $_.to | Should -Not -BeNullOrEmpty }
        $events[0].Event, $events[0].PSObject.TypeNames[0] | Should -Be 'sched_switch', 'KernelDebug.Tracing.Event#sched_switch'
        Wait-Unloaded sched_switch | Should -Be 0
    }

    It 'asks a script block in the kernel, with the variables of the shell' {
        $most = 0
        $events = @(Start-BpfTrace -RawTracepoint sched_switch -Property 'next->pid' -Where { $next.pid -le $most } -Count 3 -Duration 20)
        $events.'next->pid' | Should -Be 0, 0, 0
    }

    It 'needs no compiler, and has none in the process' {
        $path = $env:PATH
        try {
            $env:PATH = ''
            @(Start-BpfTrace -RawTracepoint sched_switch -Property 'prev->comm' -Where 'next->pid -ge 0' -Count 2 -Duration 20).Count | Should -Be 2
        } finally { $env:PATH = $path }
        [IO.File]::ReadAllText('/proc/self/maps') | Should -Not -Match 'LLVM|clang'
    }

    It 'gives a structure whole' {
        $event = Start-BpfTrace -RawTracepoint sched_switch -Expand 'prev->thread_pid' -Where 'prev->pid -ne 0' -Count 1 -Duration 20
        $event.'prev->thread_pid'.PSObject.TypeNames[0] | Should -Be 'KernelDebug.Btf.Value#pid'
        $event.'prev->thread_pid'.level | Should -BeOfType ([uint32])
    }

    It 'follows the pointers of a structure, as deep as asked' {
        $event = Start-BpfTrace -RawTracepoint sched_switch -Expand 'prev->thread_pid' -Depth 1 -Where 'prev->pid -ne 0' -Count 1 -Duration 20
        $deeper = @($event.GetMembers().Key -like 'prev->thread_pid->*')
        $structure = Get-BtfType pid
        $deeper | Should -Be @($structure.FlattenedMembers | Where-Object { $_.Type.Kind -eq 'Pointer' -and $_.Type.Target.Kind -eq 'Struct' } | ForEach-Object { "prev->thread_pid->$($_.Name)" })
        foreach ($path in $deeper) { if ($event.$path) { $event.$path | Should -BeOfType ([KernelDebug.Btf.BtfRecordObject]) } else { $event.'prev->thread_pid'.($path -replace '.*->').ToString() | Should -Be '0x0' } }
        Start-BpfTrace -RawTracepoint sched_switch -Expand prev -Depth 2 -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed[0].ErrorDetails.RecommendedAction | Should -BeLike 'Ask for those you need*'
    }

    It 'has who called, each frame by its name' {
        $event = Start-BpfTrace -RawTracepoint sched_switch -Stack -Where 'prev->pid -ne 0' -Count 1 -Duration 20
        @($event.Stack | ForEach-Object Symbol) | Should -Contain '__schedule'
        # What calls who is attached may have left no frame of itself.
        $event.Stack[0].Symbol | Should -BeIn '__traceiter_sched_switch', '__bpf_trace_sched_switch', '__schedule'
        "$event" | Should -Not -Match '\\x0a'
    }

    It 'has who called in the program, beside who called in the kernel' {
        # A thread of PowerShell's sleeps and wakes; what libraries it is in, its own maps say.
        $event = Start-BpfTrace -RawTracepoint sys_enter -UserStack -Stack -Where 'id -ge 0' -ProcessId $PID -Count 1 -Duration 20
        $event.UserStack.Count | Should -BeGreaterThan 0
        $event.UserStack | Should -BeOfType KernelDebug.Tracing.TraceStackFrame
        $named = @($event.UserStack | Where-Object Module)
        $named.Count | Should -BeGreaterThan 0
        # The frame's address is in a mapping of the file that the frame names.
        $maps = @(Get-Content "/proc/$PID/maps" | Where-Object { $_ -match '^(\w+)-(\w+) r-x' } | ForEach-Object { $null = $_ -match '^(\w+)-(\w+) '; @{ Start = [Convert]::ToUInt64($Matches[1], 16); End = [Convert]::ToUInt64($Matches[2], 16); Line = $_ } })
        foreach ($frame in $named) { ($maps | Where-Object { $frame.Address -ge $_.Start -and $frame.Address -lt $_.End }).Line | Should -BeLike "*/$($frame.Module)" }
        foreach ($frame in $event.UserStack | Where-Object { -not $_.Symbol }) { $frame.Reason.Message | Should -Not -BeNullOrEmpty }
        @($event.Stack | ForEach-Object Symbol) -like '*syscall*' | Should -Not -BeNullOrEmpty
    }

    It 'counts calls in the kernel by their values' -Skip:([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -ne 'X64') {
        # 121 is getpgid(2); who calls is this process alone.
        $trace = Start-BpfTrace -RawTracepoint sys_enter -ProcessId $PID -Where 'id -eq 121' -CountBy 'regs->di', @{ Name = 'who'; Expression = 'pid' } -AsSession
        Invoke-Getpgid 30
        $now = @(Receive-BpfTrace $trace)
        Invoke-Getpgid 12
        Stop-BpfTrace $trace -Keep
        $last = @(Receive-BpfTrace $trace)
        $trace | Stop-BpfTrace
        $now[0].Count, $last[0].Count | Should -Be 30, 42
        ($now + $last).'regs->di' | Should -Be 0, 0
        $last[0].Event, $last[0].PSObject.TypeNames[0], $last[0].GetCount() | Should -Be 'sys_enter', 'KernelDebug.Tracing.Count#sys_enter', 42
        ($last | Out-String -Width 120) | Should -Match '42 sys_enter +regs->di=0 who=\d+'
    }

    It 'writes what was counted each interval, and at the end' {
        $counts = @(Start-BpfTrace -RawTracepoint sys_enter, sys_exit -CountBy function -Interval 0.4 -Duration 1.5)
        $enter = @($counts | Where-Object Event -EQ sys_enter)
        $enter.Count | Should -BeIn 4, 5
        $enter.Count | Should -BeExactly @($counts | Where-Object Event -EQ sys_exit).Count
        for ($i = 1; $i -lt $enter.Count; $i++) { $enter[$i].Count | Should -BeGreaterOrEqual $enter[$i - 1].Count }
    }

    It 'draws a distribution, told apart by values' -Skip:([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -ne 'X64') {
        $trace = Start-BpfTrace -RawTracepoint sys_enter -ProcessId $PID -Where 'id -eq 121' -Histogram 'regs->di' -CountBy @{ where = 'id' } -AsSession
        Invoke-Getpgid 5
        Stop-BpfTrace $trace -Keep
        $histogram = Receive-BpfTrace $trace
        $trace | Stop-BpfTrace
        $histogram.Count, $histogram.Sum, $histogram.where, $histogram.Of | Should -Be 5, 0, 121, 'regs->di'
        $lines = ($histogram | Out-String -Width 120).Trim() -split "`n"
        $lines[0], ($lines[1] -replace '\s+', ' ' -replace '█+', '#').Trim() | Should -Be 'regs->di of sys_enter where=121: 5, mean 0', '0 .. 1 5 #'
        ($lines | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 120
    }

    It 'counts stacks for a flame graph' {
        $svg = Join-Path $TestDrive counted.svg
        $counts = @(Start-BpfTrace -RawTracepoint sched_switch -CountStack -Duration 1)
        @($counts.Stack | ForEach-Object Symbol) | Should -Contain '__schedule'
        $counts | Export-FlameGraph $svg
        (Select-String -Path $svg -Pattern '>(\d+) in all<').Matches[0].Groups[1].Value | Should -Be ($counts | Measure-Object Count -Sum).Sum
    }

    It 'keeps back what is above the limit of the rate, and tells how much' {
        $events = @(Start-BpfTrace -RawTracepoint sys_enter -RateLimit 3 -Duration 1.2 -WarningVariable told -WarningAction SilentlyContinue)
        $events.Count | Should -BeGreaterOrEqual 3
        $events.Count | Should -BeLessThan 20
        "$told" | Should -Match '^\d+ events were above the limit of the rate, and were not sent\.$'
    }

    It 'does not take <Name> where calls are counted' -ForEach @(
        @{ Name = '-Property'; With = @{ CountBy = 'cpu'; Property = 'preempt' }; Text = '-Property is of events*' }
        @{ Name = '-Count'; With = @{ CountStack = $true; Count = 3 }; Text = '-Count is of events*' }
        @{ Name = '-UserStack'; With = @{ CountBy = 'prev->pid'; UserStack = $true }; Text = '-UserStack is of events*' }
        @{ Name = 'a width without a histogram'; With = @{ CountBy = 'cpu'; BucketWidth = 3 }; Text = '-BucketWidth is of a histogram*' }
        @{ Name = 'an interval of events'; With = @{ Interval = 1 }; Text = '-Interval is of what is counted*' }
        @{ Name = 'no interval'; With = @{ CountBy = 'cpu'; Interval = 0 }; Text = 'The interval is not longer than nothing.' }
    ) {
        Start-BpfTrace -RawTracepoint sched_switch @With -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId, $failed[0].CategoryInfo.Category | Should -Be 'CountingConflict,KernelDebug.Commands.StartBpfTraceCommand', 'InvalidArgument'
        $failed[0].ErrorDetails.Message | Should -BeLike $Text
    }

    It 'says what is wrong with <Text>, where, and what was meant' -ForEach @(
        @{ Text = 'next->pidd -eq 1'; Place = '      ~~~~'; Meant = 'Did you mean pid' }
        @{ Text = 'nxt->pid -eq 1'; Place = '~~~'; Meant = 'Did you mean next' }
        @{ Text = 'next->pid == 1'; Place = '          ~~'; Meant = 'Write -eq' }
        @{ Text = 'next->comm -match "x"'; Place = '           ~~~~~~'; Meant = '-like' }
        @{ Text = 'next->comm[99] -eq 1'; Place = '           ~~'; Meant = 'char' }
    ) {
        Start-BpfTrace -RawTracepoint sched_switch -Where $Text -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId, $failed[0].CategoryInfo.Category | Should -Be 'TraceExpressionInvalid,KernelDebug.Commands.StartBpfTraceCommand', 'InvalidArgument'
        ($failed[0].Exception.Message -split "`n")[-1] | Should -Be "  $Place"
        $failed[0].ErrorDetails.RecommendedAction | Should -BeLike "*$Meant*"
    }

    It 'shows the program, each read with its path and type' {
        $lines = Start-BpfTrace -RawTracepoint sched_switch -Property 'prev->comm' -Where 'next->pid -ne 0' -ShowProgram
        $lines.Program | Sort-Object -Unique | Should -Be 'tp_btf/sched_switch'
        $lines[0].Text, $lines[-1].Text, $lines[0].Place | Should -Be 'r6 = r1', 'exit', 0
        @($lines.Comment) -match '^next->pid: pid_t' | Should -Not -BeNullOrEmpty
        @($lines.Comment) | Should -Contain 'ReserveRecord'
    }

    It 'reads the names of files, which are declared as bytes, and no other bytes as text' {
        $file = "$TestDrive/näme of a file"
        Copy-Item (Get-Item /bin/true).ResolvedTarget $file
        $path = 'bprm->file->f_path.dentry->d_name'
        $trace = Start-BpfTrace -RawTracepoint sched_process_exec -Property "$path.name", "$path.len", "($path.name)", "$path.name[0]", "((struct net_device *)bprm)->dev_addr", "((struct net_device *)bprm)->name" -Where "$path.name -like 'N*e of a file'" -AsSession
        & $file
        $trace | Wait-BpfTrace -Count 1 -Timeout 10
        $event = Receive-BpfTrace $trace
        Stop-BpfTrace $trace
        $event."$path.name", $event."($path.name)", $event."$path.len" | Should -Be 'näme of a file', 'näme of a file', 15
        $event."$path.name[0]" | Should -Be ([int][char]'n')
        # Whatever is read there: a property that is text says so.
        $types = 'dev_addr', 'name' | ForEach-Object { $event.GetType().GetProperty("((struct net_device *)bprm)->$_").PropertyType.Name }
        $types[0] | Should -Not -Be String
        $types[1], $event.GetType().GetProperty("$path.name").PropertyType.Name | Should -Be String, String
    }

    It 'has the verifier check what it would attach' {
        & pwsh -NoProfile -Command "Import-Module '$Root/KernelDebug.psd1'; Start-BpfTrace -RawTracepoint sched_switch -WhatIf" | Should -BeLike '*"Attach BPF programs" on target "sched_switch (tp_btf, * instructions that the verifier takes)".'
    }

    It 'asks for the name of who runs, also where an argument is called task' {
        $mine = [IO.File]::ReadAllText('/proc/thread-self/comm').Trim()
        foreach ($pattern in "$($mine[0])*$($mine[-1])", 'no such*') {
            $trace = Start-BpfTrace -RawTracepoint task_newtask -Property 'task->comm' -ProcessName $pattern -AsSession
            & /bin/true
            $null = $trace | Wait-BpfTrace -Count 1 -Timeout ($pattern -eq 'no such*' ? 1 : 10)
            $events = @(Receive-BpfTrace $trace)
            Stop-BpfTrace $trace
            if ($pattern -eq 'no such*') { $events | Should -BeNullOrEmpty } else { $events.Task | Should -Contain $mine }
        }
        { Start-BpfTrace vfs_open -MinLatency ([timespan]-1) -ErrorAction Stop } | Should -Throw -ErrorId 'LatencyNegative,*'
    }

    It 'names tracepoints and functions that are none' {
        Start-BpfTrace -RawTracepoint no_such -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -Be 'FunctionNotTraceable,KernelDebug.Commands.StartBpfTraceCommand'
        Start-BpfTrace no_such_function -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -Be 'FunctionNotTraceable,KernelDebug.Commands.StartBpfTraceCommand'
        4711 | Start-BpfTrace -ErrorAction SilentlyContinue -ErrorVariable failed
        $failed[0].FullyQualifiedErrorId | Should -Be 'InputWithoutFunction,KernelDebug.Commands.StartBpfTraceCommand'
    }

    It 'takes a file as its first argument, and down the pipeline' {
        Start-BpfTrace $Calls.Path -WhatIf | Should -BeNullOrEmpty
        Get-Item $Calls.Path | Start-BpfTrace -WhatIf | Should -BeNullOrEmpty
        { Start-BpfTrace ./none.bpf.o -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound*'
    }
}
