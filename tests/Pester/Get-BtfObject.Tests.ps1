BeforeDiscovery {
    $script:NoKernel = -not (Test-Path /sys/kernel/btf/vmlinux)
    $list = (Get-Command bpftool -CommandType Application -ErrorAction Ignore) ? (& bpftool -j btf list 2>$null) : $null
    $script:NoList = -not $list -or $list -notlike '`[*'
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
}

Describe 'Get-BtfObject' {
    It 'says what files have' {
        $objects = Get-BtfObject -Path (Join-Path $Fixtures 'btf/*.btf'), (Join-Path $Fixtures 'btf/bpf.o')
        $objects.Name | Should -Be 'module.btf', 'shapes.btf', 'bpf.o'
        $objects.IsSplit | Should -Be $true, $false, $false
        $objects[1].Size | Should -Be (Get-Item (Join-Path $Fixtures 'btf/shapes.btf')).Length
        $objects[2].ExtensionSize | Should -BeGreaterThan 0
        $objects.HasBtf | Should -Be $true, $true, $true
    }

    It 'says why a file has none' {
        $object = Get-Item (Join-Path $Fixtures 'elf/aarch64-dwarf4.o') | Get-BtfObject
        "$($object.HasBtf) $($object.Size)" | Should -Be 'False '
        $object.Reason | Should -Match 'no \.BTF section.*DWARF could be encoded'
    }

    It 'is an error for what is no such file' {
        Get-BtfObject -Path $Sample, (Join-Path $Fixtures 'btf/shapes.btf') -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -HaveCount 1
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfUnusable,KernelDebug.Commands.GetBtfObjectCommand'
        Get-BtfObject no_such_module -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfObjectNotFound,KernelDebug.Commands.GetBtfObjectCommand'
    }

    It 'lists what the running kernel has' -Skip:$NoKernel {
        (Get-BtfObject vmlinux).Size | Should -Be (Get-Item /sys/kernel/btf/vmlinux).Length
        (Get-BtfObject).Name | Should -Contain 'vmlinux'
        @(Get-BtfObject | Where-Object { $_.HasBtf -and $_.Source -ne 'Program' }).Name | Sort-Object | Should -Be ((Get-ChildItem /sys/kernel/btf).Name | Sort-Object)
    }

    It 'has the ids and sizes that bpftool lists' -Skip:($NoKernel -or $NoList) {
        $expected = & bpftool -j btf list 2>$null | ConvertFrom-Json | Where-Object kernel
        $have = Get-BtfObject | Where-Object Id | Where-Object Source -NE Program
        $have | ForEach-Object { "$($_.Id) $($_.Name) $($_.Size)" } | Sort-Object | Should -Be ($expected | ForEach-Object { "$($_.id) $($_.name) $($_.size)" } | Sort-Object)
    }

    It 'says what is left out where the kernel lists nothing' -Skip:($NoKernel -or -not (Get-Command setpriv -CommandType Application -ErrorAction Ignore) -or (id -u) -ne 0) {
        $program = @((Get-Process -Id $PID).Path)
        if ((Split-Path $program[0] -LeafBase) -eq 'dotnet') { $program += "$PSHOME/pwsh.dll" }
        $text = & setpriv --bounding-set -all --inh-caps -all --ambient-caps -all @program -NoProfile -Command "Import-Module '$ModuleFile'; Get-BtfObject vmlinux -Verbose; Get-BtfObject | ForEach-Object { 'found ' + `$_.Name }" 2>&1 | Out-String -Width 500
        $text | Should -Match 'VERBOSE: Ids, owners and the types of BPF programs are left out: .*CAP_SYS_ADMIN'
        $text | Should -Match 'WARNING: Ids, owners and the types of BPF programs are left out: .*CAP_SYS_ADMIN'
        $text | Should -Match 'found vmlinux'
    }

    It 'has a view that fits 120 columns' {
        $text = Get-BtfObject -Path (Join-Path $Fixtures 'btf/shapes.btf'), (Join-Path $Fixtures 'elf/aarch64-dwarf4.o') | Out-String -Width 120
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text | Should -Match 'no \.BTF section'
    }
}
