BeforeDiscovery {
    # The examples of the pages, each a test: this is the text that Get-Help shows.
    $ofRunningKernel = 'Compare-BtfType', 'Export-BtfHeader', 'Get-BtfFunction', 'Get-BtfType', 'Get-TraceFunction', 'Read-BtfValue'
    . $PSScriptRoot/BpfSupport.ps1
    $mayLoad = Test-BpfLoad
    $script:Examples = foreach ($page in Get-ChildItem "$PSScriptRoot/../../docs/en-US/*-*.md") {
        $text = (Get-Content $page -Raw) -replace "`r"
        foreach ($match in [regex]::Matches($text, '(?ms)^### (Example \d+: [^\n]+)\n```powershell\n(.+?)\n```')) {
            # Pages whose examples show the running kernel's types run where it has some.
            $needsBtf = $page.BaseName -in $ofRunningKernel -and -not (Test-Path /sys/kernel/btf/vmlinux)
            # Those that follow the running kernel's trace need it.
            $needsTracefs = (($page.BaseName -eq 'Get-TracePipe' -and $match.Groups[2].Value -notmatch '-Path') -or $match.Groups[2].Value -match ' -Tracepoint ') -and -not (Test-Path /sys/kernel/tracing/trace_pipe)
            # Those of BPF load a program: a kernel that lets this user do it.
            $needsBpf = $page.BaseName -match '-Bpf' -and -not $mayLoad
            @{ NeedsBpf = $needsBpf; NeedsTracefs = $needsTracefs; NeedsBtf = $needsBtf; Command = $page.BaseName; Title = $match.Groups[1].Value; Code = $match.Groups[2].Value }
        }
    }
    $script:Commands = (Get-ChildItem "$PSScriptRoot/../../docs/en-US/*-*.md").BaseName
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    function Show($Object) { ($Object | Out-String -Width 120) -split "`n" | ForEach-Object { $_.TrimEnd() } }
}

Describe 'the module' {
    It 'exports the cmdlets of the manifest and nothing else' {
        $manifest = Import-PowerShellDataFile $ModuleFile
        $module = Get-Module KernelDebug
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be $manifest.CmdletsToExport
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count + $module.ExportedVariables.Count | Should -Be 0
    }

    It 'ships no assembly of PowerShell' {
        Get-ChildItem (Split-Path (Get-Command Get-PanicTrace).DLL) -Filter System.Management.Automation* | Should -BeNullOrEmpty
    }

    It 'has its cmdlets compiled ahead where its core is' {
        # A method that has no code yet is compiled when it is prepared, which the runtime counts. The first measure is of the script itself.
        $compiled = Invoke-Pwsh -NoProfile -Command "
            Import-Module '$ModuleFile'
            function Test-Ahead([type] `$Type, [string[]] `$Name) {
                foreach (`$method in `$Type.GetMethods('Instance,NonPublic,Public,DeclaredOnly') | Where-Object Name -In `$Name) {
                    `$before = [Runtime.JitInfo]::GetCompiledMethodCount(`$true)
                    [Runtime.CompilerServices.RuntimeHelpers]::PrepareMethod(`$method.MethodHandle)
                    [Runtime.JitInfo]::GetCompiledMethodCount(`$true) -eq `$before
                }
            }
            `$null = 1..3 | ForEach-Object { Test-Ahead ([Version]) 'CompareTo', 'Equals' }
            'core ' + @(Test-Ahead ([KernelDebug.Elf.ElfFile]) 'get_BuildId', 'Dispose')[0]
            Get-Command -Module KernelDebug -CommandType Cmdlet | ForEach-Object { Test-Ahead `$_.ImplementingType BeginProcessing, ProcessRecord, EndProcessing }"
        if ($compiled[0] -eq 'core False') { Set-ItResult -Skipped -Because 'the module is plain IL here' }
        $compiled.Count | Should -BeGreaterThan 40
        $compiled | Select-Object -Skip 1 -Unique | Should -Be 'True'
    }

    It 'leaves nothing behind when it is removed' {
        $left = Invoke-Pwsh -NoProfile -Command "
            Set-Location /
            `$before = (Get-FormatData).Count, (Get-Variable -Scope Global).Count, (Get-PSDrive).Count, (Get-Command -CommandType Cmdlet, Function, Alias).Count
            Import-Module '$ModuleFile'
            `$null = Get-PanicTrace '$Sample' | ConvertTo-DecodedStack -WarningAction SilentlyContinue | Out-String
            Remove-Module KernelDebug
            'commands: ' + @(Get-Command *-PanicTrace, *-DecodedStack, *-KernelSymbol, *-KernelAddress -ErrorAction Ignore).Count
            'views: ' + @(Get-FormatData KernelDebug.*).Count
            'types: ' + @(Get-TypeData KernelDebug.*).Count"
        $left | Should -Be 'commands: 0', 'views: 0', 'types: 0'
    }
}

Describe 'help' {
    It 'of <_> is there with all its parts' -ForEach $Commands {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "*$_*[[]*"
        $help.description.Text | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
        $help.inputTypes.inputType | Should -Not -BeNullOrEmpty
        $help.returnValues.returnValue | Should -Not -BeNullOrEmpty
        $help.alertSet | Should -Not -BeNullOrEmpty
    }

    It 'of <_> has the parameters the command has' -ForEach $Commands {
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        $parameters = (Get-Command $_).Parameters.Values | Where-Object Name -NotIn $common
        $shown = (Get-Help $_ -Full).parameters.parameter
        $shown.name | Should -Be ($parameters.Name | Sort-Object)
        foreach ($parameter in $parameters) {
            $page = $shown | Where-Object name -EQ $parameter.Name
            $page.description.Text | Should -Not -BeNullOrEmpty -Because $parameter.Name
            ($page.aliases -replace '^none$') | Should -Be ($parameter.Aliases -join ', ') -Because $parameter.Name
            $set = @($parameter.ParameterSets.Values)[0]
            "$($page.required)" | Should -Be "$($set.IsMandatory)" -Because $parameter.Name
            $ways = @(if ($set.ValueFromPipelineByPropertyName) { 'ByPropertyName' }; if ($set.ValueFromPipeline) { 'ByValue' })
            $page.pipelineInput | Should -Be ($ways ? "True ($($ways -join ', '))" : 'False')
        }
    }

    It 'of <_> has the syntax the command has' -ForEach $Commands {
        $sets = (Get-Command $_).ParameterSets
        $shown = @((Get-Help $_ -Full).syntax.syntaxItem)
        $common = [Management.Automation.PSCmdlet]::CommonParameters
        $want = $sets | ForEach-Object { (($_.Parameters | Where-Object Name -NotIn $common | ForEach-Object { "$($_.Name):$($_.IsMandatory)" } | Sort-Object) -join ' ').ToLower() } | Sort-Object
        $have = $shown | ForEach-Object { (($_.parameter | Where-Object { $_ } | ForEach-Object { "$($_.name):$($_.required)" } | Sort-Object) -join ' ').ToLower() } | Sort-Object
        $have | Should -Be $want
    }

    It 'shows the example as it is run here: <Command>, <Title>' -ForEach $Examples {
        $shown = (Get-Help $Command -Full).examples.example | Where-Object title -Like "*$Title*"
        $shown.code | Should -Be $Code
    }

    Context 'whose examples run' -ForEach @{ All = $Examples } {
        BeforeAll {
            # Each in a folder of its own, those of a page in a PowerShell of their own: two pages at a time, but those of BPF, which find by its name
            # what they loaded, one after the other.
            $invoke = "${function:Invoke-Pwsh}"
            $ofBpf, $others = 1..2 | ForEach-Object { , [Collections.Concurrent.ConcurrentQueue[string]]::new() }
            $folders = @{}
            foreach ($page in $All | Where-Object { -not ($_.NeedsBtf -or $_.NeedsBpf -or $_.NeedsTracefs) } | Group-Object Command) {
                $of = New-Item -ItemType Directory "$TestDrive/$([guid]::NewGuid())"
                for ($i = 0; $i -lt $page.Count; $i++) {
                    $example = $page.Group[$i]
                    $folders["$($example.Command) $($example.Title)"] = $folder = "$of/$('{0:d2}' -f $i)"
                    Copy-Item -Recurse $Samples $folder
                    Set-Content "$folder/example.ps1" $example.Code
                }
                Set-Content "$of/page.ps1" "
                    Import-Module '$ModuleFile'
                    `$ErrorActionPreference = 'Stop'
                    foreach (`$folder in Get-ChildItem '$of' -Directory | Sort-Object Name) {
                        Set-Location `$folder
                        `"== `$(`$folder.Name)`"
                        `$global:LASTEXITCODE = 0
                        try { & ./example.ps1 2>./errors | Out-String -Width 120 } catch { `$_ | Out-String >./errors }
                        if (`$LASTEXITCODE) { `"exit code `$LASTEXITCODE`" >>./errors }
                    }"
                ("$($page.Group.Code)" -match '-Bpf(?!Project)' ? $ofBpf : $others).Enqueue("$of/page.ps1")
            }
            @{ Queues = $ofBpf, $others }, @{ Queues = , $others } | ForEach-Object -ThrottleLimit 2 -Parallel {
                $script = ''
                foreach ($queue in $_.Queues) {
                    while ($queue.TryDequeue([ref] $script)) {
                        & ([scriptblock]::Create($using:invoke)) -NoProfile -NonInteractive -File $script >"$script.log" 2>"$script.errors"
                        Set-Content "$script.code" $LASTEXITCODE
                    }
                }
            }
        }

        It '<Command>, <Title>' -ForEach $Examples {
            if ($NeedsBtf) { Set-ItResult -Skipped -Because 'it shows types of the running kernel, and this machine has no /sys/kernel/btf/vmlinux' }
            if ($NeedsBpf) { Set-ItResult -Skipped -Because 'it loads BPF programs, and bpftool or this user may not here' }
            if ($NeedsTracefs) { Set-ItResult -Skipped -Because 'it reads the trace of the running kernel, and this user sees no /sys/kernel/tracing/trace_pipe' }
            $folder = $folders["$Command $Title"]
            # What an example and what its page's PowerShell say of errors.
            Get-Content "$folder/errors" -Raw -ErrorAction Ignore | Should -BeNullOrEmpty
            Get-Content "$folder/../page.ps1.errors" -Raw | Should -BeNullOrEmpty
            Get-Content "$folder/../page.ps1.code" | Should -Be 0
            $log = Get-Content "$folder/../page.ps1.log" -Raw
            $shown = $log -split '(?m)^== (\d\d)$'
            $at = [Array]::IndexOf($shown, (Split-Path -Leaf $folder))
            $at | Should -BeGreaterThan 0 -Because $log
            $shown[$at + 1].Trim() | Should -Not -BeNullOrEmpty -Because $log
        }
    }
}

Describe 'views' {
    BeforeAll {
        $trace = Get-PanicTrace $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
        $lines = Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
    }

    It 'of a report read at a glance' {
        $text = Show $trace
        $text | Should -Contain 'kernel BUG in __kmem_cache_free'
        "$text" | Should -Match 'Headline +kernel BUG at mm/slub\.c:419!'
        "$text" | Should -Match 'Kernel +6\.1\.0-56-amd64'
        "$text" | Should -Match 'Task +ping, PID 121, CPU 1'
        "$text" | Should -Match 'out of tree: gtpsim\(OE\)'
        "$text" | Should -Match 'Stopped at +__kmem_cache_free\+0x284/0x2a0'
        $text | Should -Contain '   <TASK>'
        $text -match '^   \? __ip_finish_output' | Should -HaveCount 1
        "$text" | Should -Match '> +gtpsim_dev_xmit\+0x114/0x170 \[gtpsim\] +/build/gtpsim/gtpsim_dev\.c:80'
    }

    It 'stay within 120 columns: <_>' -ForEach (Get-ChildItem "$PSScriptRoot/../Fixtures/logs/*/*/oops.log").FullName {
        $traces = Get-PanicTrace $_ | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
        foreach ($trace in $traces) {
            [KernelDebug.Formatting.PanicTraceFormatter]::Format($trace, 120, [KernelDebug.Formatting.TraceStyle]::Plain) -split "`n" |
                Where-Object Length -GT 120 | Should -BeNullOrEmpty
        }
        Show $traces | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        Show ($traces | Format-Table) | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        Show $traces.CallTrace | Where-Object Length -GT 120 | Should -BeNullOrEmpty
    }

    It 'of a list of reports are a table when asked for' {
        $rows = Show (Get-PanicTrace $Sample, "$Cases/d1-proc-warn/oops.log" | Format-Table)
        $rows -match '^Severity +Title +GuiltyModule +Signature +Comm +Release$' | Should -HaveCount 1
        $rows -match '^Error +kernel BUG in __kmem_cache_free +gtpsim +1:[0-9a-f]{16} +ping +6\.1\.0-56-amd64$' | Should -HaveCount 1
    }

    It 'show Format-List and Select-Object their properties' {
        "$(Show ($trace | Format-List))" | Should -Match 'CallTrace +: \d+ frames'
        "$(Show ($trace | Format-List CallTrace, Comm))" | Should -Match 'Comm +: ping'
        "$(Show ($lines[0] | Format-List -Property * -Force))" | Should -Match 'LineNumber +: 1'
    }

    It 'of frames, locations, source frames, modules and code have what they are about' {
        "$(Show $trace.CallTrace[4])" | Should -Match 'Task +gtpsim_dev_xmit\+0x114/0x170 \[gtpsim\] +/build/gtpsim/gtpsim_dev\.c:80'
        "$(Show $trace.CallTrace[4].Location)" | Should -Match 'gtpsim_dev_xmit\+0x114/0x170 \[gtpsim\] +False +/build/gtpsim/gtpsim_dev\.c:80'
        "$(Show $trace.CallTrace[2].Frames)" | Should -Match 'gtpsim_do_doubleskb +False +\d+ +/build/gtpsim/gtpsim_fault\.c:96'
        "$(Show $trace.Modules)" | Should -Match 'gtpsim +OE +True'
        $code = [KernelDebug.Disassembly.CodeDisassembler]::Disassemble((Get-PanicTrace $Sample).Code, 'x86_64', 'Att')
        "$(Show $code)" | Should -Match '2a:\*\s+0f 0b\s+ud2\s+<-- trapping instruction'
        "$(Show $code.FromFault[0])" | Should -Match '\* +\d+ +0f 0b +ud2'
    }

    It 'colour what stands out, and only where colours are wanted' {
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'Ansi'
            $text = ($trace | Out-String -Width 120) -split "`n"
            $text -match 'gtpsim_dev_xmit' | Should -Match ([regex]::Escape($PSStyle.Foreground.BrightYellow))
            @($text -match '\? __ip_finish_output')[0] | Should -Match ([regex]::Escape($PSStyle.Dim))
            # One colour a line: PowerShell repeats the colours of a text of several lines on each of them.
            $text | ForEach-Object { [regex]::Matches($_, "`e\[").Count } | Measure-Object -Maximum | ForEach-Object Maximum | Should -BeLessOrEqual 6
            $PSStyle.OutputRendering = 'PlainText'
            $trace | Out-String | Should -Not -Match "`e"
        }
        finally { $PSStyle.OutputRendering = $before }
    }

    It 'spell the control characters of a log out' {
        $evil = (Get-Content $Sample -Raw) -replace 'Comm: ping', "Comm: pi`a`e]0;x`ang" -replace 'Hardware name: QEMU', "Hardware name: Q`e[2J$([char]0x9b)5mEMU`b" -replace 'kernel BUG at mm', "kernel BUG at `e[31m$([char]0x202e)mm" -replace 'dev_hard_start_xmit', "dev_hard`e[1mstart_xmit"
        $traces = $evil | Get-PanicTrace
        $traces | Should -Not -BeNullOrEmpty
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            foreach ($text in ($traces | Out-String), ($traces | Format-Table | Out-String), ($traces | Format-List | Out-String), ($traces.CallTrace | Out-String), ($traces.Modules | Out-String)) {
                $text -match "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f$([char]0x202e)]" | Should -BeFalse
            }
        }
        finally { $PSStyle.OutputRendering = $before }
    }
}
