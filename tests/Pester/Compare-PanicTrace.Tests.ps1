BeforeAll { . $PSScriptRoot/Support.ps1 }

Describe 'Compare-PanicTrace' {
    BeforeAll {
        $freed = Get-PanicTrace $Sample
        $null_ = Get-PanicTrace "$Cases/b1-proc-null/oops.log"
    }

    It 'finds nothing between a report and itself' {
        $same = Compare-PanicTrace $freed $freed
        $same | Should -BeOfType [KernelDebug.Records.TraceComparison]
        $same.IsSameCrash | Should -BeTrue
        $same.Differences | Should -BeNullOrEmpty
        "$(($same | Out-String))" | Should -Match 'Nothing differs beyond addresses'
    }

    It 'names what differs, with both sides' {
        $comparison = Compare-PanicTrace -ReferenceObject $freed -DifferenceObject $null_
        $comparison.IsSameCrash | Should -BeFalse
        $kind = $comparison.Differences | Where-Object Property -EQ Kind
        $kind.SideIndicator | Should -Be '<>'
        $kind.Reference | Should -Be 'Bug'
        $kind.Difference | Should -Be 'NullDereference'
        ($comparison.Differences | Where-Object { $_.Property -eq 'CallTrace' -and $_.Reference -eq 'gtpsim_dev_xmit [gtpsim]' }).SideIndicator | Should -Be '<='
        ($comparison.Differences | Where-Object Property -EQ KernelRelease) | Should -BeNullOrEmpty
    }

    It 'holds each report of the pipeline against the first' {
        $all = $null_, $freed, $null_ | Compare-PanicTrace $freed
        $all.IsSameCrash | Should -Be $false, $true, $false
        $all[1].Difference.Title | Should -Be $freed.Title
    }

    It 'takes several by name' {
        Compare-PanicTrace -ReferenceObject $freed -DifferenceObject $freed, $null_ | Should -HaveCount 2
    }

    It 'finds that two crashes at other addresses are one' {
        $moved = (Get-Content $Sample -Raw) -replace 'ffff[0-9a-f]{8}b', 'ffff888001234b' -replace '\+0x[0-9a-f]+/', '+0x1/' -replace '(__kmem_cache_free|gtpsim_dev_xmit)\+', '$1.isra.0+' | Get-PanicTrace
        (Compare-PanicTrace $freed $moved).IsSameCrash | Should -BeTrue
    }

    It 'refuses what is no report' {
        { Compare-PanicTrace $freed 'text' -ErrorAction Stop } | Should -Throw
        { Compare-PanicTrace $null $freed -ErrorAction Stop } | Should -Throw
    }

    It 'has views within 120 columns, control characters spelled out' {
        $evil = (Get-Content $Sample -Raw) -replace 'Comm: ping', "Comm: pi`e]0;x`ang" | Get-PanicTrace
        $comparison = Compare-PanicTrace $null_ $evil
        $text = $comparison | Out-String -Width 120
        $text -split "`n" | Where-Object { $_.TrimEnd().Length -gt 120 } | Should -BeNullOrEmpty
        $text | Should -Match 'Title +<='
        $rows = $comparison.Differences | Out-String -Width 120
        $rows | Should -Match 'Property +Item +Side +Reference +Difference'
        $rows -split "`n" | Where-Object { $_.TrimEnd().Length -gt 120 } | Should -BeNullOrEmpty
        ($text + $rows) -replace "`e\[[0-9;]*m" | Should -Not -Match "[\x00-\x08\x0b\x0c\x0e-\x1f]"
    }
}
