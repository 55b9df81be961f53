BeforeDiscovery {
    $script:NoKernel = -not (Test-Path /sys/kernel/btf/vmlinux) -or -not (Test-Path /proc/kallsyms)
    $script:NoList = -not ((id -u) -eq 0 -and (& sh -c 'head -c 1 /sys/kernel/tracing/available_filter_functions' 2>$null))
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Types = Join-Path $Fixtures 'tracing/vmlinux.btf'
    $Quiet = @{ WarningAction = 'SilentlyContinue' }
}

Describe 'Get-TraceFunction' {
    It 'says of a file what no kernel hands on' {
        $functions = Get-TraceFunction -Path $Types _printk, takes_union, vfs_read
        $functions.Reason.Kind | Should -Be 'Variadic', 'UnsupportedArgument', 'ListUnreadable'
        $functions[2].Prototype | Should -Be 'ssize_t vfs_read(struct file *file, char *buf, size_t count, loff_t *pos)'
        $functions[2].Parameters.Name | Should -Be 'file', 'buf', 'count', 'pos'
        "$($functions.CanFentry)" | Should -Be 'False False '
    }

    It 'finds functions of a file by pattern and by what they take' {
        (Get-TraceFunction -Path $Types 'VFS_*').Name | Sort-Object | Should -Be 'vfs_read', 'vfs_write'
        (Get-TraceFunction -Path $Types -Parameter sockptr_t).Name | Should -Be 'do_tcp_setsockopt'
        (Get-TraceFunction -Path (Join-Path $Fixtures 'tracing/gtpsim.btf') -Base $Types -Parameter sk_buff).Name | Sort-Object | Should -Be 'gtpsim_dev_xmit', 'gtpsim_encap_recv', 'gtpsim_parse'
    }

    It 'is an error for a file, a function of it or a type that is not there' {
        Get-TraceFunction -Path $Types no_such, vfs_read -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -HaveCount 1
        $wrong.FullyQualifiedErrorId | Should -Be 'TraceFunctionNotFound,KernelDebug.Commands.GetTraceFunctionCommand'
        $null = Get-TraceFunction -Path $Types -Parameter no_such_type -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfTypeNotFound,KernelDebug.Commands.GetTraceFunctionCommand'
        $null = Get-TraceFunction -Path $Sample -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfUnusable,KernelDebug.Commands.GetTraceFunctionCommand'
    }

    It 'answers names with why they cannot be traced' -Skip:$NoKernel {
        $functions = Get-TraceFunction vfs_read, no_such_function @Quiet
        $functions.Name | Should -Be 'vfs_read', 'no_such_function'
        $functions[0].Prototype | Should -Match '^ssize_t vfs_read\('
        $functions[1].Reason.Kind | Should -Be 'NoSuchFunction'
        "$($functions[1].CanFentry) $($functions[1].CanKprobe)" | Should -Be 'False False'
        (Get-TraceFunction x_fn -Module no_such_module @Quiet).Reason.Kind | Should -Be 'ModuleNotLoaded'
        (Get-TraceFunction x_fn -Module no_such* @Quiet).Reason.Kind | Should -Be 'ModuleNotLoaded'
        (Get-TraceFunction vfs_read -Module vml* @Quiet).Prototype | Should -Match '^ssize_t vfs_read\('
    }

    It 'takes names, objects, frames and reports of the pipeline' -Skip:$NoKernel {
        ('vfs_read', 'vfs_write' | Get-TraceFunction @Quiet).Name | Should -Be 'vfs_read', 'vfs_write'
        ([pscustomobject]@{ Symbol = 'x_fn'; Module = 'no_such_module' } | Get-TraceFunction @Quiet).Reason.Kind | Should -Be 'ModuleNotLoaded'
        $trace = Get-PanicTrace $Sample
        $functions = $trace.CallTrace | Get-TraceFunction @Quiet
        # A name that several functions have is answered by each of them, in the frame's place.
        function Collapse($Names) { $last = $null; foreach ($name in $Names) { if ($name -ne $last) { $name }; $last = $name } }
        Collapse $functions.Name | Should -Be (Collapse $trace.CallTrace.Symbol)
        foreach ($same in $functions | Group-Object Name) {
            if ($same.Count -gt @($trace.CallTrace | Where-Object Symbol -CEQ $same.Name).Count) { $same.Group.Reasons.Kind | Should -Contain 'NameNotUnique' }
        }
        ($trace | Get-TraceFunction @Quiet).Name | Should -Be (@(($trace.InstructionPointer | Get-TraceFunction @Quiet).Name) + $functions.Name)
        ($functions | Where-Object Name -EQ gtpsim_dev_xmit).Module | Select-Object -Unique | Should -Be 'gtpsim'
        42 | Get-TraceFunction -ErrorAction SilentlyContinue -ErrorVariable wrong @Quiet | Should -BeNullOrEmpty
        $wrong.FullyQualifiedErrorId | Should -Be 'InputWithoutFunction,KernelDebug.Commands.GetTraceFunctionCommand'
    }

    It 'says what is inlined at a frame' -Skip:$NoKernel {
        $frame = (Get-PanicTrace $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux).CallTrace | Where-Object { $_.Frames.IsInlined -contains $true } | Select-Object -First 1
        $frame | Should -Not -BeNullOrEmpty
        $function = $frame | Get-TraceFunction @Quiet
        $function.Name | Should -Be $frame.Symbol
        $function.InlinedFunctions | Should -Be @($frame.Frames | Where-Object IsInlined).Function
        $source = $frame.Frames | Where-Object IsInlined | Select-Object -First 1
        ($source | Get-TraceFunction @Quiet).Reason.Kind | Should -Be 'Inlined'
    }

    It 'completes names and modules' -Skip:$NoKernel {
        $line = 'Get-TraceFunction vfs_rea'
        (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Contain 'vfs_read'
        $line = 'Get-TraceFunction -Module vmlin'
        (TabExpansion2 $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Contain 'vmlinux'
    }

    It 'warns where it is not known what can be traced' -Skip:($NoKernel -or -not $NoList) {
        $function = Get-TraceFunction vfs_read -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Match 'Which functions can be traced is not known: .*kallsyms'
        "$($function.Source) $($function.CanFtrace)" | Should -Be 'Kallsyms '
    }

    It 'lists what the kernel lists' -Skip:$NoList {
        $listed = (Get-Content /sys/kernel/tracing/available_filter_functions) -notmatch '^__ftrace_invalid_address__' | ForEach-Object { $_.Split(' ')[0] }
        (Get-TraceFunction).Name | Should -Be $listed
    }

    It 'has a view that fits 120 columns' {
        $text = Get-TraceFunction -Path $Types | Out-String -Width 120
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text | Should -Match '_printk +no +no +\? +\? +It takes any number'
        Get-TraceFunction -Path $Types _printk | Format-List | Out-String | Should -Match 'Prototype +: int _printk\(const char \*fmt, \.\.\.\)'
    }
}
