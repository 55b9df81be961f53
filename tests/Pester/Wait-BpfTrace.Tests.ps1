BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Wait-BpfTrace' -Skip:$NoBpf {
    It 'returns a trace that has its events or has ended, and none when the time is over' {
        $trace = Start-BpfTrace @Calls -AsSession
        Wait-BpfTrace $trace -Timeout 0 | Should -BeNullOrEmpty
        Invoke-Getpgid 2
        (Wait-BpfTrace $trace -Count 2 -Timeout 10).Id | Should -Be $trace.Id
        Stop-BpfTrace $trace
        (Wait-BpfTrace $trace -Timeout 10).Id | Should -Be $trace.Id
    }

    It 'does not wait for events of a trace that counts' {
        $trace = Start-BpfTrace -RawTracepoint sys_enter -CountBy id -AsSession
        Wait-BpfTrace $trace -Count 1 -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -BeLike 'BpfTraceCounts,*'
        $failed.CategoryInfo.TargetName | Should -Be $trace.Name
        Stop-BpfTrace $trace
        (Wait-BpfTrace $trace -Timeout 10).Id | Should -Be $trace.Id
    }
}
