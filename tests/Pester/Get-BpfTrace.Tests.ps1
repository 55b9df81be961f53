BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Get-BpfTrace' -Skip:$NoBpf {
    It 'lists sessions by name and number' {
        $one = Start-BpfTrace @Calls -AsSession -Name first
        $two = Start-BpfTrace @Calls -AsSession
        (Get-BpfTrace).Id | Should -Be $one.Id, $two.Id
        (Get-BpfTrace first).Id, (Get-BpfTrace f*).Id, (Get-BpfTrace -Id $two.Id).Name | Should -Be $one.Id, $one.Id, "Trace$($two.Id)"
        (TabExpansion2 'Get-BpfTrace -Name fi').CompletionMatches.CompletionText | Should -Be 'first'
        "$($one.State)", $one.ReceivedCount, $one.Drops.Total, "$($one.Attachments)" | Should -Be 'Running', 0, 0, 'send at raw_tp/sys_enter'
        ($one | Out-String -Width 120) -split "`n" | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        Stop-BpfTrace $one, $two
        Get-BpfTrace | Should -BeNullOrEmpty
    }

    It 'is an error for what is none' {
        Get-BpfTrace nothing, no* -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BpfTraceNotFound,KernelDebug.Commands.GetBpfTraceCommand'
        Get-BpfTrace -Id 99999 -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }
}
