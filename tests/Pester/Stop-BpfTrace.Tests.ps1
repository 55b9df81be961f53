BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Stop-BpfTrace' -Skip:$NoBpf {
    It 'unloads, by object, name and number, and keeps where asked to' {
        $traces = 1..3 | ForEach-Object { Start-BpfTrace @Calls -AsSession -Name "stop$_" }
        $traces[0] | Stop-BpfTrace
        Stop-BpfTrace stop2 -Keep
        "$((Get-BpfTrace stop2).State)" | Should -Be 'Stopped'
        Stop-BpfTrace -Id $traces[2].Id -WhatIf
        $traces[2].State | Should -Be 'Running'
        Get-BpfLink | Where-Object { $_.Owners.ProcessId -eq $PID } | Should -HaveCount 1
        (Stop-BpfTrace -Id $traces[2].Id -PassThru).Name | Should -Be 'stop3'
        Stop-BpfTrace stop2
        Get-BpfTrace | Should -BeNullOrEmpty
        Wait-Unloaded send | Should -Be 0
    }
}
