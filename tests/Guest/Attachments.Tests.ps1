# A program for every kind of attachment, on Debian's kernel in qemu: what it sends is counted against what was done and against the
# kernel's own count of its calls, and nothing may be left. Skipped where the guest cannot be had, or no clang.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $share = New-Item -ItemType Directory -Force "$root/out/guest/attachments"
    Get-ChildItem $share | Remove-Item -Recurse
    $clang = @(Get-Command clang, clang-?? -CommandType Application -ErrorAction Ignore)[0]
    $script:NoGuest = -not $clang -or -not (Get-Command cc -ErrorAction Ignore) -or -not (Test-Path /usr/include/bpf/bpf_helpers.h)
    if ($NoGuest) {
        Write-Host '== left out: the programs of every kind (no clang, no cc, or no headers of libbpf)'
    } else {
        & $clang -g -O2 -Wall -Werror -target bpf -D__TARGET_ARCH_x86 -idirafter "/usr/include/$(uname -m)-linux-gnu" -c "$PSScriptRoot/attachments.bpf.c" -o "$share/attachments.bpf.o"
        & cc -O1 -Wall -Werror "$PSScriptRoot/attachments-target.c" -o "$share/attachments-target"
        $env:GUEST_MODULES = 'sch_ingress cls_bpf'
        & bash "$PSScriptRoot/live.sh" $share "$PSScriptRoot/attachments.ps1" -Repository $root -Count 20 | Out-Host
        $env:GUEST_MODULES = $null
        $script:NoGuest = $LASTEXITCODE -eq 3
    }
}

Describe 'programs of every kind' -Skip:$NoGuest {
    BeforeAll {
        $share = (Resolve-Path "$PSScriptRoot/../../out/guest/attachments").Path
        Test-Path "$share/seen.json" | Should -BeTrue -Because (Get-Content "$share/output" -Raw -ErrorAction Ignore)
        $Seen = Get-Content "$share/seen.json" -Raw | ConvertFrom-Json
        $Count = 20
    }

    It '<Kind> sends an event for each of what was done, and the kernel counts as many calls' -ForEach @(
        @{ Kind = 'on_call'; At = 'uprobe//tmp/attachments-target:example_add'; Link = 'perf_event'; First = 0; Last = 19; Second = 38 }
        @{ Kind = 'on_return'; At = 'uretprobe//tmp/attachments-target:example_add'; Link = 'perf_event'; First = 0; Last = 57; Second = 0 }
        @{ Kind = 'on_usdt'; At = 'usdt//tmp/attachments-target:example:called'; Link = 'perf_event'; First = 0; Last = 19; Second = 38 }
        @{ Kind = 'on_kprobe'; At = 'kprobe/security_task_getpgid'; Link = 'perf_event' }
        @{ Kind = 'on_ksyscall'; At = 'ksyscall/getpgid'; Link = 'perf_event' }
        @{ Kind = 'on_tracepoint'; At = 'tp/syscalls/sys_enter_getpgid'; Link = 'perf_event' }
        @{ Kind = 'on_fentry'; At = 'fentry/security_task_getpgid'; Link = 'tracing' }
        @{ Kind = 'on_fmod_ret'; At = 'fmod_ret/security_task_getpgid'; Link = 'tracing' }
        @{ Kind = 'on_lsm'; At = 'lsm/task_getpgid'; Link = 'tracing' }
        @{ Kind = 'on_xdp'; At = 'xdp on lo'; Link = 'xdp'; First = 108; Last = 108; Second = 0 }
        @{ Kind = 'on_connect'; At = 'cgroup/connect4 of /sys/fs/cgroup/work'; Link = 'cgroup'; First = 5999; Last = 5999; Second = 0 }
        @{ Kind = 'on_egress'; At = 'cgroup_skb/egress of /sys/fs/cgroup/work'; Link = 'cgroup'; First = 128; Last = 128; Second = 0 }
        @{ Kind = 'on_tc'; At = 'tc ingress of lo'; First = 108; Last = 108; Second = 0 }
        @{ Kind = 'on_tc_egress'; At = 'tc egress of lo'; First = 108; Last = 108; Second = 0 }
    ) {
        $found = $Seen.$Kind
        $found.ErrorId, $found.Message | Should -Be $null, $null
        $found.Attachments | Should -Be "$($Kind -replace '_egress$') at $At".Replace('on at', 'on_egress at')
        $found.Result, $found.Events, $found.Drops | Should -Be $Count, $Count, 0
        $found.Runs | Should -BeGreaterOrEqual $Count
        if ($Kind -in 'on_call', 'on_return', 'on_usdt', 'on_connect', 'on_egress') { $found.Runs | Should -Be $Count }
        if ($Link) { $found.Links.Type | Should -Be $Link } else { $found.Links | Should -BeNullOrEmpty }
        if ($null -ne $First) { $found.First.first, $found.Last.first, $found.Last.second | Should -Be $First, $Last, $Second }
    }

    It 'a socket sees each packet leave and arrive' {
        $Seen.on_socket.Result, $Seen.on_socket.Events | Should -Be $Count, (2 * $Count)
        # Ethernet, IP, UDP and 100 bytes; PACKET_OUTGOING and PACKET_HOST.
        $Seen.on_socket.First.first, $Seen.on_socket.First.second, $Seen.on_socket.Last.second | Should -Be 142, 4, 0
    }

    It 'samples as often as was asked for, on each CPU' {
        $wanted = 2 * 50 * $Seen.on_sample.Seconds
        $Seen.on_sample.Events | Should -BeGreaterThan (0.5 * $wanted)
        $Seen.on_sample.Events | Should -BeLessOrEqual (1.2 * $wanted)
        $Seen.on_sample.Events | Should -BeGreaterOrEqual $Seen.on_sample.Runs
        $Seen.on_sample.Cpus | Should -Be 0, 1
        $Seen.on_sample.Links.Type | Should -Be 'perf_event', 'perf_event'
        # A new process does not come into being without page faults.
        $Seen.on_fault.Events | Should -BeGreaterThan 20
        $Seen.on_fault.Events | Should -BeGreaterOrEqual $Seen.on_fault.Runs
    }

    It 'uprobes are of one process, and of several functions' {
        $Seen.on_call_of_another.Result, $Seen.on_call_of_another.Events, $Seen.on_call_of_another.Runs | Should -Be $Count, 0, 0
        $Seen.on_two_calls.Events | Should -Be ($Count + 1)
        $Seen.on_two_calls.Attachments | Should -HaveCount 2
    }

    It '<_> changes what the kernel answers' -ForEach on_fmod_ret, on_lsm {
        $Seen."${_}_refusing".Result, $Seen."${_}_refusing".Events | Should -Be 0, $Count
        $Seen.$_.First.second | Should -Be 0
        $Seen.$_.Warnings | Should -BeNullOrEmpty
    }

    It 'says of what cannot be attached why, and what to do' {
        $Seen.on_many.ErrorId | Should -Be 'BpfNotSupported,KernelDebug.Commands.StartBpfTraceCommand'
        $Seen.on_many.Message | Should -Match 'CONFIG_FPROBE'
        $Seen.on_absent_usdt.ErrorId | Should -Be 'BpfTargetNotFound,KernelDebug.Commands.StartBpfTraceCommand'
        $Seen.on_xdp_nowhere.Action | Should -Match '-Interface'
        $Seen.on_connect_nowhere.Action | Should -Match '-Cgroup'
    }

    It 'goes through the tasks of one process or of all, and through control groups from one on' {
        $Seen.on_task.Count | Should -BeGreaterOrEqual $Seen.on_task.Threads[0]
        $Seen.on_task.Count | Should -BeLessOrEqual ($Seen.on_task.Threads[1] + 2)
        $Seen.on_task.Processes | Should -Be $Seen.on_task.Self
        $Seen.all_tasks.Processes | Should -BeGreaterThan 10
        $Seen.all_tasks.Has | Should -BeTrue
        $Seen.on_cgroup.Levels | Should -HaveCount 4
        $Seen.on_cgroup.Ids[0] | Should -Be $Seen.on_cgroup.Inodes[0]
        $Seen.on_cgroup.Ids | Sort-Object | Should -Be ($Seen.on_cgroup.Inodes | Sort-Object)
    }

    It 'a pinned map keeps its count from one trace to the next' {
        $Seen.Pins | Should -Be $Count, (2 * $Count)
        $Seen.PinnedWithoutTrace | Should -Be 'calls'
    }

    It 'leaves nothing, and of a killed process only what the warning told of' {
        foreach ($left in $Seen.Left, $Seen.AfterKillLeft) { $left.Programs, $left.Links, $left.Maps, $left.Bpftool | Should -Be 0, 0, 0, 0 }
        $Seen.on_tc.Warnings | Should -Match 'tc qdisc del dev lo clsact'
        # All but on_many.
        $programs = @(Select-String -Path "$PSScriptRoot/attachments.bpf.c" -Pattern '^SEC\("').Count
        $Seen.Together | Should -Be "up $($programs - 1)"
        $Seen.TogetherLeft.Programs | Should -BeGreaterThan 15
        $Seen.AfterKill | Should -Be 'on_tc'
        $Seen.Interface | Should -Not -Match 'xdp|clsact'
    }
}
