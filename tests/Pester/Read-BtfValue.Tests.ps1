BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Shapes = Join-Path $Fixtures 'btf/shapes.btf'
    $Split = Join-Path $Fixtures 'btf/module.btf'
    # struct own { enum color color; u32 first; char label[16]; struct own *peer; }
    $Own = [byte[]](5, 0, 0, 0, 42, 0, 0, 0) + [Text.Encoding]::ASCII.GetBytes('hello') + [byte[]]::new(11) + [byte[]](0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe)
}

Describe 'Read-BtfValue' {
    It 'makes an object of a structure' {
        $value = Read-BtfValue own $Own -Path $Split -Base $Shapes
        "$($value.color) $($value.first) $($value.label) $($value.peer)" | Should -Be 'GREEN 42 hello 0xfedcba9876543210'
        $value.first | Should -BeOfType [uint]
        $value.PSObject.TypeNames[0] | Should -Be 'KernelDebug.Btf.Value#own'
    }

    It 'takes bytes of the pipeline, hexadecimal text, types and members' {
        ($Own | Read-BtfValue own -Path $Split -Base $Shapes).first | Should -Be 42
        $type = Get-BtfType own -Path $Split -Base $Shapes
        (Read-BtfValue $type $Own).label | Should -Be 'hello'
        Read-BtfValue $type.Members['first'] '0x2b000000' | Should -Be 43
        Read-BtfValue u32 '00 00 00 00  2a 00 00 00' -Offset 4 -Path $Shapes | Should -Be 42
        "$(Read-BtfValue 'enum color' 'ff ff ff ff' -Path $Shapes)" | Should -Be 'BLUE'
    }

    It 'says what it cannot read' {
        Read-BtfValue own '00' -Path $Split -Base $Shapes -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfUnusable,KernelDebug.Commands.ReadBtfValueCommand'
        "$wrong" | Should -Match 'expected at least 32 bytes for struct own, have 1'
        Read-BtfValue visit '00' -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfTypeWithoutValues,KernelDebug.Commands.ReadBtfValueCommand'
        Read-BtfValue nowhere '00' -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfTypeNotFound,KernelDebug.Commands.ReadBtfValueCommand'
        { Read-BtfValue u32 'zz' -Path $Shapes } | Should -Throw '*hexadecimal*'
    }
}
