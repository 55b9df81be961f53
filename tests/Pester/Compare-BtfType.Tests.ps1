BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Header = Join-Path $Fixtures 'btf/header/header.btf'
    $Shapes = Join-Path $Fixtures 'btf/shapes.btf'
}

Describe 'Compare-BtfType' {
    It 'finds no difference between a file and itself' {
        Compare-BtfType $Header $Header | Should -BeNullOrEmpty
    }

    It 'says what is gone and what is new' {
        $differences = Compare-BtfType $Header $Shapes
        $gone = $differences | Where-Object Name -EQ 'struct bits'
        "$($gone.Change) $($gone.IsAbiBreak) $($gone.OldSize)" | Should -Be 'Removed True 32'
        $new = $differences | Where-Object Name -EQ 'struct node'
        "$($new.Change) $($new.IsAbiBreak)" | Should -Be 'Added False'
    }

    It 'compares the names and kinds it is asked for' {
        (Compare-BtfType $Header $Shapes -Name 'struct*', bits).Name | Should -Be 'struct bits'
        (Compare-BtfType $Header $Shapes -Name BITS) | Should -BeNullOrEmpty
        Compare-BtfType $Header $Shapes -Kind Union | ForEach-Object Kind | Sort-Object -Unique | Should -Be 'Union'
    }

    It 'says what cannot be read' {
        Compare-BtfType $Sample $Header -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfUnusable,KernelDebug.Commands.CompareBtfTypeCommand'
    }

    It 'has views that fit 120 columns' {
        $text = Compare-BtfType $Header $Shapes | Out-String -Width 120
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text | Should -Match 'struct bits +Removed +yes +32 -> -'
    }
}

Describe 'Layouts' {
    It 'are a property of structures' {
        $layout = (Get-BtfType -Path $Header 'struct holes').Layout
        "$($layout.ByteSize) $($layout.CacheLines) $($layout.Holes) $($layout.HoleBytes) $($layout.Padding)" | Should -Be '192 3 1 59 62'
        $layout.Members[1].Hole | Should -Be 59
        (Get-BtfType -Path $Header -Kind Struct | Where-Object { $_.Layout.BitHoles -gt 0 }).Name | Should -Contain 'bits'
    }

    It 'read like pahole' {
        $text = (Get-BtfType -Path $Header 'struct holes').Layout | Out-String -Width 120
        $text | Should -Match "\tint                        a;                    /\*     0     4 \*/"
        $text | Should -Match '/\* XXX 59 bytes hole, try to pack \*/'
        $text | Should -Match '/\* size: 192, cachelines: 3, members: 4 \*/'
    }

    It 'can be reorganized' {
        $packable = Get-BtfType -Path $Header -Kind Struct | Where-Object { $_.Layout.CanBePacked }
        $packable.Count | Should -BeGreaterThan 0
        $better = $packable[0].Layout.Reorganize()
        $better.SavedBytes | Should -BeGreaterThan 0
        $better | Out-String | Should -Match 'saved \d+ bytes!'
    }

    It 'list members in 120 columns' {
        $text = (Get-BtfType -Path $Header 'struct bits').Layout.Members | Out-String -Width 120
        $text | Should -Match '8:16 +5b +11b'
    }
}
