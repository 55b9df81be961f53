BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Get-BpfLink' -Skip:$NoBpf {
    It 'tells what is attached to what, as bpftool does' {
        $trace = Start-BpfTrace @Calls -AsSession
        $link = Get-BpfLink sys_enter | Where-Object { $_.Owners.ProcessId -eq $PID }
        $known = & bpftool -j link list | ConvertFrom-Json | Where-Object id -EQ $link.Id
        $link.Type, $link.ProgramId, $link.Target | Should -Be $known.type, $known.prog_id, $known.tp_name
        Stop-BpfTrace $trace
        Get-BpfLink | Where-Object Id -EQ $link.Id | Should -BeNullOrEmpty
    }
}
