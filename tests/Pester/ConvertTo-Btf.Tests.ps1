BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Encoding = Join-Path $Fixtures 'btfencoding'
}

Describe 'ConvertTo-Btf' {
    BeforeEach {
        $file = Join-Path $TestDrive "$(New-Guid).o"
        Copy-Item "$Encoding/second.o" $file
        $target = Join-Path $TestDrive "$(New-Guid).btf"
    }

    It 'puts the types into the file, on a base, and says what it wrote' {
        $written = ConvertTo-Btf $file -Base "$Encoding/first.btf"
        $written | Should -BeOfType [KernelDebug.BtfEncoding.BtfConversion]
        $written.OutputPath | Should -Be $file
        $written.FunctionCount | Should -Be 2
        (Get-BtfFunction -Path $file -Base "$Encoding/first.btf").Name | Should -Contain 'second_entry'
        (Get-BtfType own -Path $file -Base "$Encoding/first.btf").Members.Name | Should -Be 'next', 'color', 'bits', 'name'
    }

    It 'writes a file of its own, and leaves the other as it was' {
        $before = (Get-FileHash $file).Hash
        $written = Get-Item $file | ConvertTo-Btf -OutputPath $target -WarningVariable alone -WarningAction SilentlyContinue
        $alone | Should -Match '-Base'
        $written.Length | Should -Be (Get-Item $target).Length
        (Get-FileHash $file).Hash | Should -Be $before
        (Get-BtfType own -Path $target).Size | Should -Be 32
    }

    It 'keeps the mode, and leaves nothing beside the file' -Skip:$IsWindows {
        $directory = New-Item -ItemType Directory "$TestDrive/$(New-Guid)"
        Copy-Item $file "$directory/x.o"
        (Get-Item "$directory/x.o").UnixFileMode = 'UserRead, UserWrite, GroupExecute'
        ConvertTo-Btf "$directory/x.o" -WarningAction Ignore | Out-Null
        (Get-Item "$directory/x.o").UnixFileMode | Should -Be 'GroupExecute, UserWrite, UserRead'
        Get-ChildItem -Force $directory | Should -HaveCount 1
    }

    It 'does not replace types without -Force, nor write with -WhatIf' {
        ConvertTo-Btf $file -WhatIf | Should -BeNullOrEmpty
        ConvertTo-Btf $file -WarningAction Ignore | Should -Not -BeNullOrEmpty
        ConvertTo-Btf $file -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OutputExists,*'
        ConvertTo-Btf $file -Force -WarningAction Ignore | Should -Not -BeNullOrEmpty
    }

    It 'says what is wrong with <name>, and goes on' -ForEach @(
        @{ name = 'a file without DWARF'; bad = 'gtpsim/gtpsim-stripped.ko'; id = 'NoDwarf,*' }
        @{ name = 'a compressed file in place'; bad = 'gtpsim/gtpsim-dwarf4.ko.xz'; id = 'NotConvertible,*' }
    ) {
        $copy = Join-Path $TestDrive "$(New-Guid)-$(Split-Path $bad -Leaf)"
        Copy-Item "$Fixtures/$bad" $copy
        $before = (Get-FileHash $copy).Hash
        $written = ConvertTo-Btf $copy, $file -Force -ErrorVariable problem -ErrorAction SilentlyContinue -WarningAction Ignore
        $problem[0].FullyQualifiedErrorId | Should -BeLike $id
        $written.Path | Should -Be $file
        (Get-FileHash $copy).Hash | Should -Be $before
    }

    It 'refuses a signed module, or drops the signature' {
        $signed = [IO.File]::ReadAllBytes($file) + [byte[]]::new(50) + [byte[]](0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 50) + [Text.Encoding]::ASCII.GetBytes("~Module signature appended~`n")
        [IO.File]::WriteAllBytes($file, [byte[]]$signed)
        ConvertTo-Btf $file -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ModuleSigned,*'
        ConvertTo-Btf $file -Force -WarningAction Ignore | Should -Not -BeNullOrEmpty
        [Text.Encoding]::ASCII.GetString([IO.File]::ReadAllBytes($file)) | Should -Not -BeLike '*signature appended*'
    }

    It 'takes the running kernel for a base of a module of its own' -Skip:(-not (Test-Path /sys/kernel/btf/vmlinux)) {
        # The sample says which kernel it is for in its .modinfo; here, that it is for this one.
        $running = (Get-Content -Raw /proc/sys/kernel/osrelease).Trim()
        $bytes = [IO.File]::ReadAllBytes("$Fixtures/gtpsim/gtpsim-zstd.ko")
        $text = [Text.Encoding]::Latin1.GetString($bytes)
        $from = 'vermagic=6.1.0-56-amd64 SMP preempt mod_unload modversions '
        $to = "vermagic=$running "
        $text.Contains($from) | Should -BeTrue
        $to.Length | Should -BeLessThan $from.Length
        $mine = Join-Path $TestDrive "$(New-Guid).ko"
        [IO.File]::WriteAllBytes($mine, [Text.Encoding]::Latin1.GetBytes($text.Replace($from, $to.PadRight($from.Length))))
        $written = ConvertTo-Btf $mine -OutputPath $target -WarningVariable alone
        $alone | Should -BeNullOrEmpty
        $written.Base | Should -Be '/sys/kernel/btf/vmlinux'
        (Get-BtfType gtpsim_pdr -Path $target -Base /sys/kernel/btf/vmlinux).Id | Should -BeGreaterThan 10000
    }

    It 'takes one file for one output' {
        $other = Join-Path $TestDrive "$(New-Guid).o"
        Copy-Item "$Encoding/first.o" $other
        $written = ConvertTo-Btf $file, $other -OutputPath $target -Force -ErrorVariable problem -ErrorAction SilentlyContinue -WarningAction Ignore
        $written.Path | Should -Be $file
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'OutputShared,*'
        $problem[0].CategoryInfo.Category | Should -Be 'InvalidArgument'
        $problem[0].TargetObject | Should -Be $other
        (Get-BtfType own -Path $target).Name | Should -Be 'own'
    }

    It 'says which package has libbpf where it is missing' -Skip:(-not $IsLinux) {
        # A process for which the loader finds something else in its place: to it, the library is not there.
        $hidden = New-Item -ItemType Directory (Join-Path $TestDrive "$(New-Guid)")
        'libbpf.so.1', 'libbpf.so' | ForEach-Object { Set-Content (Join-Path $hidden $_) 'none' }
        $script = "
            Import-Module '$ModuleFile'
            ConvertTo-Btf '$file' -OutputPath '$target' -ErrorVariable problem -ErrorAction SilentlyContinue -WarningAction Ignore
            `$problem[0].FullyQualifiedErrorId, `$problem[0].CategoryInfo.Category, `$problem[0].ErrorDetails.RecommendedAction -join '|'"
        $kept = $env:LD_LIBRARY_PATH
        try {
            $env:LD_LIBRARY_PATH = $hidden
            $said = Invoke-Pwsh -NoProfile -Command $script
        }
        finally {
            $env:LD_LIBRARY_PATH = $kept
        }

        $said | Should -BeLike 'LibraryMissing,*|NotInstalled|*apt-get install libbpf1*'
        $target | Should -Not -Exist
    }

    It 'ends with a base that is none' {
        { ConvertTo-Btf $file -Base "$TestDrive/none" } | Should -Throw -ErrorId 'BaseUnusable,*'
    }
}
