BeforeDiscovery {
    $script:NoKernel = -not (Test-Path /sys/kernel/btf/vmlinux)
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Btf = Join-Path $Fixtures 'btf'
    $Header = Join-Path $Btf 'header/header.btf'
}

Describe 'Export-BtfHeader' {
    It 'writes what bpftool writes' {
        $out = Join-Path $TestDrive 'shapes.h'
        $file = Export-BtfHeader $out -InputPath (Join-Path $Btf 'shapes.btf')
        $file.FullName | Should -Be $out
        Get-Content $out -Raw | Should -BeExactly (Get-Content (Join-Path $Btf 'shapes.h') -Raw)
        Export-BtfHeader (Join-Path $TestDrive 'new.h') -InputPath $Header -KernelFunction
        Get-Content (Join-Path $TestDrive 'new.h') -Raw | Should -BeExactly (Get-Content (Join-Path $Btf 'header/header.h') -Raw)
    }

    It 'writes a module on its base, whole or only what it adds' {
        $module = @{ InputPath = Join-Path $Btf 'module.btf'; Base = Join-Path $Btf 'shapes.btf' }
        $whole = Export-BtfHeader (Join-Path $TestDrive 'whole.h') @module -KernelFunction
        Get-Content $whole -Raw | Should -BeExactly (Get-Content (Join-Path $Btf 'header/module.h') -Raw)
        $own = Export-BtfHeader (Join-Path $TestDrive 'own.h') @module -ModuleTypeOnly
        $own.Length | Should -BeLessThan $whole.Length
    }

    It 'writes named types and what they need' {
        $out = Export-BtfHeader (Join-Path $TestDrive 'one.h') -InputPath $Header -Type 'struct tail', 'call*'
        $text = Get-Content $out -Raw
        $text | Should -Match '(?s)struct ring \{.*struct tail \{.*struct caller \{'
        $text | Should -Not -Match 'struct bits'
    }

    It 'sorts by name where it is asked to' {
        $out = Export-BtfHeader (Join-Path $TestDrive 'sorted.h') -InputPath $Header -Order Name
        $names = [regex]::Matches((Get-Content $out -Raw), '(?m)^struct (bits|forced|odd_size|user) \{').ForEach{ $_.Groups[1].Value }
        $names | Should -Be ($names | Sort-Object)
    }

    It 'writes nothing with -WhatIf' {
        Export-BtfHeader (Join-Path $TestDrive 'not.h') -InputPath $Header -WhatIf
        Join-Path $TestDrive 'not.h' | Should -Not -Exist
    }

    It 'replaces a file with -Force alone' {
        $out = New-Item (Join-Path $TestDrive 'there.h') -Value 'old'
        { Export-BtfHeader $out -InputPath $Header } | Should -Throw -ErrorId 'OutputExists,KernelDebug.Commands.ExportBtfHeaderCommand'
        Get-Content $out | Should -Be 'old'
        Export-BtfHeader $out -InputPath $Header -Force
        Get-Content $out -TotalCount 1 | Should -Be '#ifndef __VMLINUX_H__'
        { Export-BtfHeader $TestDrive -InputPath $Header } | Should -Throw -ErrorId 'OutputIsDirectory,KernelDebug.Commands.ExportBtfHeaderCommand'
    }

    It 'says what is wrong' {
        $quiet = @{ ErrorAction = 'SilentlyContinue'; ErrorVariable = 'wrong' }
        Export-BtfHeader (Join-Path $TestDrive 'x.h') -InputPath $Header -Type nowhere @quiet
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfTypeNotFound,KernelDebug.Commands.ExportBtfHeaderCommand'
        Export-BtfHeader (Join-Path $TestDrive 'x.h') -InputPath $Sample @quiet
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfUnusable,KernelDebug.Commands.ExportBtfHeaderCommand'
        Export-BtfHeader (Join-Path $TestDrive 'x.h') -InputPath (Join-Path $TestDrive 'no.btf') @quiet
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfNotFound,KernelDebug.Commands.ExportBtfHeaderCommand'
        { Export-BtfHeader (Join-Path $TestDrive 'no/such/x.h') -InputPath $Header } | Should -Throw -ErrorId 'ExportFailed,KernelDebug.Commands.ExportBtfHeaderCommand'
        Get-ChildItem $TestDrive -Filter '*.tmp' | Should -BeNullOrEmpty
    }

    It 'completes types of the file' {
        (TabExpansion2 "Export-BtfHeader x.h -InputPath '$Header' -Type tw").CompletionMatches.CompletionText | Should -Contain 'twice'
    }

    It 'writes the running kernel' -Skip:$NoKernel {
        $file = Export-BtfHeader (Join-Path $TestDrive 'vmlinux.h')
        Select-String -Path $file -Pattern '^struct task_struct \{$' | Should -HaveCount 1
    }
}
