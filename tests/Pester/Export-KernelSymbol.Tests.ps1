BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Bundle = Join-Path $Samples 'panic.gsym'
    $Ko = Join-Path $SampleModule 'gtpsim.ko.xz'
    # The module's frames alone: what the machine has installed must play no part.
    $Module = @{ ModulePath = $SampleModule; Release = 'none-of-this-machine'; WarningAction = 'SilentlyContinue'; ErrorAction = 'SilentlyContinue' }
    function Get-Frame($Vmlinux) {
        Get-PanicTrace $Sample | ConvertTo-DecodedStack -Vmlinux $Vmlinux | Select-Object -ExpandProperty CallTrace
    }
}

Describe 'Export-KernelSymbol' {
    BeforeEach { $target = Join-Path $TestDrive "$(New-Guid).gsym" }

    Context 'whole' {
        It 'writes every function of a module, and says what it wrote' {
            $written = Export-KernelSymbol $target -ModulePath $SampleModule
            $written | Should -BeOfType [KernelDebug.Records.SymbolExport]
            $written.Path | Should -Be $target
            $written.Length | Should -Be (Get-Item $target).Length
            $written.IsPartial | Should -BeFalse
            $written.Release | Should -Be '6.1.0-56-amd64'
            $written.Objects | Should -HaveCount 1
            $written.Objects[0].Name | Should -Be 'gtpsim'
            $written.Objects[0].Path | Should -Be $Ko
            $written.Objects[0].BuildId | Should -Be 'c0ba1fc41e904eec58ca79917d3711d50c1b5543'
            $written.FunctionCount | Should -BeGreaterThan 40
        }

        It 'takes a module by its file, and wildcards' {
            (Export-KernelSymbol $target -ModulePath $Ko).Objects.Name | Should -Be 'gtpsim'
            (Export-KernelSymbol $target -ModulePath "$SampleModule/*.xz" -Force).Objects.Name | Should -Be 'gtpsim'
        }

        It 'gives the frames the module gives' {
            Export-KernelSymbol $target -ModulePath $SampleModule | Out-Null
            $expected = Get-PanicTrace $Sample | ConvertTo-DecodedStack @NoVmlinux -ModulePath $SampleModule | Select-Object -ExpandProperty CallTrace | Where-Object Module
            $actual = Get-PanicTrace $Sample | ConvertTo-DecodedStack @NoVmlinux -ModulePath $target | Select-Object -ExpandProperty CallTrace | Where-Object Module
            $actual | Should -HaveCount $expected.Count
            @($actual.Frames).ForEach('ToString') | Should -Be @($expected.Frames).ForEach('ToString')
        }

        It 'says what to name where nothing is named' {
            Export-KernelSymbol $target -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'NothingToExport,*'
            $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*-Vmlinux*'
            $target | Should -Not -Exist
        }

        It 'leaves out a module without debug information, with an error' {
            Copy-Item "$Fixtures/gtpsim/gtpsim-stripped.ko" "$TestDrive/stripped.ko"
            $written = Export-KernelSymbol $target -ModulePath "$TestDrive/stripped.ko", $Ko -ErrorVariable problem -ErrorAction SilentlyContinue
            $written.Objects.Name | Should -Be 'gtpsim'
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'ObjectNotExported,*'
            $problem[0].CategoryInfo.Category | Should -Be 'InvalidData'
        }
    }

    Context 'the functions of logs' {
        It 'takes <name>' -ForEach @(
            @{ name = 'a log'; export = { Export-KernelSymbol $target -Path $Sample @Module } }
            @{ name = 'a literal path'; export = { Export-KernelSymbol $target -LiteralPath $Sample @Module } }
            @{ name = 'lines'; export = { Get-Content $Sample | Export-KernelSymbol $target @Module } }
            @{ name = 'a text'; export = { Get-Content $Sample -Raw | Export-KernelSymbol $target @Module } }
            @{ name = 'reports'; export = { Get-PanicTrace $Sample | Export-KernelSymbol $target @Module } }
            @{ name = 'files'; export = { Get-Item $Sample | Export-KernelSymbol $target @Module } }
        ) {
            $written = & $export
            $written.IsPartial | Should -BeTrue
            $written.Objects.Name | Should -Be 'gtpsim'
            # gtpsim_do_doubleskb.constprop.0, gtpsim_handle_skb_ipv4, gtpsim_dev_xmit
            $written.FunctionCount | Should -Be 3
            $trace = Get-PanicTrace $Sample | ConvertTo-DecodedStack @NoVmlinux -ModulePath $target
            ($trace.CallTrace | Where-Object Symbol -EQ 'gtpsim_dev_xmit').Frames[0].Line | Should -Be 80
        }

        It 'says that a log names nothing' {
            'nothing of interest' | Export-KernelSymbol $target @Module -ErrorVariable problem | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'NothingToExport,*'
            $target | Should -Not -Exist
        }

        It 'goes on after a log that is not there' {
            $written = Export-KernelSymbol $target -Path "$TestDrive/none.log", $Sample @Module -ErrorVariable problem
            $written.FunctionCount | Should -Be 3
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'PathNotFound,*'
        }

        It 'refuses an object that is no log' {
            42 | Export-KernelSymbol $target @Module -ErrorVariable problem
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'InputNotALog,*'
        }
    }

    Context 'the file' {
        It 'is not replaced without -Force' {
            Set-Content $target 'mine'
            { Export-KernelSymbol $target -ModulePath $Ko } | Should -Throw -ErrorId 'OutputExists,*'
            Get-Content $target | Should -Be 'mine'
            Export-KernelSymbol $target -ModulePath $Ko -Force | Should -Not -BeNullOrEmpty
        }

        It 'is not written with -WhatIf' {
            Export-KernelSymbol $target -ModulePath $Ko -WhatIf | Should -BeNullOrEmpty
            $target | Should -Not -Exist
        }

        It 'cannot be a directory, nor in one that is not there' {
            { Export-KernelSymbol $TestDrive -ModulePath $Ko } | Should -Throw -ErrorId 'OutputIsDirectory,*'
            { Export-KernelSymbol "$TestDrive/none/x.gsym" -ModulePath $Ko } | Should -Throw -ErrorId 'ExportFailed,*'
        }

        It 'leaves nothing else behind' {
            $directory = New-Item -ItemType Directory "$TestDrive/$(New-Guid)"
            Export-KernelSymbol "$directory/x.gsym" -ModulePath $Ko | Out-Null
            Get-ChildItem -Force $directory | Should -HaveCount 1
        }

        It 'is the same each time' {
            $again = Join-Path $TestDrive "$(New-Guid).gsym"
            Export-KernelSymbol $target -ModulePath $Ko | Out-Null
            Export-KernelSymbol $again -ModulePath $Ko | Out-Null
            (Get-FileHash $target).Hash | Should -Be (Get-FileHash $again).Hash
        }

        It 'is shown in a table of 120 columns at most' {
            $view = Export-KernelSymbol $target -ModulePath $Ko | Out-String -Width 120
            $view | Should -Match '(?m)^6\.1\.0-56-amd64 +1 +\d+ False +\d+ '
        }
    }

    Context 'a vmlinux' {
        It 'that is not there ends the command' {
            { Export-KernelSymbol $target -Vmlinux "$TestDrive/none" } | Should -Throw -ErrorId 'VmlinuxUnusable,*'
        }

        It 'that is a bundle already is refused' {
            Export-KernelSymbol $target -Vmlinux $Bundle -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'ObjectNotExported,*'
        }
    }

    Context 'the bundle of the sample' {
        It 'decodes every frame the kernel vouches for, of the kernel and the module' {
            $frames = Get-Frame $Bundle | Where-Object IsReliable
            $frames | Should -Not -BeNullOrEmpty
            $frames.Where{ -not $_.Frames } | Should -BeNullOrEmpty
            ($frames | Where-Object Symbol -EQ 'kfree_skb_reason').Frames[0].ToString() | Should -Be 'skb_release_all (net/core/skbuff.c:856)'
            ($frames | Where-Object Symbol -EQ 'gtpsim_dev_xmit').Frames[0].Line | Should -Be 80
        }
    }
}
