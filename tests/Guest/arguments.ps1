# Runs in the guest, in the shared folder: traces functions that are called with known values, and what they were seen to be called with is
# left in seen.json, for Arguments.Tests.ps1.
param([string] $Repository)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
$seen = [ordered]@{}
$clock = [Diagnostics.Stopwatch]::StartNew()
$null = ConvertTo-Btf ./arguments.ko
& insmod ./arguments.ko

# What the events of one write have, each as text, with the class it is of.
function Test-Trace([string] $Name, [hashtable] $With, [string] $Function) {
    $warning = $failed = $trace = $null
    $began = $clock.Elapsed
    $trace = Start-BpfTrace $Function @With -AsSession -WarningVariable warning -WarningAction SilentlyContinue -ErrorVariable failed -ErrorAction SilentlyContinue
    $started = $clock.Elapsed - $began
    if (-not $trace) {
        $script:seen[$Name] = @{ ErrorId = $failed[0].FullyQualifiedErrorId; Message = $failed[0].ErrorDetails.Message; Action = $failed[0].ErrorDetails.RecommendedAction }
        return
    }

    [IO.File]::WriteAllText('/proc/arguments', 'x')
    $null = Stop-BpfTrace $trace -Keep
    $events = @(Receive-BpfTrace $trace)
    Stop-BpfTrace $trace
    $script:seen[$Name] = @{
        Events = @($events | ForEach-Object {
            $values = [ordered]@{}
            foreach ($member in $_.GetMembers()) { $values[$member.Key] = Get-Text $member.Value }
            $values
        })
        Attachments = @($trace.Attachments | ForEach-Object ToString); Warnings = @($warning | ForEach-Object ToString); Drops = $trace.Drops.Total
        Seconds = $started.TotalSeconds; Tasks = @($events | ForEach-Object ProcessId | Sort-Object -Unique)
    }
    '{0,6:F1} s {1}: {2} events' -f $clock.Elapsed.TotalSeconds, $Name, $events.Count
}

function Get-Text($Value) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [KernelDebug.Tracing.TraceStack]) { return @($Value | ForEach-Object { "$($_.Symbol)" }) -join ' ' }
    if ($Value -is [array]) { return '[' + (@($Value | ForEach-Object { Get-Text $_ }) -join ' ') + ']' }
    if ($Value -is [KernelDebug.Btf.BtfRecordObject]) { return '{' + (@($Value.GetMembers() | ForEach-Object { "$($_.Key)=$(Get-Text $_.Value)" }) -join ' ') + '}' }
    "$Value"
}

foreach ($name in 'signed', 'unsigned', 'bool', 'enum', 'values', 'functions', 'nothing', 'words', 'many') { Test-Trace $name @{} "at_$name" }
Test-Trace pointers @{ Property = '*a', '*b', '*c', '*d', '*e', '*f', 'a[1]', 'c -eq d' } at_pointers
Test-Trace whole @{ Expand = 'all' } at_structure
Test-Trace members @{ Property = 'all->tiny', 'all->half', 'all->yes', 'all->no', 'all->low', 'all->middle', 'all->high', 'all->colour', 'all->word', 'all->first', 'all->second', 'all->number', 'all->number.bytes[2]',
    'all->text', 'all->full', 'all->name', 'all->bytes', 'all->bytes[3]', 'all->numbers', 'all->numbers[1]', 'all->inner', 'all->inner.port', 'all->inner.name', 'all->inners[1].name',
    'all->pointed->port', 'all->pointed->name', '(*all->deep)->port', 'all->none', 'all->none->tiny', 'all->none->none->name', '((struct at_inner *)all->raw)->name', 'all->zero', 'all->large', 'all->middle * 2 + 1',
    'all->high -band 0xff', '(u8)all->large', 'all->tiny -lt 0' } at_structure
foreach ($condition in 'all->tiny -eq -5', 'all->tiny -gt 0', 'all->large -gt -1', 'all->large -eq 0xfedcba9876543210', 'all->name -like "A*N?ME"', 'all->name -clike "A*"', 'all->text -eq "seven77"', 'all->full -eq "full"', 'all->full -eq "ful"',
    'all->inner.name -notlike "*ner"', 'all->colour -eq AT_BLUE', 'all->colour -in AT_RED, AT_GREEN', 'all->none->tiny -eq 0', 'all->none->tiny -ne 0', 'all->none -eq $null', 'all->low -band 2', 'all->yes -and -not all->no',
    'return -eq all', 'return->tiny -lt -4 -and all->half -eq 65535', 'task -like "*"', 'pid -eq 1') {
    Test-Trace "where $condition" @{ Where = $condition; Property = 'all->tiny' } at_structure
}
foreach ($condition in 'letter->text -like "xx*"', 'letter->text -like "*end"', 'letter->text -like "*x"') { Test-Trace "where $condition" @{ Where = $condition } at_long }
Test-Trace long @{ Property = 'letter->text'; TextSize = 128 } at_long
Test-Trace longer @{ Property = 'letter->text' } at_long
$limit = -4
Test-Trace 'where $limit' @{ Where = { $all.tiny -lt $limit }; Property = 'all->tiny' } at_structure
foreach ($name in 'signed', 'unsigned', 'bool', 'enum', 'error', 'error_pointer', 'recursive', 'structure') { Test-Trace "return $name" @{ Return = $true; Latency = $true } "at_$name" }
foreach ($name in 'error', 'error_pointer', 'bool') { Test-Trace "failed $name" @{ Failed = $true } "at_$name" }
Test-Trace stack @{ Stack = $true } at_recursive
Test-Trace together @{ Return = $true; SampleEvery = 1 } 'at_*'
Test-Trace sampled @{ SampleEvery = 2 } at_error_pointer
Test-Trace mine @{ ProcessId = $PID } at_error
Test-Trace others @{ ProcessId = 1 } at_error
Test-Trace named @{ ProcessName = 'no such*' } at_error
Test-Trace slow @{ MinLatency = 100 } at_error
foreach ($wrong in 'all->tinny', 'all->numbers[3]', 'al->tiny', 'all->tiny == 3', 'all->none.name.x', 'all->inner', 'all->name -gt "x"', '(struct at_al *)all->raw') { Test-Trace "wrong $wrong" @{ Where = $wrong } at_structure }
Test-Trace 'no function' @{} at_nowhere
$seen.LinksLeft = @(Get-BpfLink).Count
$seen.ProgramsLeft = @(Get-BpfProgram).Count
$seen.ProcessId = $PID
$seen.Address = (Get-KernelSymbol at_structure).Address
$seen.Release = "$(uname -r)"
$seen | ConvertTo-Json -Depth 6 | Set-Content ./seen.json
