# The case study whole, on Debian's kernel in qemu: the double free panics one boot and is decoded; in the next the module gets BTF, one of
# its functions is traced by a program in C, and the frames of the crash are looked up. Skipped where the guest cannot be had, or no clang.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $script:Share = New-Item -ItemType Directory -Force "$root/out/guest/case-study"
    Get-ChildItem $Share | Remove-Item -Recurse
    $script:Packets = 20

    $script:NoGuest = -not (Get-Command clang, clang-?? -CommandType Application -ErrorAction Ignore) -or -not (Test-Path /usr/include/bpf/bpf_helpers.h)
    if ($NoGuest) {
        Write-Host '== left out: the case study (no clang, or no headers of libbpf)'
    } else {
        $env:GUEST_FIRE = 'encap doublefree'
        & bash "$PSScriptRoot/live.sh" $Share | Out-Host
        $env:GUEST_FIRE = $null
        $script:NoGuest = $LASTEXITCODE -eq 3
    }

    if (-not $NoGuest) {
        Move-Item "$Share/serial.log" "$Share/panic.log"
        & bash "$PSScriptRoot/live.sh" $Share "$PSScriptRoot/case-study.ps1" -Repository $root -Packets $Packets | Out-Host
        $script:NoGuest = $LASTEXITCODE -eq 3
    }
}

Describe 'the case study' -Skip:$NoGuest {
    BeforeAll {
        . "$PSScriptRoot/../Pester/Support.ps1"
        $Share = "$Root/out/guest/case-study"
        $Packets = 20
        Test-Path "$Share/seen.json" | Should -BeTrue -Because (Get-Content "$Share/output" -Raw -ErrorAction Ignore)
        $Seen = Get-Content "$Share/seen.json" -Raw | ConvertFrom-Json
    }

    It 'gives the module BTF that the kernel takes' {
        $Seen.BtfBefore.HasBtf | Should -BeFalse
        $Seen.Conversion.Base | Should -Be '/sys/kernel/btf/vmlinux'
        $Seen.BtfObject.Name, $Seen.BtfObject.HasBtf, $Seen.BtfObject.Size | Should -Be 'gtpsim', $true, $Seen.BtfInKernel
        $Seen.BtfInKernel | Should -Be $Seen.Conversion.Length
    }

    It 'lists its functions, and what can be done with them' {
        $Seen.Functions.Name | Should -Contain gtpsim_dev_xmit
        $Seen.Named.Module, $Seen.Named.CanFentry | Should -Be 'gtpsim', $true
        $Seen.Named.Prototype | Should -Be 'int gtpsim_encap_recv(struct sock *sk, struct sk_buff *skb)'
    }

    It 'attaches the compiled program' {
        $Seen.Attachments | Should -Be 'encap_recv at fentry/gtpsim_encap_recv'
        $Seen.Link.AttachType, $Seen.Link.Target, $Seen.Link.Module | Should -Be 'trace_fentry', 'gtpsim_encap_recv', 'gtpsim'
    }

    It 'gets an event for each packet, with the name of its device' {
        $Seen.Events.Count, $Seen.CountOfKernel | Should -Be $Packets, $Packets
        $Seen.Drops | Should -Be 0
        # The tunnel is on this host: its packets come by the loopback device.
        $Seen.Events.device | Sort-Object -Unique | Should -Be 'lo'
        # A ping of busybox is 84 bytes of IP; the tunnel puts 8 and UDP 8 in front.
        $Seen.Events | Where-Object { $_.length -eq 100 } | Should -HaveCount $Packets
    }

    It 'runs the programs of a project, of functions of the module' {
        $Seen.OfModule.Path | Should -Be '/tmp/traced/traced.bpf.c'
        $Seen.OfModule.Attachments | Sort-Object | Should -Be 'on_gtpsim_dev_xmit at fentry/gtpsim_dev_xmit', 'on_gtpsim_dev_xmit_return at fexit/gtpsim_dev_xmit',
            'on_gtpsim_encap_recv at fentry/gtpsim_encap_recv', 'on_gtpsim_encap_recv_return at fexit/gtpsim_encap_recv'
        $calls, $returns = $Seen.OfModule.Events.Where({ -not $_.IsReturn }, 'Split')
        @($calls | Where-Object Function -EQ FN_gtpsim_encap_recv) | Should -HaveCount $Seen.OfModuleCount
        @($returns | Where-Object Function -EQ FN_gtpsim_encap_recv) | Should -HaveCount $Seen.OfModuleCount
        # NETDEV_TX_OK is 0, and a packet that was taken is 0 to UDP as well.
        $returns.Result | Sort-Object -Unique | Should -Be 0
        @($calls | Where-Object Function -EQ FN_gtpsim_dev_xmit).Count | Should -BeGreaterOrEqual $Packets
        # Addresses of the kernel's.
        $calls.First | Should -Match '^ffff[0-9a-f]{12}$'
        $Seen.OfModule.Drops | Should -Be 0
    }

    It 'and of functions of the kernel' {
        $Seen.OfKernel.Attachments | Should -HaveCount 4
        $own = $Seen.OfKernel.Events | Where-Object Own
        foreach ($function in 'FN_vfs_mkdir', 'FN_vfs_symlink') {
            @($own | Where-Object { $_.Function -eq $function -and -not $_.IsReturn }) | Should -HaveCount $Packets
            @($own | Where-Object { $_.Function -eq $function -and $_.IsReturn -and $_.Result -eq 0 }) | Should -HaveCount $Packets
        }
        $Seen.OfKernel.Drops | Should -Be 0
    }

    It 'says that the module was unloaded while a kprobe was in it' {
        $Seen.DeadBefore, $Seen.Dead | Should -Be 0, 'received in gtpsim'
        $Seen.DeadTold | Should -Match 'The module gtpsim was unloaded while it was traced: received was not called any more'
    }

    It 'leaves nothing attached' { $Seen.LinksLeft | Should -Be 0 }

    It 'decodes the panic of the double free to the statement that freed' {
        $traces = @(Get-PanicTrace "$Share/panic.log" | ConvertTo-DecodedStack -ModulePath $Share @NoVmlinux)
        # A kernel may warn of the sample's packets before.
        $first = $traces | Where-Object Title -Match 'kernel BUG|double free|KASAN' | Select-Object -First 1
        $first | Should -Not -BeNullOrEmpty -Because "$($traces.Title)"
        "$($first.GuiltyFrame)" | Should -Match '^gtpsim_[\w.]+\+.*\[gtpsim\]'
        $frame = $first.CallTrace | Where-Object Symbol -Match '^gtpsim_do_doublefree\b' | Select-Object -First 1
        $source = Get-Content "$Root/samples/gtpsim/src/gtpsim_fault.c"
        "$($frame.Frames[0].File)", "$($frame.Frames[-1].File)" | Should -Match 'gtpsim_fault\.c$'
        $source[$frame.Frames[0].Line - 1] | Should -Match 'kfree\(far\);'
        # The second of the two.
        $source[$frame.Frames[-1].Line - 1] | Should -Match 'gtpsim_free_far\(far\);\s+/\* kernel BUG'
        $first.CallTrace.Symbol | Should -Contain gtpsim_encap_recv
    }

    It 'says of each frame of it whether it can be traced' {
        ($Seen.FramesTraceable | Where-Object Name -EQ gtpsim_encap_recv)[0].CanFentry | Should -BeTrue
        $Seen.FramesTraceable | Where-Object { $_.CanFentry -ne $true -and $_.CanKprobe -ne $true -and -not $_.Reason } | Should -BeNullOrEmpty
    }

    It 'goes from the crash to a trace that sees the pointer freed twice, before the kernel stops' {
        # Some kernels stop in a part of kfree that has a name of its own; what the compiler made of the module's function is met by a kprobe.
        $stop = $Seen.Oops.Function
        $stop | Should -BeIn 'kfree', '__kmem_cache_free'
        $Seen.CrashAttachments | Should -Contain "$stop at fentry/$stop"
        $Seen.CrashAttachments -match '^gtpsim_do_doublefree\S* at kprobe/gtpsim_do_doublefree' | Should -HaveCount 1
        $Seen.CrashUntraced -match 'What gtpsim_do_doublefree\S* takes and returns is not known' | Should -HaveCount 1
        $Seen.CrashDrops | Should -Be 0
        $frees = @($Seen.CrashEvents | Where-Object Event -EQ $stop)
        $frees | Should -HaveCount 2
        $frees[0].Pointer | Should -Match '^0xffff[0-9a-f]{12}$'
        $frees[1].Pointer | Should -Be $frees[0].Pointer
        $frees[1].Time | Should -BeGreaterThan $frees[0].Time
        $frees | ForEach-Object { $_.Stack[0] | Should -Be $stop }
        @($Seen.CrashEvents | Where-Object Event -Like 'gtpsim_do_doublefree*') | Should -HaveCount 1
        $Seen.ProgramsLeft | Should -Be 0
    }
}
