BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Get-BpfMapItem' -Skip:$NoBpf {
    BeforeAll { $Trace = Start-BpfTrace @Calls -AsSession; Invoke-Getpgid 4; $Own = Get-BpfMap | Where-Object { $_.Owners.ProcessId -eq $PID } }
    AfterAll { if ($Trace) { Stop-BpfTrace $Trace } }

    It 'decodes keys and values' {
        $map = $Own | Where-Object Name -EQ totals
        $item = $map | Get-BpfMapItem
        $item.Map, $item.Key, $item.Value.calls, $item.Value.bytes | Should -Be 'totals', $PID, 4, 0
        (Get-BpfMapItem -Id $map.Id -Key $PID).Value.calls | Should -Be 4
        $known = (& bpftool -j map dump id $map.Id | ConvertFrom-Json).formatted
        $known.key, $known.value.calls | Should -Be $item.Key, $item.Value.calls
    }

    It 'shows global variables' {
        $variables = ($Own | Where-Object Name -Like '*.rodata' | Get-BpfMapItem).Value
        $variables.wanted_pid, "$($variables.way)", $variables.burst, $variables.label | Should -Be $PID, 'WAY_RING', 1, ''
        ($Own | Where-Object Name -Like '*.bss' | Get-BpfMapItem).Value.sequence | Should -Be 4
    }

    It 'is an error for a key or a map that is not there, and for what cannot be listed' {
        Get-BpfMapItem -Id ($Own | Where-Object Name -EQ totals).Id -Key 1 -ErrorAction SilentlyContinue -ErrorVariable wrong
        Get-BpfMapItem -Id 4294967295 -ErrorAction SilentlyContinue -ErrorVariable +wrong
        Get-BpfMapItem -Id ($Own | Where-Object Name -EQ ring).Id -ErrorAction SilentlyContinue -ErrorVariable +wrong
        $wrong.FullyQualifiedErrorId -replace ',.*' | Should -Be 'BpfMapItemNotFound', 'BpfMapNotFound', 'BpfMapNotListable'
    }
}
