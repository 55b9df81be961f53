BeforeDiscovery { . $PSScriptRoot/BpfSupport.ps1; $script:NoBpf = -not (Test-BpfLoad) }
BeforeAll { . $PSScriptRoot/Support.ps1; . $PSScriptRoot/BpfSupport.ps1 }

Describe 'Get-BpfProgram' -Skip:$NoBpf {
    BeforeAll { $Trace = Start-BpfTrace @Calls -AsSession; $Own = Get-BpfProgram send | Where-Object { $_.Owners.ProcessId -eq $PID }; $Known = Get-LoadedProgram send | Where-Object id -EQ $Own.Id }
    AfterAll { if ($Trace) { Stop-BpfTrace $Trace } }

    It 'tells what bpftool tells' {
        $program = $Own
        $program.Id, $program.Type, $program.Tag, $program.InstructionCount, $program.CompiledSize, $program.UserId, $program.BtfId |
            Should -Be $Known.id, $Known.type, $Known.tag, ($Known.bytes_xlated / 8), $Known.bytes_jited, $Known.uid, $Known.btf_id
        $program.MapIds | Should -Be ($Known.map_ids | Sort-Object)
        $program.Memory | Should -Be $Known.bytes_memlock
        [math]::Abs($program.LoadedAt.ToUnixTimeSeconds() - $Known.loaded_at) | Should -BeLessOrEqual 1
        "$($program.AttachedTo)" | Should -Be 'raw_tracepoint sys_enter'
        $program.Owners.ProcessId | Should -Be $PID
    }

    It 'lists the programs bpftool lists' {
        # Others come and go: those bpftool has before and after are there, and none that it has neither time.
        $before = (& bpftool -j prog list | ConvertFrom-Json).id
        $listed = (Get-BpfProgram).Id
        $after = (& bpftool -j prog list | ConvertFrom-Json).id
        $before | Where-Object { $_ -in $after -and $_ -notin $listed } | Should -BeNullOrEmpty
        $listed | Where-Object { $_ -notin $before -and $_ -notin $after } | Should -BeNullOrEmpty
        $listed | Should -Contain $Own.Id
    }

    It 'is an error for what is none' {
        Get-BpfProgram -Id 4294967295 -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BpfProgramNotFound,KernelDebug.Commands.GetBpfProgramCommand'
    }
}
