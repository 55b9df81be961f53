BeforeDiscovery {
    $script:NoKernel = -not (Test-Path /sys/kernel/btf/vmlinux)
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
        @(Get-BtfObject | Where-Object HasBtf).Name | Sort-Object | Should -Be ((Get-ChildItem /sys/kernel/btf).Name | Sort-Object)
    }

    It 'has a view that fits 120 columns' {
        $text = Get-BtfObject -Path (Join-Path $Fixtures 'btf/shapes.btf'), (Join-Path $Fixtures 'elf/aarch64-dwarf4.o') | Out-String -Width 120
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text | Should -Match 'no \.BTF section'
    }
}
