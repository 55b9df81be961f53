BeforeDiscovery {
    $script:NoKernelTypes = -not (Test-Path /sys/kernel/btf/vmlinux)
    $script:NoCompiler = -not (Get-Command clang, clang-?? -CommandType Application -ErrorAction Ignore) -or -not (Test-Path /usr/include/bpf/bpf_tracing.h)
}
BeforeAll { . $PSScriptRoot/Support.ps1 }

Describe 'New-BpfProject' -Skip:$NoKernelTypes {
    BeforeAll {
        # Of the file: whether this machine allows to trace them is another question.
        $Functions = @(Get-TraceFunction -LiteralPath /sys/kernel/btf/vmlinux -Name tcp_connect, vfs_read, ksys_read)
        $Place = Join-Path ([IO.Path]::GetTempPath()) "kerneldebug-project-$PID"
    }
    AfterEach { Remove-Item $Place -Recurse -ErrorAction Ignore }

    It 'writes a program with the right arguments, its header, and how to run it' {
        $written = $Functions | New-BpfProject $Place -Return
        $written.Name | Should -Be "kerneldebug-project-$PID.bpf.c", 'vmlinux.h', 'README.md'
        $source = Get-Content $written[0] -Raw
        $source | Should -Match ([regex]::Escape("SEC(`"fentry/tcp_connect`")`nint BPF_PROG(on_tcp_connect, struct sock *sk)"))
        $source | Should -Match ([regex]::Escape("SEC(`"fexit/vfs_read`")`nint BPF_PROG(on_vfs_read_return, struct file *file, char *buf, size_t count, loff_t *pos, ssize_t result)"))
        (Get-Content $written[2] -Raw) | Should -Match ([regex]::Escape("Start-BpfTrace -Source ./kerneldebug-project-$PID.bpf.c"))
    }

    It 'is compiled without a warning, for hundreds of functions of every kind' -Skip:$NoCompiler {
        # Every hundredth, and those with what compilers and macros stumble over.
        $all = @(Get-TraceFunction -LiteralPath /sys/kernel/btf/vmlinux)
        $some = @(for ($i = 0; $i -lt $all.Count; $i += 100) { $all[$i] })
        $odd = @($all | Where-Object { $_.Parameters.Name -match '^(ctx|event|default|register|new|private|result)$' -or $_.Prototype -match '\(\*|\bstruct \w+ \w+[,)]' } | Select-Object -First 150)
        $written = $some + $odd | New-BpfProject $Place -Return -ErrorAction SilentlyContinue -ErrorVariable refused
        $refused.FullyQualifiedErrorId | Sort-Object -Unique | Should -BeIn 'FunctionNotTraceable,KernelDebug.Commands.NewBpfProjectCommand'
        $refused.Count | Should -BeLessThan ($some.Count / 10)
        $clang = @(Get-Command clang, clang-?? -CommandType Application -ErrorAction Ignore)[0]
        $said = & $clang -g -O2 -Wall -Werror -target bpf -D__TARGET_ARCH_x86 -idirafter /usr/include/x86_64-linux-gnu -c $written[0] -o "$Place/x.bpf.o" 2>&1
        $LASTEXITCODE | Should -Be 0 -Because ($said | Select-Object -First 20 | Out-String)
        (Get-Item "$Place/x.bpf.o").Length | Should -BeGreaterThan 10000
    }

    It 'replaces nothing that is there, unless told' {
        $null = $Functions | New-BpfProject $Place
        { $Functions | New-BpfProject $Place } | Should -Throw -ErrorId 'OutputExists,KernelDebug.Commands.NewBpfProjectCommand'
        $Functions | New-BpfProject $Place -Force | Should -HaveCount 3
    }

    It 'writes nothing with -WhatIf' {
        $Functions | New-BpfProject $Place -WhatIf | Should -BeNullOrEmpty
        Test-Path $Place | Should -BeFalse
    }

    It 'says of a function why it is left out' {
        Get-TraceFunction no_such_function_at_all -ErrorAction SilentlyContinue -WarningAction SilentlyContinue | New-BpfProject $Place -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong[0].FullyQualifiedErrorId | Should -Be 'FunctionNotTraceable,KernelDebug.Commands.NewBpfProjectCommand'
        $wrong[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Test-Path $Place | Should -BeFalse
    }
}
