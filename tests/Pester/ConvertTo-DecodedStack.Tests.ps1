BeforeDiscovery {
    $vmlinux = @($env:KERNELDEBUG_VMLINUX, '/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64') | Where-Object { $_ -and (Test-Path $_) } | Select-Object -First 1
    $script:NoKernel = -not $vmlinux
    $script:CaseNames = (Get-ChildItem "$PSScriptRoot/../Fixtures/logs/debian-6.1.0-56" -Directory).Name
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $vmlinux = @($env:KERNELDEBUG_VMLINUX, '/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64') | Where-Object { $_ -and (Test-Path $_) } | Select-Object -First 1

    # What differs between truth.json and the decoded locations, for the entries chosen.
    function Compare-Truth($Lines, $Case, [scriptblock] $Choose) {
        $truth = Get-Content "$Cases/$Case/truth.json" -Raw | ConvertFrom-Json | Where-Object $Choose
        foreach ($entry in $truth) {
            $location = $Lines[$entry.line - 1].Locations | Where-Object { $_.Symbol -eq $entry.symbol -and $_.Offset -eq $entry.offset } | Select-Object -First 1
            if ($entry.PSObject.Properties['ambiguous'] -or $entry.PSObject.Properties['doubtful']) {
                if ($location.Frames.Count -and -not $entry.PSObject.Properties['ambiguous']) { "$Case line $($entry.line): $($entry.symbol) is not certain, and was decoded" }
                continue
            }
            $have = ($location.Frames | ForEach-Object { "$($_.Function) $($_.File):$($_.Line)" }) -join '; '
            $want = ($entry.frames | ForEach-Object { "$($_.func) $($_.file):$($_.line)" }) -join '; '
            if ($have -ne $want) { "$Case line $($entry.line): want $want, have $have ($($location.Reason))" }
        }
    }
}

Describe 'ConvertTo-DecodedStack' {
    Context 'lines' {
        BeforeAll { $lines = Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux }

        It 'are one DecodedLine for each line of the log' {
            $log = Get-Content $Sample
            $lines | Should -HaveCount $log.Count
            $lines[0] | Should -BeOfType [KernelDebug.Records.DecodedLine]
            $lines.RawText | Should -Be $log
            $lines.LineNumber | Should -Be (1..$log.Count)
        }

        It 'carry what was looked up' {
            $location = ($lines | Where-Object RawText -Like '*gtpsim_do_doubleskb*').Locations[0]
            $location.Symbol | Should -Be 'gtpsim_do_doubleskb.constprop.0'
            $location.Offset | Should -Be 0x48
            $location.Size | Should -Be 0x60
            $location.Module | Should -Be 'gtpsim'
            $location.BuildId | Should -Be 'c0ba1fc41e904eec58ca79917d3711d50c1b5543'
            $location.IsReliable | Should -BeTrue
            $location.IsExact | Should -BeFalse
            $location.IsAmbiguous | Should -BeFalse
            $location.Frames.Function | Should -Be 'kfree_skb', 'gtpsim_do_doubleskb'
            $location.Frames.Line | Should -Be 1252, 96
            $location.Frames.IsInlined | Should -Be $true, $false
        }

        It 'say why there is no answer' {
            $location = ($lines | Where-Object RawText -Like '*  skb_release_data*').Locations[0]
            $location.Frames | Should -BeNullOrEmpty
            $location.Reason.Kind | Should -Be 'NoVmlinux'
        }

        It 'have the disassembly on Code: lines alone' {
            $code = $lines | Where-Object { $_.RawText -match ' Code: ' }
            $code | ForEach-Object { $_.Disassembly | Should -Not -BeNullOrEmpty }
            $lines | Where-Object { $_.RawText -notmatch ' Code: ' -and $_.Disassembly } | Should -BeNullOrEmpty
            ($code[0].Disassembly.FromFault[0]).Text | Should -Match '^ud2\s*$'
        }

        It 'are disassembled in the syntax asked for' {
            $intel = Get-Content $Sample | ConvertTo-DecodedStack -Syntax Intel @NoVmlinux | Where-Object Disassembly | Select-Object -First 1
            $intel.Disassembly.Syntax | Should -Be 'Intel'
            $intel.Disassembly.AllCode.Text -join "`n" | Should -Match 'rdx,(QWORD PTR )?\[rip'
            ($lines | Where-Object Disassembly | Select-Object -First 1).Disassembly.AllCode.Text -join "`n" | Should -Match '\(%rip\),%rdx'
        }
    }

    Context 'truth' {
        It 'of the module''s frames, without a vmlinux: <_>' -ForEach $CaseNames {
            $lines = @(Get-Content "$Cases/$_/oops.log" | ConvertTo-DecodedStack -ModulePath $SampleModule -BasePath '' @NoVmlinux)
            Compare-Truth $lines $_ { $_.module -eq 'gtpsim' } | Should -BeNullOrEmpty
        }

        It 'of the kernel''s frames: <_> (needs linux-image-6.1.0-56-amd64-dbg)' -Skip:$NoKernel -ForEach $CaseNames {
            $lines = @(Get-Content "$Cases/$_/oops.log" | ConvertTo-DecodedStack -Vmlinux $vmlinux -ModulePath $SampleModule)
            Compare-Truth $lines $_ { -not $_.module } | Should -BeNullOrEmpty
        }
    }

    Context 'reports' {
        It 'come back as the same objects with frames' {
            $before = Get-PanicTrace $Sample
            $after = $before | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            $after | Should -BeOfType [KernelDebug.Records.PanicTrace]
            $after.RawText | Should -Be $before.RawText
            $after.Path | Should -Be $before.Path
            $after.CallTrace.Symbol | Should -Be $before.CallTrace.Symbol
            $before.CallTrace[2].Frames | Should -BeNullOrEmpty
            $after.CallTrace[2].Frames.Function | Should -Be 'kfree_skb', 'gtpsim_do_doubleskb'
        }

        It 'agree with the lines of the same log' {
            foreach ($case in 'b1-proc-null', 'd3-proc-warnmsg', 'n1-proc-cold', 'p2-init-null') {
                $lines = @(Get-Content "$Cases/$case/oops.log" | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux)
                foreach ($trace in Get-PanicTrace "$Cases/$case/oops.log" | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux) {
                    foreach ($frame in @($trace.InstructionPointer) + $trace.CallTrace) {
                        $same = $lines[$frame.LineNumber - 1].Locations | Where-Object Symbol -EQ $frame.Symbol
                        "$($frame.Frames)" | Should -Be "$($same.Frames)"
                    }
                }
            }
        }

        It 'says which member of which structure the fault touched, in the object and in its view' {
            $trace = Get-PanicTrace "$Cases/b1-proc-null/oops.log" | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            $trace.Member | Should -BeOfType [KernelDebug.Records.MemberAccess]
            $trace.Member.Struct | Should -Be 'struct gtpsim_pdr'
            $trace.Member.Member | Should -Be 'far'
            $trace.Member.Offset | Should -Be 0x30
            $trace.Member.IsBaseNull | Should -BeTrue
            $trace.Member.Evidence | Should -Not -BeNullOrEmpty
            "$($trace.Member)" | Should -Be 'struct gtpsim_pdr *pdr: pdr->far (offset 0x30 of struct gtpsim_pdr), pdr is NULL'
            ($trace | Format-List | Out-String -Width 200) + ($trace | Format-Custom | Out-String -Width 200) + ($trace | Out-String -Width 200) | Should -Match 'Accessing +struct gtpsim_pdr \*pdr: pdr->far'
            (Get-PanicTrace "$Cases/e1-proc-bug/oops.log" | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux).Member | Should -BeNullOrEmpty
        }

        It 'have the place of the fault too' {
            $trace = Get-PanicTrace "$Cases/b1-proc-null/oops.log" | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            $trace[0].InstructionPointer.Frames.Function | Should -Be 'gtpsim_far_teid', 'gtpsim_read_far', 'gtpsim_read_pdr', 'gtpsim_do_null'
            $trace[0].InstructionPointer.Frames.Line | Should -Be 143, 28, 34, 39
        }
    }

    Context 'files' {
        It 'are read by -Path, -LiteralPath and as file objects, line numbers counted in each' {
            $copy = Join-Path $TestDrive 'other.log'
            Get-Content $Sample | Select-Object -First 30 | Set-Content $copy
            (ConvertTo-DecodedStack $Sample, $copy @NoVmlinux).LineNumber | Should -Be ((1..88) + (1..30))
            (ConvertTo-DecodedStack -LiteralPath $copy @NoVmlinux).LineNumber | Should -Be (1..30)
            (Get-Item $copy, $Sample | ConvertTo-DecodedStack @NoVmlinux).LineNumber | Should -Be ((1..30) + (1..88))
            (Resolve-Path $copy | ConvertTo-DecodedStack @NoVmlinux).LineNumber | Should -Be (1..30)
        }

        It 'that cannot be read are errors, and the next is read' {
            $lines = ConvertTo-DecodedStack /no/such.log, $Sample -ErrorVariable problems -ErrorAction SilentlyContinue @NoVmlinux
            $lines | Should -HaveCount 88
            $problems[0].FullyQualifiedErrorId | Should -Be 'PathNotFound,KernelDebug.Commands.ConvertToDecodedStackCommand'
        }
    }

    Context 'files of symbols' {
        It 'are found below -ModulePath, by wildcard, and relative to the current location' {
            Push-Location $Samples
            try {
                foreach ($path in 'gtpsim', './gtpsim/gtpsim.ko.xz', 'gtpsim/*.xz', '*') {
                    $lines = Get-Content panic.log | ConvertTo-DecodedStack -ModulePath $path @NoVmlinux
                    ($lines.Locations | Where-Object Module -EQ gtpsim | Where-Object { $_.Frames.Count }).Count | Should -Be 3 -Because $path
                }
            }
            finally { Pop-Location }
        }

        It 'that do not exist are an error that does not end the command' {
            $lines = Get-Content $Sample | ConvertTo-DecodedStack -ModulePath /no/such -ErrorVariable problems -ErrorAction SilentlyContinue @NoVmlinux
            $lines | Should -HaveCount 88
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
        }

        It 'end the command when -Vmlinux is <Name>' -ForEach @(
            @{ Name = 'missing'; Path = '/no/such/vmlinux'; Category = 'ObjectNotFound' }
            @{ Name = 'a directory'; Path = '/'; Category = 'InvalidArgument' }
            @{ Name = 'no ELF file'; Path = "$PSScriptRoot/Support.ps1"; Category = 'InvalidData' }
        ) {
            $problem = $null
            try { Get-Content $Sample | ConvertTo-DecodedStack -Vmlinux $Path } catch { $problem = $_ }
            $problem.FullyQualifiedErrorId | Should -Be 'VmlinuxUnusable,KernelDebug.Commands.ConvertToDecodedStackCommand'
            $problem.CategoryInfo.Category | Should -Be $Category
            $problem.ErrorDetails.RecommendedAction | Should -BeLike '*vmlinux*'
        }

        It 'named by -Vmlinux are looked for as PowerShell names files: <Path>' -ForEach @(
            @{ Path = './none'; Want = { "$PWD/none" } }
            @{ Path = '~/none'; Want = { "$HOME/none" } }
            @{ Path = 'Microsoft.PowerShell.Core\FileSystem::/none'; Want = { '/none' } }
        ) {
            Push-Location $TestDrive
            try {
                $problem = $null
                try { '' | ConvertTo-DecodedStack -Vmlinux $Path } catch { $problem = $_ }
                # TestDrive: is a drive of its own; the file lies where that is.
                $problem.TargetObject | Should -Be ((& $Want) -replace '^TestDrive:', "$TestDrive")
            }
            finally { Pop-Location }
        }

        It 'of another build are an error unless -Force' {
            $other = Join-Path $TestDrive 'other'
            $null = New-Item -ItemType Directory $other
            Copy-Item "$Fixtures/gtpsim/gtpsim-other-build.ko.xz" (Join-Path $other 'gtpsim.ko.xz')
            $log = "$Logs/renderings/a4-xmit-doubleskb/stacktrace-build-id.log"
            $lines = Get-Content $log | ConvertTo-DecodedStack -ModulePath $other -Release none-of-this-machine -ErrorVariable problems -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
            $problems | Where-Object { $_.FullyQualifiedErrorId -eq 'BuildIdMismatch,KernelDebug.Commands.ConvertToDecodedStackCommand' -and $_.TargetObject -eq 'gtpsim' } |
                Should -HaveCount 1
            $problems[0].CategoryInfo.Category | Should -Be 'InvalidData'
            $problems[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Force*'
            $location = ($lines | Where-Object RawText -Like '*gtpsim_dev_xmit*').Locations[0]
            $location.Frames | Should -BeNullOrEmpty
            $location.Reason.Kind | Should -Be 'BuildIdMismatch'

            $forced = Get-Content $log | ConvertTo-DecodedStack -ModulePath $other -ErrorVariable problems @NoVmlinux
            $problems | Should -BeNullOrEmpty
            ($forced.Locations | Where-Object { $_.Module -eq 'gtpsim' -and $_.Reason.Kind -eq 'BuildIdMismatch' }) | Should -BeNullOrEmpty
        }

        It 'are told once by one warning with the next step when there are none' {
            $null = (Get-Content $Sample) -replace '6\.1\.0-56-amd64', '6.1.0-0-none' | ConvertTo-DecodedStack -WarningVariable warned -WarningAction SilentlyContinue
            @($warned | Where-Object { $_ -like '*vmlinux*' }) | Should -HaveCount 1
            "$warned" | Should -BeLike '*linux-image-6.1.0-0-none-dbg*'
        }

        It 'are told with -Verbose, each place tried' {
            $told = Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule -Verbose @NoVmlinux 4>&1 |
                Where-Object { $_ -is [Management.Automation.VerboseRecord] }
            "$told" | Should -BeLike '*/usr/lib/debug*'
            "$told" | Should -BeLike '*gtpsim.ko.xz*'
        }
    }

    Context 'parameters' {
        It '-BasePath is taken off source paths' {
            $frame = (Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule -BasePath /build/gtpsim @NoVmlinux |
                    Where-Object RawText -Like '*gtpsim_dev_xmit*').Locations[0].Frames[0]
            $frame.File | Should -Be 'gtpsim_dev.c'
            $frame.FullPath | Should -Be '/build/gtpsim/gtpsim_dev.c'
        }

        It '-KaslrOffset takes <Text>' -ForEach @(
            @{ Text = '0x18000000'; Value = 0x18000000; Want = 0x18000000 }
            @{ Text = "'0x18000000'"; Value = '0x18000000'; Want = 0x18000000 }
            @{ Text = '402653184'; Value = '402653184'; Want = 0x18000000 }
            @{ Text = '0xffffffff81000000, which PowerShell reads as negative'; Value = 0xffffffff81000000; Want = [ulong]'18446744071578845184' }
        ) {
            [KernelDebug.Commands.AddressTransformationAttribute]::new().Transform($ExecutionContext, $Value) | Should -Be $Want
            { '' | ConvertTo-DecodedStack -KaslrOffset $Value @NoVmlinux } | Should -Not -Throw
        }

        It '-KaslrOffset makes bare addresses readable (needs linux-image-6.1.0-56-amd64-dbg)' -Skip:$NoKernel {
            $line = ' [<ffffffff997c0c47>]' | ConvertTo-DecodedStack -Vmlinux $vmlinux -KaslrOffset 0x18000000
            $line.Locations[0].Symbol | Should -Be 'skb_release_data'
        }

        It '-DecodeReturnAddress looks at the return address itself' {
            $plain = (Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux | Where-Object RawText -Like '*gtpsim_dev_xmit*').Locations[0]
            $exact = (Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule -DecodeReturnAddress @NoVmlinux | Where-Object RawText -Like '*gtpsim_dev_xmit*').Locations[0]
            $plain.IsExact | Should -BeFalse
            $exact.IsExact | Should -BeTrue
            $exact.Candidates[0].LinkAddress | Should -Be ($plain.Candidates[0].LinkAddress + 1)
        }

        It 'complete' {
            $text = 'ConvertTo-DecodedStack -Syntax '
            (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText | Should -Be 'Att', 'Intel'
            $text = 'ConvertTo-DecodedStack -Release '
            $have = (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText
            foreach ($release in Get-ChildItem /lib/modules -ErrorAction Ignore | ForEach-Object Name) { $have | Should -Contain $release }
            $text = "ConvertTo-DecodedStack -Vmlinux $Samples/panic.l"
            (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText | Should -BeLike '*panic.log'
            [KernelDebug.Commands.ReleaseCompleter]::new().CompleteArgument('', '', 'no-such-release', $null, $null) | Should -BeNullOrEmpty
        }

        It 'refuse what is no log, and go on' {
            $lines = 'one', 42, 'two' | ConvertTo-DecodedStack -ErrorVariable problems -ErrorAction SilentlyContinue @NoVmlinux
            $lines.Text | Should -Be 'one', 'two'
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'InputNotALog,*'
            $problems[0].CategoryInfo.Category | Should -Be 'InvalidType'
        }
    }

    Context 'streams' {
        It 'writes each line before the next is in' {
            $order = [Collections.Generic.List[string]]::new()
            & { foreach ($line in Get-Content $Sample) { $order.Add('in'); $line } } |
                ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux | ForEach-Object { $order.Add('out') }
            $order -join ' ' | Should -Be ((@('in out') * 88) -join ' ')
        }

        It 'writes the first line while a native command still runs' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $first = sh -c "echo 'first+0x1/0x2'; sleep 20; echo second" | ConvertTo-DecodedStack @NoVmlinux | Select-Object -First 1
            $first.RawText | Should -Be 'first+0x1/0x2'
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        }

        It 'follows Get-Content -Wait' {
            $log = Join-Path $TestDrive 'growing.log'
            Set-Content $log (Get-Content $Sample | Select-Object -First 40)
            $last = Get-Content $log -Wait | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux |
                ForEach-Object { if ($_.LineNumber -eq 40) { Add-Content $log 'one line more' }; $_ } | Select-Object -First 41 | Select-Object -Last 1
            $last.Text | Should -Be 'one line more'
        }

        It 'lets Select-Object -First stop what feeds it' {
            $fed = [Collections.Generic.List[int]]::new()
            $null = & { for ($i = 0; $true; $i++) { $fed.Add($i); "line $i" } } | ConvertTo-DecodedStack @NoVmlinux | Select-Object -First 3
            $fed.Count | Should -BeLessThan 6
        }
    }

    Context 'text' {
        It 'is all that a file gets' {
            $out = Join-Path $TestDrive 'out.log'
            $lines = Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            $lines > $out
            [IO.File]::ReadAllText($out) | Should -Be (($lines.Text -join "`n") + "`n")
            $lines | Out-File $out
            [IO.File]::ReadAllText($out) | Should -Be (($lines.Text -join "`n") + "`n")
        }

        It 'passes what it does not know untouched: <Name>' -ForEach @(
            @{ Name = 'an empty line'; Line = '' }
            @{ Name = 'blanks'; Line = '   ' }
            @{ Name = 'a tab'; Line = "a`tb" }
            @{ Name = 'prose'; Line = 'nothing of a kernel; 50% + 0x10' }
            @{ Name = 'a huge line'; Line = 'z' * 2MB }
            @{ Name = 'Unicode'; Line = "über $([char]::ConvertFromUtf32(0x1F427))" }
        ) {
            $decoded = $Line | ConvertTo-DecodedStack @NoVmlinux
            $decoded.RawText | Should -BeExactly $Line
            $decoded.Text | Should -BeExactly $Line
        }

        It 'leaves null out' { $null | ConvertTo-DecodedStack @NoVmlinux | Should -BeNullOrEmpty }

        It 'decodes behind CRLF, colour and other prefixes as without: <_>' -ForEach (Get-ChildItem "$PSScriptRoot/../Fixtures/logs/renderings/a4-xmit-doubleskb/*.log").Name {
            $lines = (Get-Content "$Logs/renderings/a4-xmit-doubleskb/$_" -Raw) | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            ($lines.Locations | Where-Object Module -EQ gtpsim | ForEach-Object { "$($_.Frames)" }) -join "`n" | Should -Be (
                ((Get-Content $Sample | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux).Locations | Where-Object Module -EQ gtpsim | ForEach-Object { "$($_.Frames)" }) -join "`n")
        }

        It 'spells control characters out' {
            $line = "[    1.0] evil `e]0;title`a`e[2J$([char]0x9b)31m$([char]0x202e) gtpsim_dev_xmit+0x114/0x170 [gtpsim]" | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            $line.Text | Should -Match 'gtpsim_dev\.c:80'
            $line.Text -match "[\x00-\x08\x0b-\x1f\x7f-\x9f$([char]0x202e)]" | Should -BeFalse
            $line | Out-String | Should -Not -Match "[\x07\x1b\x9b$([char]0x202e)]"
        }
    }
}
