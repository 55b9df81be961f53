# What README.md says of KernelDebug beside other tracers: each line has a test, and the test is there.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $text = (Get-Content "$root/README.md" -Raw) -replace "`r"
    $section = [regex]::Match($text, '(?s)\n## Beside other tracers\n(.*?)\n## ').Groups[1].Value
    $lines = @($section -split "`n" | Where-Object { $_ -like '|*' } | Select-Object -Skip 2)
    $script:Claims = @($lines | ForEach-Object { @{ Claim = ($_ -split '\|')[1].Trim() } })
    $script:Tests = @(Import-Csv "$PSScriptRoot/claims.tsv" -Delimiter "`t" | ForEach-Object { @{ Claim = $_.claim; File = $_.file; Test = $_.test } })
}

Describe 'README.md beside other tracers' {
    BeforeAll {
        $Root = (Resolve-Path "$PSScriptRoot/../..").Path
        $Tested = (Import-Csv "$PSScriptRoot/claims.tsv" -Delimiter "`t").claim
    }

    It 'has a table' -ForEach @(@{ Count = $Claims.Count }) { $Count | Should -BeGreaterThan 10 }

    It 'has a test of: <Claim>' -ForEach $Claims { $Tested | Should -Contain $Claim }

    It '<Test> is a test, of a line that is there' -ForEach ($Tests | ForEach-Object { $_ + @{ Lines = $Claims.Claim } }) {
        $Lines | Should -Contain $Claim
        $content = Get-Content (Join-Path $Root $File) -Raw
        # A test of Pester by its name, or a method of xunit.
        $content | Should -Match "(It '$([regex]::Escape($Test))'|public void $([regex]::Escape($Test))\()"
    }
}
