BeforeDiscovery {
    $script:NoKallsyms = -not (Test-Path /proc/kallsyms) -or -not (Get-Content /proc/kallsyms -TotalCount 1)
    $vmlinux = @($env:KERNELDEBUG_VMLINUX, '/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64') | Where-Object { $_ -and (Test-Path $_) } | Select-Object -First 1
    $script:NoKernel = -not $vmlinux
    $script:NoNm = -not (Get-Command nm -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $vmlinux = @($env:KERNELDEBUG_VMLINUX, '/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64') | Where-Object { $_ -and (Test-Path $_) } | Select-Object -First 1
    $Kallsyms = Join-Path $TestDrive 'kallsyms'
    Set-Content $Kallsyms "ffffffff81000000 T _text", "ffffffff81000000 T _stext", "ffffffff81000040 t first", "ffffffff81000080 t twin",
        "ffffffff810000c0 W weak", "ffffffff81000100 t twin", "ffffffff82000000 D data", "ffffffff82000010 B _end",
        "ffffffffc0000000 t helper`t[one_two]", "ffffffffc0000010 T helper_done`t[one_two]", "ffffffffc0004000 t helper`t[other]",
        "ffffffffc0008000 t _RNvCs1234_7mycrate3foo`t[rusty]"
    $Hidden = Join-Path $TestDrive 'hidden'
    Set-Content $Hidden '0000000000000000 T _text', '0000000000000000 t first'
    function Complete([string] $Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
}

Describe 'Get-KernelSymbol' {
    Context 'names' {
        It 'are exact without wildcards, and patterns ignore case' {
            (Get-KernelSymbol first -Kallsyms $Kallsyms).Address | Should -Be 0xffffffff81000040UL
            Get-KernelSymbol FIRST -Kallsyms $Kallsyms -ErrorAction Ignore | Should -BeNullOrEmpty
            (Get-KernelSymbol FIR* -Kallsyms $Kallsyms).Name | Should -Be 'first'
            (Get-KernelSymbol '[fz]*t', 'f?rst' -Kallsyms $Kallsyms).Name | Should -Be 'first', 'first'
            (Get-KernelSymbol '[de]at*' -Kallsyms $Kallsyms).Name | Should -Be 'data'
        }

        It 'come through the pipeline, by value and by property' {
            ('first', 'data' | Get-KernelSymbol -Kallsyms $Kallsyms).Name | Should -Be 'first', 'data'
            ([pscustomobject]@{ Symbol = 'data' } | Get-KernelSymbol -Kallsyms $Kallsyms).Name | Should -Be 'data'
            (Get-KernelSymbol data -Kallsyms $Kallsyms | Get-KernelSymbol -Kallsyms $Kallsyms).Name | Should -Be 'data'
            ((Get-PanicTrace $Sample).CallTrace | Where-Object Module -EQ gtpsim | Get-KernelSymbol -ModulePath $SampleModule).Name |
                Should -Contain 'gtpsim_dev_xmit'
        }

        It 'that are nowhere are errors, and the next one goes on' {
            $found = Get-KernelSymbol nowhere, data -Kallsyms $Kallsyms -ErrorAction SilentlyContinue -ErrorVariable missing
            $found.Name | Should -Be 'data'
            $missing.FullyQualifiedErrorId | Should -Be 'SymbolNotFound,KernelDebug.Commands.GetKernelSymbolCommand'
            $missing.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $missing.TargetObject | Should -Be 'nowhere'
            $missing.ErrorDetails.RecommendedAction | Should -Match '\*nowhere\*'
            Get-KernelSymbol nowhere* -Kallsyms $Kallsyms -ErrorAction Stop | Should -BeNullOrEmpty
        }

        It 'may be left out: every symbol' {
            @(Get-KernelSymbol -Kallsyms $Kallsyms) | Should -HaveCount 12
        }
    }

    Context 'objects' {
        It 'say what is known of a symbol, and what their numbers mean' {
            $symbol = Get-KernelSymbol first -Kallsyms $Kallsyms
            $symbol | Should -BeOfType [KernelDebug.Records.KernelSymbol]
            "$($symbol.AddressBase) $($symbol.Size) $($symbol.SizeSource) $($symbol.Type) $($symbol.Kind) $($symbol.Binding)" |
                Should -Be 'Runtime 64 NextSymbol t Text Local'
            $symbol.Source | Should -Be $Kallsyms
            (Get-KernelSymbol weak -Kallsyms $Kallsyms).Binding | Should -Be 'Weak'
            (Get-KernelSymbol _end -Kallsyms $Kallsyms).Size | Should -BeNullOrEmpty
        }

        It 'have duplicates and aliases' {
            $twins = Get-KernelSymbol twin -Kallsyms $Kallsyms
            $twins[0].Duplicates | Should -Be $twins[1].Address
            $twins[1].Duplicates | Should -Be $twins[0].Address
            (Get-KernelSymbol _text -Kallsyms $Kallsyms).Aliases | Should -Be '_stext'
        }

        It 'have demangled names' {
            (Get-KernelSymbol _RN* -Kallsyms $Kallsyms).DemangledName | Should -Be 'mycrate::foo'
        }

        It 'of modules, and of those asked for alone' {
            (Get-KernelSymbol helper -Kallsyms $Kallsyms).Module | Should -Be 'one_two', 'other'
            (Get-KernelSymbol helper* -Module one-two -Kallsyms $Kallsyms).Name | Should -Be 'helper', 'helper_done'
            (Get-KernelSymbol helper -Module o* -Kallsyms $Kallsyms).Module | Should -Be 'one_two', 'other'
            Get-KernelSymbol first -Module other -Kallsyms $Kallsyms -ErrorAction Ignore | Should -BeNullOrEmpty
        }

        It 'of a module''s file, with source places where they are asked for' {
            $symbol = Get-KernelSymbol gtpsim_dev_xmit -ModulePath $SampleModule -SourcePlace
            "$($symbol.AddressBase) $($symbol.Section) $($symbol.Module) $($symbol.File):$($symbol.Line)" |
                Should -Be 'Section .text gtpsim /build/gtpsim/gtpsim_dev.c:72'
            (Get-KernelSymbol gtpsim_dev_xmit -ModulePath $SampleModule).File | Should -BeNullOrEmpty
            (Get-KernelSymbol gtpsim_dev_xmit -ModulePath $SampleModule -Module gtp*).Module | Should -Be 'gtpsim'
            Get-KernelSymbol gtpsim_dev_xmit -ModulePath $SampleModule -WarningVariable warned | Out-Null
            $warned | Should -BeNullOrEmpty
        }
    }

    Context 'addresses' {
        It 'are taken as text and as numbers' {
            foreach ($address in 'ffffffff81000051', '0xffffffff81000051', 0xffffffff81000051, 0xffffffff81000051UL) {
                $symbol = Get-KernelSymbol -Address $address -Kallsyms $Kallsyms
                "$symbol" | Should -Be 'first+0x11'
                $symbol.Offset | Should -Be 0x11
            }
            (Get-KernelSymbol -Address ffffffff81000041, ffffffffc0000001 -Kallsyms $Kallsyms).Name | Should -Be 'first', 'helper'
        }

        It 'in no symbol are errors' {
            Get-KernelSymbol -Address ffffffff83000000 -Kallsyms $Kallsyms -ErrorAction SilentlyContinue -ErrorVariable missing | Should -BeNullOrEmpty
            $missing.FullyQualifiedErrorId | Should -Be 'AddressNotInSymbol,KernelDebug.Commands.GetKernelSymbolCommand'
            $missing.TargetObject | Should -Be '0xffffffff83000000'
        }

        It 'of a System.map move with the kernel' {
            $map = Join-Path $TestDrive 'System.map'
            Set-Content $map '0000000000000010 D cpu_number', 'ffffffff81000000 T _text', 'ffffffff81000040 t first', 'ffffffff81000080 t second'
            "$(Get-KernelSymbol -Address ffffffff99000044 -SystemMap $map -KaslrOffset 0x18000000)" | Should -Be 'first+0x4'
            (Get-KernelSymbol first -SystemMap $map).AddressBase | Should -Be 'LinkTime'
        }
    }

    Context 'what is not there' {
        It 'addresses hidden from this user are null, said once' {
            $symbols = Get-KernelSymbol first, _text -Kallsyms $Hidden -WarningAction SilentlyContinue -WarningVariable warned
            $symbols.Name | Should -Be 'first', '_text'
            $symbols | Where-Object { $null -ne $_.Address } | Should -BeNullOrEmpty
            $symbols | Where-Object { $null -ne $_.Size } | Should -BeNullOrEmpty
            $warned | Should -HaveCount 1
            "$warned" | Should -Match 'kptr_restrict'
        }

        It 'a System.map that is a note is said to be one' {
            $stub = Join-Path $TestDrive 'stub'
            Set-Content $stub 'ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package'
            Get-KernelSymbol kfree -SystemMap $stub -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
            $wrong.FullyQualifiedErrorId | Should -Be 'SymbolFileUnusable,KernelDebug.Commands.GetKernelSymbolCommand'
            "$wrong" | Should -Match 'The real System.map is in'
        }

        It 'files are errors with their own ids' {
            Get-KernelSymbol kfree -SystemMap /no/such/map -ErrorAction SilentlyContinue -ErrorVariable wrong
            $wrong.FullyQualifiedErrorId | Should -Be 'SymbolFileNotFound,KernelDebug.Commands.GetKernelSymbolCommand'
            { Get-KernelSymbol kfree -Vmlinux /no/such/vmlinux } | Should -Throw -ErrorId 'VmlinuxUnusable,KernelDebug.Commands.GetKernelSymbolCommand'
        }
    }

    Context 'completion' {
        It 'of names is from the file that is named' {
            Complete "Get-KernelSymbol -Kallsyms $Kallsyms -Name helper" | Should -Be 'helper', 'helper_done'
            Complete "Get-KernelSymbol -ModulePath $SampleModule gtpsim_dev" | Should -Be 'gtpsim_dev_xmit'
        }

        It 'of modules is from the paths that are named' {
            Complete "Get-KernelSymbol -ModulePath $SampleModule -Module gt" | Should -Be 'gtpsim'
        }
    }

    Context 'views' {
        It 'fit 120 columns' {
            $symbols = @(Get-KernelSymbol -ModulePath $SampleModule -SourcePlace) + @(Get-KernelSymbol -Kallsyms $Kallsyms)
            foreach ($text in ($symbols | Out-String -Width 120), ($symbols | Format-List | Out-String -Width 120)) {
                ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
            }
            ($symbols | Out-String -Width 120) | Should -Match ' +260 +0x170 T gtpsim_dev_xmit +gtpsim +/build/gtpsim/gtpsim_dev\.c:72'
            (Get-KernelSymbol twin -Kallsyms $Kallsyms | Out-String -Width 120) | Should -Match 'ffffffff81000080 +0x40 t twin +\(\+1\)'
            (Get-KernelSymbol first -Kallsyms $Hidden -WarningAction Ignore | Out-String -Width 120) | Should -Match '(?m)^ +\? +t first'
        }
    }

    Context 'tools' {
        It 'the running kernel''s list is that of grep' -Skip:$NoKallsyms {
            $lines = Get-Content /proc/kallsyms | Where-Object { ($_ -split '[ \t]')[2] -clike 'kmem_cache_*' }
            (Get-KernelSymbol kmem_cache_* -WarningAction Ignore | Where-Object Name -CLike kmem_cache_*).Name | Should -Be ($lines | ForEach-Object { ($_ -split '[ \t]')[2] })
        }

        It 'a vmlinux''s are those of nm (needs linux-image-6.1.0-56-amd64-dbg)' -Skip:($NoKernel -or $NoNm) {
            $lines = & nm -S $vmlinux | Where-Object { $_ -cmatch ' skb_\w+$' } | Sort-Object
            $ours = Get-KernelSymbol skb_* -Vmlinux $vmlinux | Where-Object Name -CMatch '^skb_\w+$' | ForEach-Object {
                ('{0:x16} ' -f $_.Address) + $(if ($_.SizeSource -eq 'Declared') { '{0:x16} ' -f $_.Size }) + "$($_.Type) $($_.Name)"
            } | Sort-Object
            $ours | Should -Be $lines
        }
    }
}
