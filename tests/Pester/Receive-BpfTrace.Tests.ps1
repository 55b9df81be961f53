BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Receive-BpfTrace' -Skip:$NoBpf {
    It 'gives each event once, at most so many, and waits where asked to' {
        $trace = Start-BpfTrace @Calls -AsSession
        Receive-BpfTrace $trace | Should -BeNullOrEmpty
        Invoke-Getpgid 5
        $null = Wait-BpfTrace $trace -Count 5 -Timeout 10
        (Receive-BpfTrace $trace -Count 2).sequence | Should -Be 0, 1
        (Receive-BpfTrace $trace -Count 3 -Wait).sequence | Should -Be 2, 3, 4
        Invoke-Getpgid 1
        Stop-BpfTrace $trace -Keep
        (Receive-BpfTrace $trace -Wait).sequence | Should -Be 5
        Stop-BpfTrace $trace
    }
}
