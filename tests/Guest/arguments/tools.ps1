# What tests of traced functions have in common, dot-sourced: it fills $seen, and says on the way how long that took by $clock.

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
            if ($trace.Attachments.Count -gt 2) { $values.Function = $_.GetEventName() }
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

# What one write is counted as, or the trees of its calls: each as a line.
function Test-Count([string] $Name, [hashtable] $With, [string[]] $Function, [scriptblock] $Line) {
    $trace = Start-BpfTrace $Function @With -AsSession -WarningAction SilentlyContinue
    [IO.File]::WriteAllText('/proc/arguments', 'x')
    $null = Stop-BpfTrace $trace -Keep
    $script:seen["count $Name"] = @(Receive-BpfTrace $trace | ForEach-Object $Line | Sort-Object -CaseSensitive)
    Stop-BpfTrace $trace
    '{0,6:F1} s counted {1}: {2}' -f $clock.Elapsed.TotalSeconds, $Name, $script:seen["count $Name"].Count
}
# A link of probes is of several functions.
function Get-TracedCount($Trace) { @($Trace.Attachments | ForEach-Object { $_.Target -match '/(\d+) functions$' ? [int]$Matches[1] : 1 } | Measure-Object -Sum).Sum }
$count = { "$($_.GetCount()) $($_.GetEventName()) $_" }
$histogram = { "$($_.Name): $($_.Count), $($_.Sum), $($_.UnreadCount): $(@($_.Histogram | Where-Object Count | ForEach-Object { "$($_.Start)-$($_.End) $($_.Count)" }) -join ', ')" }
$shape = { function Get-Shape($Call) { $Call.Calls.Count ? "$($Call.Function)($(@($Call.Calls | ForEach-Object { Get-Shape $_ }) -join ' '))" : $Call.Function }; "$(Get-Shape $_) $($_.IsOutermost)" }

# The class of tests of the engine that need what only some kernels have, where it is built: it is called here, with the engine that is loaded, since
# a program of tests takes minutes to start where qemu emulates.
function Get-EngineTest([string] $Repository) {
    $tests = "$Repository/tests/KernelDebug.Tests/bin/Release/net10.0/KernelDebug.Tests.dll"
    if (Test-Path $tests) { [Reflection.Assembly]::LoadFrom($tests).GetType('KernelDebug.Tests.Tracing.FunctionTraceTests') }
}
