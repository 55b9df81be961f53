BeforeDiscovery {
    $vmlinux = @($env:KERNELDEBUG_VMLINUX, '/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64') | Where-Object { $_ -and (Test-Path $_) } | Select-Object -First 1
    $script:NoKernel = -not $vmlinux
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $vmlinux = @($env:KERNELDEBUG_VMLINUX, '/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64') | Where-Object { $_ -and (Test-Path $_) } | Select-Object -First 1
    $SourcePath = Join-Path $SampleModule 'src'
    $Place = 'gtpsim_do_doubleskb.constprop.0+0x48/0x60 [gtpsim]'
    function Show($Object) { ($Object | Out-String -Width 120) -split "`n" | ForEach-Object { $_.TrimEnd() } }
}

Describe 'Resolve-KernelAddress' {
    Context 'text' {
        It 'is the very address, or with -ReturnAddress the call before it' {
            (Resolve-KernelAddress $Place -ModulePath $SampleModule).Line | Should -Be 97
            $call = Resolve-KernelAddress $Place -ModulePath $SampleModule -ReturnAddress
            $call | Should -BeOfType [KernelDebug.Records.SymbolLocation]
            $call.Frames.Function | Should -Be 'kfree_skb', 'gtpsim_do_doubleskb'
            $call.Frames.Line | Should -Be 1252, 96
            $call.IsExact | Should -BeFalse
        }

        It 'may come several at once, and through the pipeline' {
            (Resolve-KernelAddress $Place, 'gtpsim_dev_xmit+0x10 [gtpsim]' -ModulePath $SampleModule).Symbol | Should -Be 'gtpsim_do_doubleskb.constprop.0', 'gtpsim_dev_xmit'
            ($Place, 'gtpsim_dev_xmit [gtpsim]' | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 97, 72
        }

        It 'may be a line of a log' {
            $line = Get-Content $Sample | Select-String -SimpleMatch 'gtpsim_do_doubleskb' | Select-Object -First 1
            ($line | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 1252
            ($line | Resolve-KernelAddress -ModulePath $SampleModule -Exact).Line | Should -Be 97
        }

        It 'that names no place is an error, and the next one goes on' {
            $found = 'what is this', $Place | Resolve-KernelAddress -ModulePath $SampleModule -ErrorAction SilentlyContinue -ErrorVariable wrong
            $found.Line | Should -Be 97
            $wrong.FullyQualifiedErrorId | Should -Be 'NotAnAddress,KernelDebug.Commands.ResolveKernelAddressCommand'
            $wrong.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $wrong.TargetObject | Should -Be 'what is this'
        }

        It 'with a size of another build is no answer, nor in the way of the next one''s' {
            $found = Resolve-KernelAddress 'gtpsim_dev_xmit+0x10/0x99 [gtpsim]', 'gtpsim_dev_xmit+0x10/0x170 [gtpsim]' -ModulePath $SampleModule
            $found[0].Reason.Kind | Should -Be 'SizeMismatch'
            $found[1].Line | Should -Not -BeNullOrEmpty
        }

        It 'that several functions fit is ambiguous, each told' {
            $both = Resolve-KernelAddress 'gtpsim_parse+0x1 [gtpsim]' -ModulePath $SampleModule
            $both.IsAmbiguous | Should -BeTrue
            $both.Frames | Should -BeNullOrEmpty
            $both.Candidates.Frames.File | Split-Path -Leaf | Should -Be 'gtpsim_dev.c', 'gtpsim_encap.c'
            "$(Show $both)" | Should -Match 'either gtpsim_parse at 0x\w+ +gtpsim_parse at /build/gtpsim/gtpsim_dev\.c:23 +either'
        }
    }

    Context 'objects' {
        It 'frames of a report say themselves that they are return addresses' {
            $frame = (Get-PanicTrace $Sample).CallTrace | Where-Object Symbol -EQ gtpsim_do_doubleskb.constprop.0
            ($frame | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 1252
            ($frame.Location | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 1252
            ($frame.Location.Reference | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 1252
            ($frame | Resolve-KernelAddress -ModulePath $SampleModule -Exact).Line | Should -Be 97
        }

        It 'agree with ConvertTo-DecodedStack' {
            $trace = Get-PanicTrace $Sample
            $decoded = $trace | ConvertTo-DecodedStack -ModulePath $SampleModule @NoVmlinux
            $frames = $decoded.CallTrace | Where-Object Module -EQ gtpsim
            $ours = $trace.CallTrace | Where-Object Module -EQ gtpsim | Resolve-KernelAddress -ModulePath $SampleModule
            $ours.Count | Should -BeGreaterThan 2
            $ours | ForEach-Object { "$($_.Frames)" } | Should -Be ($frames | ForEach-Object { "$($_.Frames)" })
        }

        It 'with the properties of a place are places' {
            $saved = [pscustomobject]@{ Symbol = 'gtpsim_do_doubleskb.constprop.0'; Offset = '0x48'; Size = 0x60; Module = 'gtpsim' }
            ($saved | Resolve-KernelAddress -ModulePath $SampleModule -ReturnAddress).Line | Should -Be 1252
            ($saved | ConvertTo-Json | ConvertFrom-Json | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 97
            Get-Date | Resolve-KernelAddress -ModulePath $SampleModule -ErrorAction SilentlyContinue -ErrorVariable wrong
            $wrong.FullyQualifiedErrorId | Should -Be 'NotAnAddress,KernelDebug.Commands.ResolveKernelAddressCommand'
        }

        It 'symbols of Get-KernelSymbol are their first line' {
            (Get-KernelSymbol gtpsim_dev_xmit -ModulePath $SampleModule | Resolve-KernelAddress -ModulePath $SampleModule).Line | Should -Be 72
        }
    }

    Context 'source' {
        It 'is listed around the line, which is marked' {
            $found = Resolve-KernelAddress $Place -ModulePath $SampleModule -List -SourcePath $SourcePath
            $lines = $found.Source.Lines
            $lines.Number | Should -Be (92..102)
            $lines | ForEach-Object Text | Should -Be (Get-Content "$SourcePath/gtpsim_fault.c")[91..101]
            ($lines | Where-Object IsMarked).Number | Should -Be 97
            (Show $found) -match '^ > +97  +return 0;$' | Should -HaveCount 1
        }

        It 'that is not here is said to be' {
            $found = Resolve-KernelAddress $Place -ModulePath $SampleModule -List -SourcePath $TestDrive
            $found.Source.MissingReason | Should -Match 'gtpsim_fault.c is not below'
            $found.Line | Should -Be 97
            "$(Show $found)" | Should -Match '\? /build/gtpsim/gtpsim_fault\.c is not below'
        }
    }

    Context 'a vmlinux' {
        It 'is asked by address with the load offset (needs linux-image-6.1.0-56-amd64-dbg)' -Skip:$NoKernel {
            $symbol = Get-KernelSymbol kfree -Vmlinux $vmlinux
            $found = Resolve-KernelAddress ('{0:x}' -f ($symbol.Address + 0x18000010)) -Vmlinux $vmlinux -KaslrOffset 0x18000000
            "$found" | Should -Be 'kfree+0x10/0x110'
            $found.Frames[-1].File | Should -Be 'mm/slab_common.c'
            (Resolve-KernelAddress $symbol.Address -Vmlinux $vmlinux).Reason.Kind | Should -Be 'UnknownKaslrOffset'
        }

        It 'that cannot be read ends the command' {
            { Resolve-KernelAddress kfree -Vmlinux /no/such } | Should -Throw -ErrorId 'VmlinuxUnusable,KernelDebug.Commands.ResolveKernelAddressCommand'
        }

        It 'is not taken from this machine for what comes of a log' {
            $found = (Get-PanicTrace $Sample).CallTrace[0] | Resolve-KernelAddress -WarningAction Ignore
            $found.Reason.Kind | Should -Be 'NoVmlinux'
            $found.Reason.Message | Should -Match 'does not name its release'
        }
    }

    It 'is shown within 120 columns' {
        $found = (Get-PanicTrace $Sample).CallTrace | Resolve-KernelAddress -ModulePath $SampleModule -List -SourcePath $SourcePath -WarningAction Ignore
        Show $found | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        Show ($found | Format-Table) | Where-Object Length -GT 120 | Should -BeNullOrEmpty
    }
}
