BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Get-BpfMap' -Skip:$NoBpf {
    BeforeAll { $Trace = Start-BpfTrace @Calls -AsSession }
    AfterAll { if ($Trace) { Stop-BpfTrace $Trace } }

    It 'tells what bpftool tells' {
        $program = Get-BpfProgram send | Where-Object { $_.Owners.ProcessId -eq $PID }
        $own = $program.MapIds
        foreach ($known in & bpftool -j map list | ConvertFrom-Json | Where-Object id -In $own) {
            $map = Get-BpfMap -Id $known.id
            # bpftool 7.1 shows a map without types the types of the map before it: the kernel says 0 of buffers, which libbpf makes without.
            $btf = $known.type -in 'perf_event_array', 'ringbuf' ? $null : $known.btf_id
            $map.Name, $map.Type, $map.KeySize, $map.ValueSize, $map.MaxEntries, $map.Memory, $map.BtfId, ([int]$map.IsFrozen) |
                Should -Be $known.name, $known.type, $known.bytes_key, $known.bytes_value, $known.max_entries, $known.bytes_memlock, $btf, ([int]$known.frozen)
            $map.ProgramIds | Should -Contain $program.Id
        }
        $own.Count | Should -Be 5
    }
}
