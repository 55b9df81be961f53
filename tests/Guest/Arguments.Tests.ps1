# Functions that are called with values of every kind, traced without a compiler on Debian's kernel in qemu: what the events have is what the
# source says they were called with. Skipped where the guest cannot be had.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $share = New-Item -ItemType Directory -Force "$root/out/guest/arguments"
    Get-ChildItem $share | Remove-Item -Recurse
    $env:GUEST_SAMPLE = 'tests/Guest/arguments'
    & bash "$PSScriptRoot/live.sh" $share "$PSScriptRoot/arguments.ps1" -Repository $root | Out-Host
    $env:GUEST_SAMPLE = $null
    $script:NoGuest = $LASTEXITCODE -eq 3
    # They are built by ./build.sh test.
    $script:NoTests = -not (Test-Path "$root/tests/KernelDebug.Tests/bin/Release/net10.0/KernelDebug.Tests.dll")
}

Describe 'functions traced without a compiler' -Skip:$NoGuest {
    BeforeAll {
        $share = (Resolve-Path "$PSScriptRoot/../../out/guest/arguments").Path
        Test-Path "$share/seen.json" | Should -BeTrue -Because (Get-Content "$share/output" -Raw -ErrorAction Ignore)
        $Seen = Get-Content "$share/seen.json" -Raw | ConvertFrom-Json
        # Addresses differ from boot to boot.
        function Get-Shown($Event) { (@($Event.PSObject.Properties | ForEach-Object { "$($_.Name)=$($_.Value)" }) -join ' ') -replace '0xffff[0-9a-f]{12}', 'ADDRESS' }
        # What a hook must be for what is asked of it, on a kernel that has it.
        $HasTwelve = [int]($Seen.Release -split '\.')[0] -gt 6 -or [int]($Seen.Release -split '\.')[1] -ge 6
    }

    It '<Name>' -ForEach @(
        @{ Name = 'signed'; Shown = 'a=-128 b=-32768 c=-2147483648 d=-9223372036854775808' }
        @{ Name = 'unsigned'; Shown = 'a=255 b=65535 c=4294967295 d=18446744073709551615' }
        @{ Name = 'bool'; Shown = 'yes=True no=False' }
        @{ Name = 'enum'; Shown = 'colour=AT_BLUE' }
        @{ Name = 'values'; Shown = 'pair={a=287454020 b=21862} wide={first=1234605616436508552 second=-2}' }
        @{ Name = 'functions'; Shown = 'call=ADDRESS table=ADDRESS' }
        @{ Name = 'nothing'; Shown = 'none=0x0 text=' }
        @{ Name = 'words'; Shown = 'text=a text buffer= list=ADDRESS' }
        @{ Name = 'pointers'; Shown = '*a=-100 *b=60000 *c=-2000000000 *d=9223372036854775809 *e=True *f=AT_GREEN' }
    ) {
        $Seen.$Name.Events | Should -HaveCount 1 -Because $Seen.$Name.Message
        Get-Shown ($Seen.$Name.Events[0] | Select-Object * -ExcludeProperty 'a[[]1[]]', 'c -eq d') | Should -Be $Shown
        $Seen.$Name.Drops, "$($Seen.$Name.Warnings)" | Should -Be 0, ''
    }

    It 'more arguments than there are registers' {
        $shown = $HasTwelve ? 'a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=-8' : 'a=1 b=2 c=3 d=4 e=5 f=6'
        Get-Shown $Seen.many.Events[0] | Should -Be $shown
        if (-not $HasTwelve) {
            $Seen.many.Attachments | Should -Be 'at_many at kprobe/at_many'
            $Seen.many.Warnings | Should -HaveCount 2
            $Seen.many.Warnings[0] | Should -BeLike 'g of at_many is left out: *registers alone.'
        }
    }

    It 'a structure whole' {
        (Get-Shown $Seen.whole.Events[0]) | Should -Be ('all={tiny=-5 half=65535 yes=True no=False low=6 middle=-9 high=11259375 colour=AT_BLUE word=131073 first=1 second=2 number={whole=67305985 bytes=[1 2 3 4]} ' +
            'text=seven77 full=full name=ADDRESS bytes=[9 8 7 6] numbers=[1 -2 3] inner={port=80 name=ADDRESS} inners=[{port=1 name=ADDRESS} {port=2 name=ADDRESS}] pointed=ADDRESS deep=ADDRESS none=0x0 ' +
            'called=ADDRESS raw=ADDRESS zero=0 large=18364758544493064720}')
    }

    It 'members: <Name> is <Value>' -ForEach @(
        @{ Name = 'all->tiny'; Value = '-5' }, @{ Name = 'all->half'; Value = '65535' }, @{ Name = 'all->yes'; Value = 'True' }, @{ Name = 'all->no'; Value = 'False' }
        @{ Name = 'all->low'; Value = '6' }, @{ Name = 'all->middle'; Value = '-9' }, @{ Name = 'all->high'; Value = '11259375' }, @{ Name = 'all->colour'; Value = 'AT_BLUE' }
        @{ Name = 'all->word'; Value = '131073' }, @{ Name = 'all->first'; Value = '1' }, @{ Name = 'all->second'; Value = '2' }, @{ Name = 'all->number'; Value = '{whole=67305985 bytes=[1 2 3 4]}' }
        @{ Name = 'all->number.bytes[2]'; Value = '3' }, @{ Name = 'all->text'; Value = 'seven77' }, @{ Name = 'all->full'; Value = 'full' }, @{ Name = 'all->name'; Value = 'a name' }
        @{ Name = 'all->bytes'; Value = '[9 8 7 6]' }, @{ Name = 'all->bytes[3]'; Value = '6' }, @{ Name = 'all->numbers'; Value = '[1 -2 3]' }, @{ Name = 'all->numbers[1]'; Value = '-2' }
        @{ Name = 'all->inner.port'; Value = '80' }, @{ Name = 'all->inner.name'; Value = 'inner' }, @{ Name = 'all->inners[1].name'; Value = 'one' }
        @{ Name = 'all->pointed->port'; Value = '-7' }, @{ Name = 'all->pointed->name'; Value = 'first' }, @{ Name = '(*all->deep)->port'; Value = '-7' }
        @{ Name = 'all->none'; Value = '0x0' }, @{ Name = 'all->none->tiny'; Value = $null }, @{ Name = 'all->none->none->name'; Value = $null }, @{ Name = '((struct at_inner *)all->raw)->name'; Value = 'first' }
        @{ Name = 'all->zero'; Value = '0' }, @{ Name = 'all->large'; Value = '18364758544493064720' }, @{ Name = 'all->middle * 2 + 1'; Value = '-17' }, @{ Name = 'all->high -band 0xff'; Value = '239' }
        @{ Name = '(u8)all->large'; Value = '16' }, @{ Name = 'all->tiny -lt 0'; Value = 'True' }
    ) {
        $Seen.members.Events[0].PSObject.Properties[$Name].Value | Should -Be $Value
    }

    It 'where <Condition>: <Count>' -ForEach @(
        @{ Condition = 'all->tiny -eq -5'; Count = 1 }, @{ Condition = 'all->tiny -gt 0'; Count = 0 }, @{ Condition = 'all->large -gt -1'; Count = 1 }
        @{ Condition = 'all->large -eq 0xfedcba9876543210'; Count = 1 }, @{ Condition = 'all->name -like "A*N?ME"'; Count = 1 }, @{ Condition = 'all->name -clike "A*"'; Count = 0 }
        @{ Condition = 'all->text -eq "seven77"'; Count = 1 }, @{ Condition = 'all->full -eq "full"'; Count = 1 }, @{ Condition = 'all->full -eq "ful"'; Count = 0 }
        @{ Condition = 'all->inner.name -notlike "*ner"'; Count = 0 }, @{ Condition = 'all->colour -eq AT_BLUE'; Count = 1 }, @{ Condition = 'all->colour -in AT_RED, AT_GREEN'; Count = 0 }
        @{ Condition = 'all->none->tiny -eq 0'; Count = 0 }, @{ Condition = 'all->none->tiny -ne 0'; Count = 1 }, @{ Condition = 'all->none -eq $null'; Count = 1 }
        @{ Condition = 'all->low -band 2'; Count = 1 }, @{ Condition = 'all->yes -and -not all->no'; Count = 1 }, @{ Condition = 'return -eq all'; Count = 1 }
        @{ Condition = 'return->tiny -lt -4 -and all->half -eq 65535'; Count = 1 }, @{ Condition = 'task -like "*"'; Count = 1 }, @{ Condition = 'pid -eq 1'; Count = 0 }, @{ Condition = '$limit'; Count = 1 }
    ) {
        $found = $Seen."where $Condition"
        $found.Message | Should -BeNullOrEmpty
        $found.Events | Should -HaveCount $Count
    }

    It 'a text longer than is wanted ends in an ellipsis, and is compared as far as it was read' {
        $Seen.long.Events[0].'letter->text' | Should -Be (('x' * 128) + '…')
        $Seen.longer.Events[0].'letter->text' | Should -Be (('x' * 150) + 'end')
        $Seen.'where letter->text -like "xx*"'.Events | Should -HaveCount 1
        foreach ($end in 'end', 'x') { $Seen."where letter->text -like `"*$end`"".Events | Should -HaveCount 0 }
    }

    It 'returns: <Name>' -ForEach @(
        @{ Name = 'signed'; Return = '128' }, @{ Name = 'unsigned'; Return = '65535' }, @{ Name = 'bool'; Return = 'True' }, @{ Name = 'enum'; Return = 'AT_BLUE' }
        @{ Name = 'error'; Return = '0', '-22'; Errors = $null, 'EINVAL' }
        @{ Name = 'error_pointer'; Return = 'ADDRESS', '0xfffffffffffffff4', '0x0'; Errors = $null, 'ENOMEM', $null }
        @{ Name = 'recursive'; Return = '1', '2', '3', '4' }, @{ Name = 'structure'; Return = 'ADDRESS' }
    ) {
        $events = $Seen."return $Name".Events
        $events | Should -HaveCount @($Return).Count
        @($events | ForEach-Object Return) -replace '^0xffff[0-9a-e][0-9a-f]{11}$', 'ADDRESS' -replace '^0xffffffff[0-9a-e][0-9a-f]{7}$', 'ADDRESS' | Should -Be $Return
        if ($Errors) { @($events | ForEach-Object Error) | Should -Be $Errors }
        $events | ForEach-Object { [long]$_.LatencyNs | Should -BeGreaterThan 0 }
    }

    It 'a call within a call has its own arguments and takes no longer than the outer one' {
        $events = $Seen.'return recursive'.Events
        $events.depth | Should -Be '0', '1', '2', '3'
        [long[]]$times = $events.LatencyNs
        $times | Sort-Object | Should -Be $times
    }

    It 'calls that failed' {
        $Seen.'failed error'.Events.Return | Should -Be '-22'
        $Seen.'failed error_pointer'.Events.which | Should -Be '1', '2'
        $Seen.'failed bool'.Message | Should -BeLike '*at_bool returns bool, which tells no failure*'
    }

    It 'has who called, from the function itself on' {
        $Seen.stack.Events | Should -HaveCount 4
        $stacks = @($Seen.stack.Events | ForEach-Object { , ($_.Stack -split ' ') })
        $stacks[0][0..1] | Should -Be 'at_recursive', 'at_write'
        $stacks[3][0..4] | Should -Be 'at_recursive', 'at_recursive', 'at_recursive', 'at_recursive', 'at_write'
        $stacks[0] | Should -Contain 'vfs_write'
    }

    It 'many functions at once' {
        # Each once but for at_error, called twice, at_error_pointer, three times, at_recursive, four, at_twice, once by at_functions; at_write itself and at_long are one more each.
        $count = 9 + 1 + 2 + 3 + 4 + 1 + 1 + 1 + 1
        $Seen.together.Events.Count | Should -BeIn ($count..($count + 2))
        if (-not $HasTwelve) { $Seen.together.Attachments -match 'at_many' | Should -Be 'at_many at kprobe/at_many', 'at_many at kretprobe/at_many' }
    }

    It 'asks who calls, and takes samples' {
        $Seen.mine.Events | Should -HaveCount 2
        $Seen.mine.Tasks | Should -Be $Seen.ProcessId
        foreach ($none in $Seen.others, $Seen.named, $Seen.slow) { $none.Events | Should -HaveCount 0 }
        $Seen.sampled.Events.which | Should -Be '0', '2'
    }

    It 'counts in the kernel: <Name>' -ForEach @(
        @{ Name = 'arguments'; Lines = '1 at_recursive depth=0', '1 at_recursive depth=1', '1 at_recursive depth=2', '1 at_recursive depth=3' }
        @{ Name = 'functions'; Lines = '1 at_twice ', '2 at_error ', '3 at_error_pointer ', '4 at_recursive ' }
        @{ Name = 'results'; Lines = '1 at_recursive return=1 twice=0', '1 at_recursive return=2 twice=2', '1 at_recursive return=3 twice=4', '1 at_recursive return=4 twice=6' }
        @{ Name = 'texts'; Lines = @('1 at_structure all->name="a name" all->none->tiny=?') }
        @{ Name = 'both'; Lines = '1 at_error', '1 at_error', '1 at_structure' }
        @{ Name = 'stacks'; Lines = '1 at_recursive at_recursive at_recursive at_recursive at_write', '1 at_recursive at_recursive at_recursive at_write', '1 at_recursive at_recursive at_write', '1 at_recursive at_write' }
        @{ Name = 'powers'; Lines = @('at_recursive: 4, 10, 0: 1-2 1, 2-4 2, 4-8 1') }
        @{ Name = 'early'; Lines = @('at_recursive: 3, 6, 0: 1-2 1, 2-4 2') }
        @{ Name = 'failed'; Lines = @('at_error_pointer: 2, 3, 0: 1-2 1, 2-4 1') }
        @{ Name = 'widths'; Lines = @('at_structure all->half=65535: 1, -5, 0: -9223372036854775808-0 1') }
        @{ Name = 'unread'; Lines = @('at_structure: 0, 0, 1: ') }
        @{ Name = 'latency'; Lines = @('4 True Nanoseconds') }
    ) {
        $Seen."count $Name" | Should -Be $Lines
    }

    It 'has the calls that were made during a call as its tree' {
        $Seen.'count trees' | Should -Be @('at_write(at_functions(at_twice) at_error at_error at_recursive(at_recursive(at_recursive(at_recursive)))) True')
        $Seen.'count branches' | Should -Be @('at_recursive(at_recursive(at_recursive)) True')
        $Seen.'count line' | Should -Be 'at_error = -22 EINVAL (which=1)', 'at_error = 0 (which=0)'
    }

    It 'attaches many functions, and to none of another module that has the name' {
        $Seen.Hundred.Attached | Should -Be 100
        # Kernels from v6.3 on look for a module's function in the module.
        if ([version]($Seen.Release -replace '^(\d+\.\d+).*', '$1') -lt [version]'6.3') { $Seen.SameNames | Should -BeLike 'False 3 symbols of the kernel and its modules have this name*' }
        elseif ($Seen.SameNames -notlike '*The module virtio is not loaded*') { $Seen.SameNames | Should -BeLike 'True*' }
    }

    It 'has the verifier take random expressions of random functions' -Skip:$NoTests {
        $Seen.Verifier.Problem | Should -BeNullOrEmpty
        $Seen.Verifier.ByVerifier | Should -BeGreaterThan 200
    }

    It 'says what is wrong with <Text>' -ForEach @(
        @{ Text = 'all->tinny'; Action = 'Did you mean tiny?' }, @{ Text = 'all->numbers[3]'; Action = 'Ask for one of them*' }, @{ Text = 'al->tiny'; Action = 'Did you mean all?' }
        @{ Text = 'all->tiny == 3'; Action = 'Write -eq*' }, @{ Text = 'all->none.name.x'; Action = 'Cast it*' }, @{ Text = 'all->inner'; Action = 'Ask for a member*' }
        @{ Text = 'all->name -gt "x"'; Action = 'Texts are compared*' }, @{ Text = '(struct at_al *)all->raw'; Action = 'Types are named*' }
    ) {
        $Seen."wrong $Text".ErrorId | Should -Be 'TraceExpressionInvalid,KernelDebug.Commands.StartBpfTraceCommand'
        $Seen."wrong $Text".Action | Should -BeLike $Action
    }

    It 'leaves nothing behind' {
        $Seen.'no function'.ErrorId | Should -Be 'FunctionNotTraceable,KernelDebug.Commands.StartBpfTraceCommand'
        $Seen.LinksLeft, $Seen.ProgramsLeft | Should -Be 0, 0
    }
}
