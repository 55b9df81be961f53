# Functions traced by probes on two of Debian's kernels in qemu: one that has probes of each function for itself, and one that has those of many at
# once. What they tell is held against what trampolines tell of the same calls, and that against the source, in Arguments.Tests.ps1. Where a kernel
# cannot be had, its tests are skipped.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $before = $env:GUEST_KERNEL
    $script:Kernels = @(foreach ($line in '', '6.12') {
        $name = $line ? $line : 'first'
        $share = New-Item -ItemType Directory -Force "$root/out/guest/probes-$name"
        Get-ChildItem $share | Remove-Item -Recurse
        $env:GUEST_SAMPLE = 'tests/Guest/arguments'
        $env:GUEST_KERNEL = $line
        & bash "$PSScriptRoot/live.sh" $share "$PSScriptRoot/probes.ps1" -Repository $root | Out-Host
        $env:GUEST_SAMPLE = $null
        @{ Line = $name; NoGuest = $LASTEXITCODE -eq 3; NoTests = -not (Test-Path "$root/tests/KernelDebug.Tests/bin/Release/net10.0/KernelDebug.Tests.dll") }
    })
    $env:GUEST_KERNEL = $before
}

Describe 'functions traced by probes, on the <Line> line of kernels' -ForEach $Kernels -Skip:$NoGuest {
    BeforeAll {
        if ($NoGuest) { return }
        $share = (Resolve-Path "$PSScriptRoot/../../out/guest/probes-$Line").Path
        Test-Path "$share/seen.json" | Should -BeTrue -Because (Get-Content "$share/output" -Raw -ErrorAction Ignore)
        $Seen = Get-Content "$share/seen.json" -Raw | ConvertFrom-Json
        function Get-Shown($Event) { (@($Event.PSObject.Properties | ForEach-Object { "$($_.Name)=$($_.Value)" }) -join ' ') -replace '0xffff[0-9a-f]{12}', 'ADDRESS' }
        function Get-Bare($Events) { @($Events | Select-Object * -ExcludeProperty Latency, LatencyNs | ForEach-Object { Get-Shown $_ }) }
        $Hook = $Seen.HasMany ? 'kprobe.multi' : 'kprobe'
    }

    It 'is the kernel that is meant' {
        $Seen.HasMany | Should -Be ($Line -ne 'first')
    }

    It 'tells the same: <_>' -ForEach @(        'pointers', 'whole', 'failed', 'both ends') {
        $probed = $Seen."probed $_"
        $probed.Message, "$($probed.Warnings)", $probed.Drops | Should -Be $null, '', 0
        $probed.Attachments[0] | Should -Match "^(at_\w+) at $([regex]::Escape($Hook))/\1$"
        $probed.Attachments -match 'fentry|fexit' | Should -BeNullOrEmpty
        $Seen.$_.Attachments[0] | Should -Match ' at fentry/'
        $probed.Events | Should -Not -BeNullOrEmpty
        Get-Bare $probed.Events | Should -Be (Get-Bare $Seen.$_.Events)
    }

    It 'tells the same of at_<_>, with what it returns' -ForEach @(
        'signed', 'unsigned', 'bool', 'enum', 'pointers', 'structure', 'functions', 'twice', 'error', 'error_pointer', 'nothing', 'words', 'recursive', 'long'
    ) {
        $function = "at_$_"
        $probed, $oracle = @('probed together', 'together' | ForEach-Object { , @($Seen.$_.Events | Where-Object Function -EQ $function) })
        $probed | Should -Not -BeNullOrEmpty
        Get-Bare $probed | Should -Be (Get-Bare $oracle)
        foreach ($event in $probed) { [long]$event.LatencyNs | Should -BeGreaterThan 0 }
    }

    It 'counts the same: <_>' -ForEach @('both', 'widths', 'early', 'both ends', 'trees') {
        $Seen."count $_" | Should -Not -BeNullOrEmpty
        $Seen."count probed $_" | Should -Be $Seen."count $_"
    }

    It 'says what a probe cannot tell' {
        $probed = $Seen.'probed together'
        Get-Bare ($probed.Events | Where-Object Function -EQ at_many) | Should -Be 'Function=at_many a=1 b=2 c=3 d=4 e=5 f=6 Return=7'
        Get-Bare ($probed.Events | Where-Object Function -EQ at_values) | Should -Be 'Function=at_values Return=-2 Error=ENOENT'
        $probed.Warnings -like '* of at_many is left out: it is not in a register*' | Should -HaveCount 2
        $probed.Warnings -like '* of at_values is left out: it is a structure given by value*' | Should -HaveCount 2
    }

    It 'tells calls apart that are at one place of the stack: at_functions ends with a jump to at_twice' {
        $Seen.'count probed tail' | Should -Be @('at_functions(at_twice) True')
        $Seen.'probed stack'.Events | ForEach-Object Stack | Should -BeLike 'at_recursive *at_write *vfs_write*'
    }

    It 'has one link for functions whose programs are equal' {
        $Seen.'probed together'.Drops | Should -Be 0
        # Trampolines before v6.6 do not reach at_many, which is probed then.
        $Seen.'probed together'.Events | Should -HaveCount $Seen.together.Events.Count
        $joined = @($Seen.'probed together'.Attachments -match '^functions at kprobe\.multi/\d functions$')
        if ($Seen.HasMany) { $joined.Count | Should -BeGreaterThan 1 } else { $joined | Should -BeNullOrEmpty }
    }

    It 'traces functions of one name by their addresses, and says that what they take is not known' {
        $Seen.SameName.Functions | Should -BeGreaterThan 5
        $Seen.SameName.Traced | Should -Be $Seen.SameName.Functions
        $Seen.SameName.Stacks | Should -Be 'type_show dev_attr_show'
        $Seen.SameName.Warnings | Should -BeLike 'What type_show takes and returns is not known: * functions have this name*'
    }

    It 'tells of calls whose end the kernel does not follow' {
        $Seen.Sleepers.Asleep | Should -Be $Seen.Sleepers.Calls -Because 'too few asleep at a time would all be followed'
        # The kernel has room for a few at a time, by processors (kernel/kprobes.c, register_kretprobe; kernel/trace/fprobe.c).
        $Seen.Sleepers.Received | Should -BeIn (1..($Seen.Sleepers.Calls - 1))
        # Others may sleep, too, and be asleep at the end.
        $Seen.Sleepers.Received + $Seen.Sleepers.Open + $Seen.Sleepers.Drops | Should -BeIn ($Seen.Sleepers.Calls..($Seen.Sleepers.Calls + 20))
        $Seen.Sleepers.Open | Should -BeGreaterThan 0 -Because "of $($Seen.Sleepers.Calls) calls $($Seen.Sleepers.Received) came"
    }

    if ($Line -ne 'first') {
        It 'probes many functions at once, without being asked to' {
            $Seen.Many.Traced | Should -Be 150
            $Seen.Many.Links | Should -HaveCount 1
        }

        It 'finds which of many the kernel refuses' -Skip:$NoTests {
            $Seen.Engine | Should -Be 'passed'
        }
    }

    It 'leaves nothing behind' {
        $Seen.LinksLeft, $Seen.ProgramsLeft | Should -Be 0, 0
    }
}
