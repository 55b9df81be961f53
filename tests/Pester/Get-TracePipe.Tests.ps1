BeforeDiscovery {
    $script:NoTracefs = -not (Test-Path /sys/kernel/tracing/trace_pipe)
    $script:NoRoot = (id -u) -ne 0
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Traces = Join-Path $Fixtures 'trace'
}

Describe 'Get-TracePipe' {
    It 'makes an object of each line of a file' {
        $lines = Get-TracePipe -Path (Join-Path $Traces 'sched-tgid-6.18.txt')
        $lines.Count | Should -Be 78
        $lines[1].Task, $lines[1].ProcessId, $lines[1].ThreadGroupId, $lines[1].Cpu, "$($lines[1].Flags)" | Should -Be '.NET Tiered Com', 27628, 27622, 1, 'd..2.'
        $lines[1].Flags.State -band 'InterruptsOff' | Should -Be 'InterruptsOff'
        $lines[1].Time.TotalSeconds | Should -Be 29232.337870
    }

    It 'takes files of the pipeline' {
        (Get-ChildItem $Traces -Filter marks*.txt | Get-TracePipe | Where-Object Task -EQ '123456789012345').Message | Should -Be 'full', 'full'
    }

    It 'shows lost events and warns of their sum' {
        $lost = Get-TracePipe -Path (Join-Path $Traces 'lost.txt'), (Join-Path $Traces 'overwritten.txt') -WarningVariable warning -WarningAction SilentlyContinue | Where-Object Kind -EQ LostEvents
        $lost.LostEvents | Should -Be 45465, 24494, 70850
        $warning | Should -Match "^$(45465 + 24494 + 70850) events were lost: the buffer was full"
    }

    It 'ends at a count' {
        Get-TracePipe -Path (Join-Path $Traces 'sched-tgid-6.18.txt') -Count 3 | Should -HaveCount 3
    }

    It 'takes a number for seconds: <_>' -ForEach 2, 2.0, '2', ([timespan]'0:0:2'), ([psobject]::AsPSObject(2)) {
        [KernelDebug.Commands.DurationTransformationAttribute]::new().Transform($null, $_) | Should -Be ([timespan]::FromSeconds(2))
    }

    It 'is an error for a file that is not there' {
        Get-TracePipe -Path (Join-Path $Traces 'nothing.txt') -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong.FullyQualifiedErrorId | Should -Be 'PathNotFound,KernelDebug.Commands.GetTracePipeCommand'
    }

    It 'takes no instance that leads elsewhere: <_>' -ForEach '../x', '..', 'a/b' {
        { Get-TracePipe -Instance $_ } | Should -Throw -ErrorId 'ParameterArgumentValidationError,KernelDebug.Commands.GetTracePipeCommand'
    }

    It 'says what to do where tracefs is not there' -Skip:(-not $NoTracefs) {
        Get-TracePipe -Duration 1 -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong.FullyQualifiedErrorId | Should -Match '^Tracefs(NotMounted|AccessDenied|NotBuilt|Unknown),'
        $wrong.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'follows an instance, ends in time, and is alone there' -Skip:($NoTracefs -or $NoRoot) {
        $instance = New-Item -ItemType Directory "/sys/kernel/tracing/instances/pester-$PID"
        try {
            & sh -c "printf one > $instance/trace_marker"
            (Get-TracePipe -Instance $instance.Name -Snapshot).Message | Should -Be 'one'
            $first = Get-TracePipe -Instance $instance.Name | Select-Object -First 1
            $first.Function, $first.Message | Should -Be 'tracing_mark_write', 'one'
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Get-TracePipe -Instance $instance.Name -Duration 0.3 | Should -BeNullOrEmpty
            $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.29
        }
        finally { & rmdir $instance.FullName }
    }

    It 'shows control characters and stays within 120 columns' {
        $text = Get-TracePipe -Path (Join-Path $Traces 'marks.txt'), (Join-Path $Traces 'sched-tgid-6.18.txt'), (Join-Path $Traces 'lost.txt') -WarningAction SilentlyContinue | Out-String -Width 120
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text | Should -Match 'e\\x1b\[31m'
        $text | Should -Match 'CPU:0 \[LOST 45465 EVENTS\]'
        $text -match "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]" | Should -BeFalse
        Get-TracePipe -Path (Join-Path $Traces 'marks.txt') -Count 1 | Format-List | Out-String | Should -Match 'Message +: hello dash'
    }
}
