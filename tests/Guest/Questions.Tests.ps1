# The same questions put to Start-BpfTrace and to bpftrace at once, about the same calls, on Debian's kernel in qemu: what they answer is equal,
# event by event, but for what is said here with its reason. Takes minutes, of which bpftrace starts for most: asked for by GUEST_QUESTIONS=yes.
BeforeDiscovery {
    $root = (Resolve-Path "$PSScriptRoot/../..").Path
    $script:Left = -not $env:GUEST_QUESTIONS ? 'takes minutes, and is asked for by ./build.sh guest --questions' :
        @(Get-Command bpftrace, gcc -ErrorAction Ignore).Count -ne 2 ? 'no bpftrace or no gcc here' : $null
    $script:Questions = @()
    if (-not $Left) {
        $share = New-Item -ItemType Directory -Force "$root/out/guest/questions"
        Get-ChildItem $share | Remove-Item -Recurse
        & gcc -O2 -Wall -o "$share/stimulus" "$PSScriptRoot/questions/stimulus.c" -pthread
        $env:GUEST_SAMPLE = 'tests/Guest/arguments'
        & bash "$PSScriptRoot/live.sh" $share "$PSScriptRoot/questions.ps1" -Repository $root | Out-Host
        $env:GUEST_SAMPLE = $null
        $script:Left = $LASTEXITCODE -eq 3 ? 'the guest cannot be had here' : $null
        $script:Questions = @(& "$PSScriptRoot/questions/table.ps1")
    }
}

# Where it is left out, that is one test that says why.
if ($Left) {
    Describe 'answers beside bpftrace''s' { It "left out: $Left" -Skip { } }
    return
}

Describe 'answers beside bpftrace''s' {
    BeforeAll {
        $share = (Resolve-Path "$PSScriptRoot/../../out/guest/questions").Path
        Test-Path "$share/seen.json" | Should -BeTrue -Because (Get-Content "$share/output" -Raw -ErrorAction Ignore)
        $Seen = Get-Content "$share/seen.json" -Raw | ConvertFrom-Json

        # An event as bpftrace prints it: each value of ours in the place of a conversion.
        function Get-Line([string] $Format, [object[]] $Values, [string] $Zero) {
            $next = @{ At = 0 }
            [regex]::Replace($Format, '0x%llx|%(ll|l)?[dus]', { param($match) ($Values[$next.At++]) ?? ($match.Value -like '0x*' ? "0x$Zero" : $Zero) })
        }
    }

    It 'has at least twenty of them' { @($Seen.Questions.PSObject.Properties).Count | Should -BeGreaterOrEqual 20 }

    It '<Name>' -ForEach $Questions {
        $found = $Seen.Questions.$Name
        $found.Failure | Should -BeNullOrEmpty
        $found.Drops | Should -Be 0
        $ours = @($found.Ours | ForEach-Object { Get-Line $Format $_ $Zero })
        $theirs = $found.Theirs
        if ($Unlike) {
            # bpftrace 0.17 does not extend the sign of a bit field.
            $found.Ours[0][$Unlike.Column] | Should -Be $Unlike.Ours
            $ours = @($found.Ours | ForEach-Object { $values = @($_); $values[$Unlike.Column] = $Unlike.Theirs; Get-Line $Format $values $Zero })
        }
        if ($Values -match 'kstack') {
            # bpftrace shows its own program and the trampoline that called it. In both, trampolines lie between the calls of one function; here they
            # have no name once the trace has ended. A kprobe stands behind its breakpoint, a trampoline's program behind the call of the trampoline.
            $ours = $ours -replace ' \+(?= )' -replace '(?<=^\S+ at_\w+)\+5'
            $theirs = $theirs -replace ' bpf_(prog|trampoline)_\S+' -replace '(?<=^\S+ at_\w+)\+1(?= )'
        }
        $ours | Should -Be $theirs -Because "bpftrace said: $($found.TheirErrors)"
        if ($Count) { $ours | Should -HaveCount $Count } else { $ours.Count | Should -BeGreaterOrEqual $Least }
        if ($Names) { $found.Names | Should -Be $Names }
        if ($Errors) { $found.Errors | Should -Be $Errors }
        # A null where there is none to be told from a zero would be a wrong answer the comparison does not see.
        @($found.Ours | ForEach-Object { $_ } | Where-Object { $null -eq $_ }).Count -gt 0 | Should -Be ([bool]$Zero)
    }

    It 'leaves nothing behind' { $Seen.LinksLeft, $Seen.ProgramsLeft | Should -Be 0, 0 }
}
