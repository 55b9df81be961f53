BeforeDiscovery {
    $script:NoKernel = -not (Test-Path /sys/kernel/btf/vmlinux)
    $script:NoBpftool = -not (Get-Command bpftool -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/Support.ps1
    $Shapes = Join-Path $Fixtures 'btf/shapes.btf'
    $Split = Join-Path $Fixtures 'btf/module.btf'
    function Complete([string] $Text) { (TabExpansion2 $Text $Text.Length).CompletionMatches.CompletionText }
}

Describe 'Get-BtfType' {
    Context 'names' {
        It 'are exact without wildcards, with or without a keyword' {
            $node = Get-BtfType node -Path $Shapes
            $node | Should -BeOfType [KernelDebug.Btf.BtfStruct]
            "$node $($node.Kind) $($node.Size)" | Should -Be 'struct node Struct 184'
            (Get-BtfType 'struct node' -Path $Shapes).Id | Should -Be $node.Id
            Get-BtfType NODE -Path $Shapes -ErrorAction Ignore | Should -BeNullOrEmpty
            Get-BtfType 'union node' -Path $Shapes -ErrorAction Ignore | Should -BeNullOrEmpty
            ('color', 'u8' | Get-BtfType -Path $Shapes).Kind | Should -Be 'Enum', 'Typedef'
        }

        It 'with wildcards are patterns that ignore case, of a kind' {
            (Get-BtfType N*E -Path $Shapes -Kind Struct).Name | Should -Be 'node'
            (Get-BtfType *_* -Path $Shapes -Kind Typedef).Name | Sort-Object | Should -Be 'bool_t', 'compare_t', 'node_ptr', 'odd_t'
        }

        It 'that are nowhere are errors, and the next one goes on' {
            $found = Get-BtfType nowhere, node -LiteralPath $Shapes -ErrorAction SilentlyContinue -ErrorVariable missing
            $found.Name | Should -Be 'node'
            $missing.FullyQualifiedErrorId | Should -Be 'BtfTypeNotFound,KernelDebug.Commands.GetBtfTypeCommand'
            $missing.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $missing.TargetObject | Should -Be 'nowhere'
        }

        It 'may be left out, and ids can take their place' {
            $all = Get-BtfType -Path $Shapes
            $all.Id | Should -Be (1..$all.Count)
            (Get-BtfType -Id 5, 1 -Path $Shapes).Id | Should -Be 5, 1
            Get-BtfType -Id 5000 -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable missing
            $missing.FullyQualifiedErrorId | Should -Be 'BtfIdNotFound,KernelDebug.Commands.GetBtfTypeCommand'
        }
    }

    Context 'objects' {
        It 'have members that can be followed' {
            $node = Get-BtfType node -Path $Shapes
            $node.Members['color'].ByteOffset | Should -Be 60
            $node.Members['b'].BitOffset - $node.Members['a'].BitOffset | Should -Be 3
            "$($node.Members['b'].IsBitField) $($node.Members['b'].BitSize)" | Should -Be 'True 5'
            $node.Members['next'].Type.Bare.Target.Id | Should -Be $node.Id
            $node.Members['low'] | Should -BeNullOrEmpty
        }

        It 'have anonymous members in their place with Expand' {
            $node = Get-BtfType node -Path $Shapes -Expand
            $node.Members['high'].ByteOffset - $node.Members['whole'].ByteOffset | Should -Be 4
            $node.Members.Name | Should -Contain 'low'
        }

        It 'have values and parameters' {
            (Get-BtfType color -Path $Shapes).Values.Name | Should -Be 'RED', 'GREEN', 'BLUE'
            ((Get-BtfType visit -Path $Shapes).Prototype.Parameters).Name | Should -Be 'node', 'count'
            (Get-BtfType node -Path (Join-Path $Fixtures 'btf/bpf.o')).DeclarationTags.Name | Should -Be 'where it lies'
        }
    }

    Context 'searches' {
        It 'find functions by what they take' {
            (Get-BtfType -Parameter node -Path $Shapes).Name | Sort-Object | Should -Be 'helper', 'visit'
            (Get-BtfType v* -Parameter 'long long unsigned int', bool_t -Path $Shapes).Name | Should -Be 'visit'
            (Get-BtfType helper -Parameter (Get-BtfType node -Path $Shapes) -Path $Shapes).Kind | Should -Be 'Function'
        }

        It 'find structures by what is in them' {
            (Get-BtfType * -Contains color -Path $Shapes).Name | Should -Be 'node'
            (Get-BtfType * -PointsTo forward -Member UN* -Path $Shapes).Name | Should -Be 'node'
            Get-BtfType * -PointsTo forward -Member next -Path $Shapes | Should -BeNullOrEmpty
            (Get-BtfType * -Member low -Path $Shapes).Name | Should -Be 'node'
            (Get-BtfType -Member low -Path $Shapes).Count | Should -BeGreaterThan 1
            Get-BtfType * -Member LOW -Path $Shapes | Should -BeNullOrEmpty
            Get-BtfType -Member low -Kind Enum -Path $Shapes | Should -BeNullOrEmpty
            (Get-BtfType -Contains color -Path $Split -Base $Shapes).Name | Should -Be 'own'
        }

        It 'say what there is none of' {
            Get-BtfType -Contains nowhere, color -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable missing | Should -Not -BeNullOrEmpty
            "$($missing.FullyQualifiedErrorId) $($missing.TargetObject)" | Should -Be 'BtfTypeNotFound,KernelDebug.Commands.GetBtfTypeCommand nowhere'
            Get-BtfType node -Member nowhere -Path $Shapes -ErrorAction SilentlyContinue -ErrorVariable missing | Should -BeNullOrEmpty
            "$missing" | Should -Be 'There is no type node that meets the conditions.'
            { Get-BtfType -Parameter node -Contains color -Path $Shapes } | Should -Throw -ErrorId 'BtfSearchImpossible,KernelDebug.Commands.GetBtfTypeCommand'
        }

        It 'complete types' {
            Complete "Get-BtfType -Path $Shapes -Contains col" | Should -Be 'color'
        }
    }

    Context 'bases' {
        It 'are continued by the types of modules' {
            $own = Get-BtfType own -Path $Split -Base $Shapes
            $own.Members['color'].Type.Name | Should -Be 'color'
            (Get-BtfType node -Path $Split -Base $Shapes).Size | Should -Be 184
            @(Get-BtfType * -Path $Split -Base $Shapes).Name | Should -Be 'own', 'own_function'
        }

        It 'that do not match are errors that say how it was seen' {
            Get-BtfType own -Path $Split -Base (Join-Path $Fixtures 'btf/bpf.o') -ErrorAction SilentlyContinue -ErrorVariable wrong | Should -BeNullOrEmpty
            $wrong.FullyQualifiedErrorId | Should -Be 'BtfBaseMismatch,KernelDebug.Commands.GetBtfTypeCommand'
            "$wrong" | Should -Match 'was not made for the types of .*bpf\.o: .'
            $wrong.ErrorDetails.RecommendedAction | Should -Match '-Base'
        }
    }

    It 'says what is wrong with files' {
        Get-BtfType x -Path (Join-Path $Fixtures 'elf/aarch64-dwarf4.o'), $Shapes, /no/such/file -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Contain 'BtfUnusable,KernelDebug.Commands.GetBtfTypeCommand'
        Get-BtfType x -Module no_such_module -ErrorAction SilentlyContinue -ErrorVariable wrong
        $wrong.FullyQualifiedErrorId | Should -Be 'BtfNotFound,KernelDebug.Commands.GetBtfTypeCommand'
    }

    It 'completes names' {
        Complete "Get-BtfType -Path $Shapes -Name col" | Should -Be 'color'
        Complete "Get-BtfType -Path $Split -Base $Shapes own_" | Should -Be 'own_function'
    }

    It 'has views that fit 120 columns' {
        $text = (Get-BtfType -Path $Shapes | Out-String -Width 120), ((Get-BtfType node -Path $Shapes -Expand).Members | Out-String -Width 120)
        ($text -split "`n").TrimEnd() | Where-Object Length -GT 120 | Should -BeNullOrEmpty
        $text[0] | Should -Match '(?m)^ +\d+ Struct +184 struct node'
        $text[1] | Should -Match '(?m)^ +\d+:3 +5b int b: 5'
    }

    Context 'the running kernel' -Skip:$NoKernel {
        It 'has every type bpftool has' -Skip:$NoBpftool {
            $lines = & bpftool btf dump file /sys/kernel/btf/vmlinux | Where-Object { $_ -match "^\[\d+\] STRUCT 'sk_" }
            (Get-BtfType sk_* -Kind Struct | Where-Object Name -CLike sk_* | ForEach-Object { "[$($_.Id)] STRUCT '$($_.Name)' size=$($_.Size) vlen=$($_.Members.Count)" }) |
                Should -Be $lines
        }

        It 'completes' {
            Complete 'Get-BtfType sk_buf' | Should -Contain 'sk_buff'
            Complete 'Get-BtfType -Module vmlin' | Should -Be 'vmlinux'
        }
    }
}
