BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Shapes = Join-Path $Fixtures 'btf/shapes.btf'
    function Complete([string] $Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
}

Describe 'Get-BtfFunction' {
    It 'gets declarations as the source has them' {
        "$(Get-BtfFunction helper -Path $Shapes)" | Should -Be 'int helper(struct node *node, odd_t *odd, char **names)'
        (Get-BtfFunction -Path $Shapes).Name | Sort-Object | Should -Be 'helper', 'nothing', 'visit'
        (Get-BtfFunction N*G -Path $Shapes).Name | Should -Be 'nothing'
        ([pscustomobject]@{ Name = 'visit' } | Get-BtfFunction -Path $Shapes).Name | Should -Be 'visit'
    }

    It 'finds those that take a type' {
        (Get-BtfFunction -Parameter 'long long unsigned int' -Path $Shapes).Name | Should -Be 'visit'
        Get-BtfFunction nothing -Parameter 'long long unsigned int' -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable missing | Should -BeNullOrEmpty
        $missing.FullyQualifiedErrorId | Should -Be 'BtfFunctionNotFound,KernelDebug.Commands.GetBtfFunctionCommand'
    }

    It 'has parameters as objects' {
        $prototype = (Get-BtfFunction visit -Path $Shapes).Prototype
        $prototype.Parameters[0].Type.Target.Name | Should -Be 'node'
        "$($prototype.ReturnType) $($prototype.IsVariadic)" | Should -Be 'int False'
    }

    It 'of a module finds its own' {
        "$(Get-BtfFunction own_function -Path (Join-Path $Fixtures 'btf/module.btf') -Base $Shapes)" | Should -Be 'int own_function(struct own *own, u32 first)'
    }

    It 'is an error for what is no function' {
        Get-BtfFunction node, visit -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable missing | Should -HaveCount 1
        $missing.FullyQualifiedErrorId | Should -Be 'BtfFunctionNotFound,KernelDebug.Commands.GetBtfFunctionCommand'
    }

    It 'completes functions alone' {
        Complete "Get-BtfFunction -Path $Shapes -Name n" | Should -Be 'nothing'
        Complete "Get-BtfFunction -Path $Shapes -Parameter col" | Should -Be 'color'
    }

    It 'has a view that fits 120 columns' {
        $text = Get-BtfFunction -Path $Shapes | Out-String -Width 120
        $text | Should -Match 'int nothing\(void\)'
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
    }
}
