# Runs in the guest, in the shared folder: traces functions that are called with known values, and what they were seen to be called with is
# left in seen.json, for Arguments.Tests.ps1.
param([string] $Repository)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
$seen = [ordered]@{}
$clock = [Diagnostics.Stopwatch]::StartNew()
$null = ConvertTo-Btf ./arguments.ko
& insmod ./arguments.ko

. "$PSScriptRoot/arguments/tools.ps1"

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

Test-Count arguments @{ CountBy = 'depth' } at_recursive $count
Test-Count functions @{ CountBy = 'function' } at_recursive, at_error, at_error_pointer, at_twice $count
Test-Count results @{ CountBy = 'return', @{ twice = 'depth * 2' } } at_recursive $count
Test-Count texts @{ CountBy = 'all->name', 'all->none->tiny' } at_structure $count
Test-Count both @{ CountBy = 'return' } at_error, at_structure { "$($_.GetCount()) $($_.GetEventName())" }
Test-Count stacks @{ CountStack = $true } at_recursive { "$($_.Count) $(@($_.Stack | ForEach-Object Symbol | Where-Object { $_ -like 'at_*' }) -join ' ')" }
Test-Count powers @{ Histogram = 'return' } at_recursive $histogram
Test-Count early @{ Histogram = 'depth'; Where = 'return -gt 1' } at_recursive $histogram
Test-Count failed @{ Histogram = 'which'; Failed = $true } at_error_pointer $histogram
Test-Count widths @{ Histogram = 'all->tiny'; BucketWidth = 3; CountBy = 'all->half' } at_structure $histogram
Test-Count unread @{ Histogram = 'all->none->tiny' } at_structure $histogram
Test-Count latency @{ Histogram = 'latency' } at_recursive { "$($_.Count) $($_.Sum -gt 0) $($_.Histogram[0].Unit)" }
Test-Count trees @{ Tree = $true } at_write, at_functions, at_twice, at_error, at_recursive $shape
Test-Count branches @{ Tree = $true; Where = 'depth -ne 2' } at_recursive $shape
Test-Count line @{ Tree = $true } at_error { $_.ToLine() }
$began = $clock.Elapsed
$many = Get-TraceFunction 'tcp_*' -Module vmlinux | Where-Object CanFentry | Select-Object -First 100 | Start-BpfTrace -CountBy function -AsSession -WarningAction SilentlyContinue
$seen.Hundred = @{ Attached = Get-TracedCount $many; Seconds = ($clock.Elapsed - $began).TotalSeconds }
Stop-BpfTrace $many
$seen.SameNames = @(Get-TraceFunction features_show -Module virtio | ForEach-Object { "$($_.CanFentry) $($_.Reason.Message)" })

foreach ($wrong in 'all->tinny', 'all->numbers[3]', 'al->tiny', 'all->tiny == 3', 'all->none.name.x', 'all->inner', 'all->name -gt "x"', '(struct at_al *)all->raw') { Test-Trace "wrong $wrong" @{ Where = $wrong } at_structure }
Test-Trace 'no function' @{} at_nowhere

# The verifier on generated expressions of random functions: a kernel that lets functions be attached to is here.
$engine = Get-EngineTest $Repository
if ($engine) {
    $env:KERNELDEBUG_EXPRESSIONS = '400'
    $seen.Verifier = try { $engine::OfFunctions() } catch { @{ Problem = "$_" } }
    '{0,6:F1} s random expressions' -f $clock.Elapsed.TotalSeconds
}

$seen.LinksLeft = @(Get-BpfLink).Count
$seen.ProgramsLeft = @(Get-BpfProgram).Count
$seen.ProcessId = $PID
$seen.Address = (Get-KernelSymbol at_structure).Address
$seen.Release = "$(uname -r)"
$seen | ConvertTo-Json -Depth 6 | Set-Content ./seen.json
