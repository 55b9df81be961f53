BeforeAll { . $PSScriptRoot/Support.ps1 }

Describe 'Get-PanicTrace' {
    Context 'a report' {
        BeforeAll { $trace = Get-PanicTrace $Sample }

        It 'is one PanicTrace with what the log says' {
            $trace | Should -HaveCount 1
            $trace | Should -BeOfType [KernelDebug.Records.PanicTrace]
            $trace.Kind | Should -Be 'Bug'
            $trace.Title | Should -Be 'kernel BUG in __kmem_cache_free'
            $trace.Headline | Should -Be 'kernel BUG at mm/slub.c:419!'
            $trace.Cpu | Should -Be 1
            $trace.ProcessId | Should -Be 121
            $trace.Comm | Should -Be 'ping'
            $trace.KernelRelease | Should -Be '6.1.0-56-amd64'
            $trace.Taint.Flags | Should -Be 'GOE'
            $trace.Hardware | Should -BeLike 'QEMU Standard PC (Q35 + ICH9, 2009)*'
            $trace.Registers['CR2'] | Should -Be 0x7fff1fd73080
            $trace.Modules[0].Name | Should -Be 'gtpsim'
            $trace.KaslrOffset | Should -Be 0x18000000
            $trace.FirstLine | Should -Be 4
            $trace.LastLine | Should -Be 88
            $trace.IsCorrupted | Should -BeFalse
            $trace.InstructionPointer.Symbol | Should -Be '__kmem_cache_free'
            $trace.Code.Bytes[$trace.Code.FaultIndex] | Should -Be 0x0f
        }

        It 'has the lines of the log as they came' {
            $trace.RawText -split "`n" | Should -Be (Get-Content $Sample)[3..87]
        }

        It 'knows the file it came from, and none for text' {
            $trace.Path | Should -Be $Sample
            (Get-Content $Sample | Get-PanicTrace).Path | Should -BeNullOrEmpty
        }

        It 'has call frames that later commands bind by property name' {
            function Test-Binding {
                param([Parameter(ValueFromPipelineByPropertyName)][string] $Symbol, [Parameter(ValueFromPipelineByPropertyName)][ulong] $Offset,
                    [Parameter(ValueFromPipelineByPropertyName)][string] $Module)
                process { "$Symbol+$Offset [$Module]" }
            }
            $frames = $trace | Select-Object -ExpandProperty CallTrace
            $frames[2] | Test-Binding | Should -Be 'gtpsim_do_doubleskb.constprop.0+72 [gtpsim]'
            $frames[2].Size | Should -Be 0x60
            $frames[2].Context | Should -Be 'Task'
            $frames[2].IsReliable | Should -BeTrue
            ($frames | Where-Object Symbol -EQ '__ip_finish_output').IsReliable | Should -BeFalse
        }

        It 'has as many call frames as the log prints' {
            $printed = (Get-Content $Sample | Select-String '^\[ +[\d.]+\]  (\? )?[\w.]+\+0x').Count
            $trace.CallTrace | Should -HaveCount $printed
        }
    }

    Context 'paths' {
        It 'reads wildcards in -Path' {
            $paths = Get-ChildItem "$Cases/a*/oops.log"
            (Get-PanicTrace "$Cases/a*/oops.log").Path | Select-Object -Unique | Should -Be $paths.FullName
        }

        It 'reads a path relative to the current location' {
            Push-Location $Samples
            try { (Get-PanicTrace ./panic.log).Path | Should -Be $Sample } finally { Pop-Location }
        }

        It 'takes -LiteralPath as written' {
            Copy-Item $Sample (Join-Path $TestDrive 'log[1].txt')
            Get-PanicTrace -LiteralPath (Join-Path $TestDrive 'log[1].txt') | Should -HaveCount 1
        }

        It 'reads file objects from the pipeline, not their names' {
            (Get-ChildItem $Samples -Filter *.log | Get-PanicTrace).Path | Should -Be $Sample
            ([IO.FileInfo]::new($Sample) | Get-PanicTrace).Path | Should -Be $Sample
            (Resolve-Path $Sample | Get-PanicTrace).Path | Should -Be $Sample
            ([pscustomobject]@{ FullName = $Sample } | Get-PanicTrace).Path | Should -Be $Sample
        }

        It 'takes strings from the pipeline as lines, and says so when they name a file' {
            $Sample | Get-PanicTrace -WarningVariable warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
            $warned | Should -BeLike "*taken as a line of a log*-Path '$Sample'*"
        }

        It 'reads <_> files' -ForEach 'gzip', 'xz', 'zstd' {
            if (-not (Get-Command $_ -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because "there is no $_ here"; return }
            $packed = Join-Path $TestDrive "packed.$_"
            sh -c "$_ -q -c < '$Sample' > '$packed'"
            (Get-PanicTrace $packed).RawText | Should -Be (Get-PanicTrace $Sample).RawText
        }

        It 'reads UTF-16 as Windows PowerShell redirects it' {
            Get-Content $Sample | Set-Content (Join-Path $TestDrive 'utf16.log') -Encoding unicode
            (Get-PanicTrace (Join-Path $TestDrive 'utf16.log')).Title | Should -Be 'kernel BUG in __kmem_cache_free'
        }
    }

    Context 'errors' {
        It '<Name>: an error with an id, and the next file is read' -ForEach @(
            @{ Name = 'no such file'; Path = '/no/such.log'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
            @{ Name = 'a wildcard that finds nothing'; Path = '/no-such*.log'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
            @{ Name = 'a directory'; Path = '/'; Id = 'PathIsDirectory'; Category = 'InvalidArgument' }
            @{ Name = 'another provider'; Path = 'Env:HOME'; Id = 'PathNotFileSystem'; Category = 'InvalidArgument' }
            @{ Name = 'no such drive'; Path = 'nodrive:/x'; Id = 'PathNotFound'; Category = 'ObjectNotFound' }
        ) {
            $found = Get-PanicTrace $Path, $Sample -ErrorVariable problems -ErrorAction SilentlyContinue
            $found | Should -HaveCount 1
            $problems | Should -HaveCount 1
            $problems[0].FullyQualifiedErrorId | Should -Be "$Id,KernelDebug.Commands.GetPanicTraceCommand"
            $problems[0].CategoryInfo.Category | Should -Be $Category
            $problems[0].TargetObject | Should -Be $Path
            $problems[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        }

        It 'says what is wrong with a damaged .gz' {
            $bytes = [byte[]](0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3) + [byte[]](0xff) * 64
            [IO.File]::WriteAllBytes((Join-Path $TestDrive 'bad.gz'), $bytes)
            Get-PanicTrace (Join-Path $TestDrive 'bad.gz') -ErrorVariable problems -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'LogDamaged,*'
            $problems[0].CategoryInfo.Category | Should -Be 'InvalidData'
        }

        It 'ends at the first error with -ErrorAction Stop' {
            { Get-PanicTrace /no/such.log, $Sample -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,KernelDebug.Commands.GetPanicTraceCommand'
        }

        It 'refuses text and path at once' {
            { 'x' | Get-PanicTrace -Path $Sample -ErrorAction Stop } | Should -Throw
        }
    }

    Context 'streams' {
        It 'writes a report before the next one is in' {
            $order = [Collections.Generic.List[string]]::new()
            & { foreach ($line in (Get-Content $Sample) + (Get-Content "$Cases/d1-proc-warn/oops.log")) { $order.Add('line'); $line } } |
                Get-PanicTrace | ForEach-Object { $order.Add("report $($_.Kind)") }
            $reports = @($order | Where-Object { $_ -like 'report*' })
            $reports.Count | Should -BeGreaterOrEqual 2
            $order.IndexOf($reports[0]) | Should -BeLessThan ($order.LastIndexOf('line') - 20)
        }

        It 'lets Select-Object -First stop what feeds it' {
            $fed = [Collections.Generic.List[int]]::new()
            $first = & { for ($i = 0; $true; $i++) { $fed.Add($i); Get-Content $Sample } } | Get-PanicTrace | Select-Object -First 1
            $first.Kind | Should -Be 'Bug'
            $fed.Count | Should -BeLessThan 4
        }

        It 'stops when asked to, however long the file' {
            $shell = [powershell]::Create().AddScript("Import-Module '$ModuleFile'; Get-PanicTrace /dev/zero")
            $null = $shell.BeginInvoke()
            Start-Sleep -Milliseconds 1500
            $shell.InvocationStateInfo.State | Should -Be 'Running'
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }

        It 'finds in text what it finds in the file' {
            foreach ($log in Get-ChildItem "$Cases/*/oops.log") {
                $fromFile = Get-PanicTrace $log.FullName
                $fromText = Get-Content $log | Get-PanicTrace
                $fromRaw = Get-Content $log -Raw | Get-PanicTrace
                $fromText.RawText | Should -Be $fromFile.RawText
                $fromRaw.FirstLine | Should -Be $fromFile.FirstLine
            }
        }
    }

    Context 'odd text' {
        It 'finds the report in the rendering <_>' -ForEach (Get-ChildItem "$PSScriptRoot/../Fixtures/logs/renderings/a4-xmit-doubleskb/*.log").Name {
            $found = @(Get-PanicTrace "$Logs/renderings/a4-xmit-doubleskb/$_")
            $found[0].Title | Should -Be 'kernel BUG in __kmem_cache_free'
            $found[0].CallTrace.Count | Should -Be (Get-PanicTrace $Sample).CallTrace.Count
        }

        It 'takes nothing, empty lines, null and a huge line without complaint' {
            @() | Get-PanicTrace | Should -BeNullOrEmpty
            '', $null, ('x' * 3MB), "`e[31m`0", '' | Get-PanicTrace -ErrorAction Stop | Should -BeNullOrEmpty
        }

        It 'does not lose the report behind a huge line' {
            Set-Content (Join-Path $TestDrive 'huge.log') -Value (@('y' * 5MB) + (Get-Content $Sample))
            (Get-PanicTrace (Join-Path $TestDrive 'huge.log')).Title | Should -Be 'kernel BUG in __kmem_cache_free'
        }

        It 'marks a cut report' {
            $cut = Get-Content $Sample | Select-Object -First 30 | Get-PanicTrace
            $cut.IsCorrupted | Should -BeTrue
            $cut.CorruptedReason | Should -Not -BeNullOrEmpty
        }
    }

    Context '-Live' {
        It 'reads this kernel''s log to its end, or says why it may not' {
            $null = Get-PanicTrace -Live -ErrorVariable problems -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
            if ($problems) {
                $problems[0].FullyQualifiedErrorId | Should -Match '^KernelLog(NotFound|AccessDenied|ReadFailed),'
                $problems[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
            }
        }

        It 'reads what dmesg reads' {
            try { $device = [KernelDebug.IO.KernelLogDevice]::Open() } catch { Set-ItResult -Skipped -Because $_.Exception.InnerException.Message; return }
            if (-not (Get-Command dmesg -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'there is no dmesg here'; return }
            $lost = $false
            $lines = while ($null -ne ($record = $device.Read([ref] $lost))) { [KernelDebug.KernelLog.KmsgRecord]::ToLines($record) }
            $device.Dispose()
            # dmesg stamps the first line alone of a message of several.
            $stamped = dmesg | Where-Object { $_ -match '^\[ *\d' }
            $lines | Where-Object { $_ -in $stamped } | Should -HaveCount $stamped.Count
        }

        It 'turns kmsg records into the lines dmesg shows' {
            [KernelDebug.KernelLog.KmsgRecord]::ToLines("4,1234,5195036,-;gtpsim: a\x0ab\x5c\x1b`n SUBSYSTEM=x`n") |
                Should -Be '[    5.195036] gtpsim: a', '[    5.195036] b\\x1b'
            [KernelDebug.KernelLog.KmsgRecord]::ToLines('4,1,5678901,-,caller=T100;x') | Should -Be '[    5.678901][  T100] x'
        }

        It 'puts the parts of a pstore dump together' {
            $lines = Get-Content $Sample
            $at = [datetime]'2026-01-02T03:04:05Z'
            $files = foreach ($part in 1..4) {
                $to = $lines.Count - ($part - 1) * 25
                $body = $lines[[Math]::Max(0, $to - 25)..($to - 1)] -join "`n"
                [KernelDebug.KernelLog.PstoreFile]::new("/sys/fs/pstore/dmesg-efi_pstore-17000000000${part}001", $at, "Panic#1 Part$part`n$body`n")
            }
            $older = [KernelDebug.KernelLog.PstoreFile]::new('/sys/fs/pstore/dmesg-efi_pstore-160000000001001', $at.AddDays(-1), "Panic#1 Part1`nolder`n")
            $dumps = [KernelDebug.KernelLog.PstoreLog]::Join([KernelDebug.KernelLog.PstoreFile[]]($files + $older))
            $dumps | Should -HaveCount 2
            $dumps[0].Lines | Should -Be 'older'
            $dumps[1].Lines | Should -Be $lines
        }
    }

    It 'says that a packing is not read, and does not call such a log clean' {
        $packed = Join-Path $TestDrive 'log.bz2'
        [IO.File]::WriteAllBytes($packed, [byte[]](0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26))
        $found = Get-PanicTrace $packed, $Sample -ErrorVariable problem -ErrorAction SilentlyContinue
        $found | Should -HaveCount 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'LogCompressionUnsupported,*'
        "$($problem[0])" | Should -Match 'bzip2'
        $problem[0].ErrorDetails.RecommendedAction | Should -Match 'Unpack'
    }
}
