BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Target = Join-Path $TestDrive 'graph.svg'

    # Frames of a graph, as name, depth, start and count.
    function Read-Graph($Path = $Target) {
        foreach ($frame in ([xml](Get-Content $Path -Raw)).svg.g.g) {
            [pscustomobject]@{ Name = $frame.title -replace ' \([^(]*\)$'; Depth = [int]$frame.'data-depth'; Start = [long]$frame.'data-start'; Count = [long]$frame.'data-count' }
        }
    }
    function Frame($Name) { Read-Graph | Where-Object Name -EQ $Name | ForEach-Object { "$($_.Depth) $($_.Start) $($_.Count)" } }
}

Describe 'Export-FlameGraph' {
    BeforeEach { Remove-Item $Target -Force -ErrorAction Ignore }

    It 'takes lines that other tools collapsed' {
        'a;b;c 5', 'a;b;d [gtpsim] 3', '', 'a;e', 'x y;z 2' | Export-FlameGraph $Target
        Frame 'all' | Should -Be '0 0 11'
        Frame 'a' | Should -Be '1 0 9'
        Frame 'b' | Should -Be '2 0 8'
        Frame 'd [gtpsim]' | Should -Be '3 5 3'
        Frame 'e' | Should -Be '2 8 1'
        Frame 'x y' | Should -Be '1 9 2'
    }

    It 'takes objects with a stack and a count' {
        [pscustomobject]@{ Stack = 'a', 'b'; Count = 4 }, [pscustomobject]@{ Stack = 'a;c' }, [pscustomobject]@{ Stack = 'a'; Count = '2' } | Export-FlameGraph $Target
        Frame 'a' | Should -Be '1 0 7'
        Frame 'b' | Should -Be '2 0 4'
        Frame 'c' | Should -Be '2 4 1'
    }

    It 'takes stacks of the kernel, their callers below them' {
        $stack = [KernelDebug.Tracing.TraceStack]::new([uint64[]](1, 2))
        [pscustomobject]@{ Stack = $stack; Count = 3 } | Export-FlameGraph $Target
        Frame '0x2' | Should -Be '1 0 3'
        Frame '0x1' | Should -Be '2 0 3'
        , $stack | ForEach-Object { Export-FlameGraph $Target -InputObject $_ }
        Frame '0x1' | Should -Be '2 0 1'
    }

    It 'warns of stacks that were cut when they were recorded' {
        [pscustomobject]@{ Stack = [KernelDebug.Tracing.TraceStack]::new([uint64[]](1, 2), $true) } | Export-FlameGraph $Target -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Match '^1 stacks reached the depth'
    }

    It 'is an error for <Case>, and draws the others' -ForEach @(
        @{ Case = 'an object without a stack'; Bad = [pscustomobject]@{ Other = 1 } }
        @{ Case = 'a stack that is none'; Bad = [pscustomobject]@{ Stack = 5 } }
        @{ Case = 'a count that is none'; Bad = [pscustomobject]@{ Stack = 'a'; Count = 'many' } }
        @{ Case = 'a negative count'; Bad = [pscustomobject]@{ Stack = 'a'; Count = -1 } }
        @{ Case = 'a count without end'; Bad = [pscustomobject]@{ Stack = 'a'; Count = [ulong]::MaxValue } }
    ) {
        $Bad, [pscustomobject]@{ Stack = 'b' } | Export-FlameGraph $Target -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'StackUnusable,KernelDebug.Commands.ExportFlameGraphCommand'
        Frame 'all' | Should -Be '0 0 1'
    }

    It 'counts objects whose stack is not there' {
        [pscustomobject]@{ Stack = $null }, [pscustomobject]@{ Stack = @() }, 'a' | Export-FlameGraph $Target -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Match '^2 objects had no stack'
    }

    It 'writes nothing without a stack' {
        { @() | Export-FlameGraph $Target } | Should -Throw -ErrorId 'NoStack,KernelDebug.Commands.ExportFlameGraphCommand'
        $Target | Should -Not -Exist
    }

    It 'replaces a file as Out-File does' {
        Set-Content $Target old
        'a' | Export-FlameGraph $Target
        Frame 'a' | Should -Be '1 0 1'
        { 'b' | Export-FlameGraph $Target -NoClobber } | Should -Throw -ErrorId 'OutputExists,*'
        Frame 'a' | Should -Be '1 0 1'
        (Get-Item $Target).IsReadOnly = $true
        { 'b' | Export-FlameGraph $Target } | Should -Throw -ErrorId 'OutputReadOnly,*'
        'b' | Export-FlameGraph $Target -Force
        Frame 'b' | Should -Be '1 0 1'
        { 'b' | Export-FlameGraph $TestDrive } | Should -Throw -ErrorId 'OutputIsDirectory,*'
        Get-ChildItem $TestDrive -Filter *.tmp | Should -BeNullOrEmpty
    }

    It 'takes patterns by -Path and none by -LiteralPath' {
        $odd = Join-Path $TestDrive 'g[1].svg'
        'a' | Export-FlameGraph -LiteralPath $odd
        Test-Path -LiteralPath $odd | Should -BeTrue
        'a' | Export-FlameGraph $Target
        'b' | Export-FlameGraph (Join-Path $TestDrive 'gra*.svg')
        Frame 'b' | Should -Be '1 0 1'
        { 'b' | Export-FlameGraph (Join-Path $TestDrive 'none*.svg') } | Should -Throw -ErrorId 'OutputAmbiguous,*'
        Push-Location $TestDrive
        try { ('c' | Export-FlameGraph here.svg -PassThru).FullName | Should -Be (Join-Path (Get-Location).ProviderPath 'here.svg') } finally { Pop-Location }
    }

    It 'writes nothing with -WhatIf' {
        'a' | Export-FlameGraph $Target -WhatIf
        $Target | Should -Not -Exist
    }

    It 'is an error where it cannot be written' {
        { 'a' | Export-FlameGraph (Join-Path $TestDrive 'none/graph.svg') } | Should -Throw -ErrorId 'ExportFailed,*'
    }

    It 'has its title, its width, and names as text' {
        "a;<b>&`"`e[1m 2" | Export-FlameGraph $Target -Title 'What & <why>' -Width 500 -Icicle
        $svg = ([xml](Get-Content $Target -Raw)).svg
        $svg.title, $svg.width | Should -Be 'What & <why>', '500'
        Frame '<b>&"\x1b[1m' | Should -Be '2 0 2'
        { 'a' | Export-FlameGraph $Target -Width 10 } | Should -Throw
    }

    It 'cuts what is too deep and says so' {
        (1..50000 -join ';') | Export-FlameGraph $Target -WarningVariable warning -WarningAction SilentlyContinue
        $warning | Should -Match 'deeper than 1000 frames'
        (Read-Graph | Measure-Object Depth -Maximum).Maximum | Should -Be 1001
    }
}
