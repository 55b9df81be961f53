BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Set-BpfMapItem' -Skip:$NoBpf {
    BeforeAll { $Trace = Start-BpfTrace @Calls -AsSession; $Totals = Get-BpfMap totals | Where-Object { $_.Owners.ProcessId -eq $PID } }
    AfterAll { if ($Trace) { Stop-BpfTrace $Trace } }

    It 'writes what bpftool then reads, and keeps members that are not named' {
        $Totals | Set-BpfMapItem -Key 7 -Value @{ calls = 5; bytes = '0xffffffffffffffff' }
        ($Totals | Set-BpfMapItem -Key 7 -Value @{ calls = 6 } -PassThru).Value.bytes | Should -Be ([ulong]::MaxValue)
        $known = (& bpftool -j map dump id $Totals.Id | ConvertFrom-Json).formatted
        $known.key, $known.value.calls, $known.value.bytes | Should -Be 7, 6, ([ulong]::MaxValue)
    }

    It 'writes nothing with -WhatIf or for a value that does not fit' {
        $Totals | Set-BpfMapItem -Key 8 -Value @{ calls = 1 } -WhatIf
        foreach ($value in @{ calls = -1 }, @{ call = 1 }, 'text', @{ calls = 1.5 }) {
            $Totals | Set-BpfMapItem -Key 8 -Value $value -ErrorAction SilentlyContinue -ErrorVariable wrong
            $wrong[0].FullyQualifiedErrorId | Should -Be 'BpfArgumentInvalid,KernelDebug.Commands.SetBpfMapItemCommand'
        }
        ($Totals | Get-BpfMapItem).Key | Should -Not -Contain 8
    }
}
