# Runs in the guest, in the shared folder: puts the questions of questions/table.ps1 to Start-BpfTrace and to bpftrace at once, about the same
# calls. What both saw is left in seen.json, for Questions.Tests.ps1.
param([string] $Repository, [int[]] $Group)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
. "$Repository/tests/Benchmarks/bpf/tools.ps1"
$env:BPFTRACE_STRLEN = '120'
$clock = [Diagnostics.Stopwatch]::StartNew()
$questions = @(& "$Repository/tests/Guest/questions/table.ps1")
$seen = [ordered]@{ Release = "$(uname -r)"; Bpftrace = "$(bpftrace --version)"; Questions = [ordered]@{}; Groups = [ordered]@{} }
$null = ConvertTo-Btf ./arguments.ko
& insmod ./arguments.ko

# The stimulus has a control group of its own, and a folder in memory.
$control = '/tmp/cgroup/questions'
$null = New-Item -ItemType Directory /tmp/cgroup, /tmp/calls
& mount -t cgroup2 none /tmp/cgroup
$null = New-Item -ItemType Directory $control
[Environment]::CurrentDirectory = '/tmp/calls'
$stimulus = Start-Tool /tmp/share/stimulus @()
[Environment]::CurrentDirectory = $PWD
$null = $stimulus.StandardOutput.ReadLine()
[IO.File]::WriteAllText("$control/cgroup.procs", "$($stimulus.Id)")

function Get-Text($Value) {
    if ($null -eq $Value) { return $null }
    if ($Value -is [bool]) { return $Value ? '1' : '0' }
    if ($Value -is [KernelDebug.Btf.BtfEnumNumber]) { return "$($Value.Value)" }
    if ($Value -is [KernelDebug.Tracing.TraceStack]) { return @($Value | ForEach-Object { "$($_.Symbol)+$($_.Offset)" }) -join ' ' }
    "$Value"
}

# What bpftrace wrote: an event is a line with the question's number before it, and a stack's lines after it.
function Read-Line([string] $Path) {
    $number = $null
    foreach ($line in Get-Content $Path) {
        if ($line -match '^q(\d+)\t(.*)$') {
            if ($null -ne $number) { @{ Number = $number; Text = $text } }
            $number, $text = [int]$Matches[1], $Matches[2].TrimEnd()
        } elseif ($null -ne $number -and $line.Trim()) {
            $text = "$text $($line.Trim())".Trim()
        }
    }
    if ($null -ne $number) { @{ Number = $number; Text = $text } }
}

foreach ($set in $questions | Group-Object { $_.Group } | Where-Object { -not $Group -or [int]$_.Name -in $Group }) {
    $program = [Text.StringBuilder]::new((Get-Content "$Repository/tests/Guest/questions/structure.bt" -Raw))
    $null = $program.AppendLine('BEGIN { printf("attached\n"); }')
    foreach ($question in $set.Group) {
        $number = [array]::IndexOf($questions, $question)
        $where = @($question.Anyone ? $null : "pid == $($stimulus.Id)"; $question.Where) -ne $null -join ' && '
        $null = $program.AppendLine("$($question.Probe) / $where / { printf(""q$number\t$($question.Format)\n"", $($question.Values)); }".Replace('CGROUP', $control))
    }
    $name = "bpftrace$($set.Name)"
    Set-Content "./$name.bt" $program
    Remove-Item "./$name.out" -ErrorAction Ignore
    $began = $clock.Elapsed
    $theirs = Start-Tool /bin/sh ('-c', "exec bpftrace -B line ./$name.bt >./$name.out 2>./$name.errors")
    $traces = @(foreach ($question in $set.Group) {
        $ours = $question.Ours.Clone()
        if ($ours.Cgroup) { $ours.Cgroup = $control }
        if (-not $question.Anyone) { $ours.ProcessId = $stimulus.Id }
        $failed = $null
        @{ Question = $question; Trace = Start-BpfTrace @ours -AsSession -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue; Failed = $failed }
    })
    $attached = $clock.Elapsed
    # bpftrace reads what its programs send, its own BEGIN first, once all of them are attached.
    while (-not $theirs.HasExited -and $clock.Elapsed - $began -lt [timespan]::FromMinutes(2) -and -not (Select-String -Quiet '^attached' "./$name.out" -ErrorAction Ignore)) { Start-Sleep -Milliseconds 200 }
    $seen.Groups[$set.Name] = @{ Ours = ($attached - $began).TotalSeconds; Theirs = ($clock.Elapsed - $began).TotalSeconds }
    Resume-Tool $stimulus
    $null = $stimulus.StandardOutput.ReadLine()
    Start-Sleep 2
    if (-not $theirs.HasExited) { & kill -INT $theirs.Id; $theirs.WaitForExit() }
    $lines = Read-Line "./$name.out" | Group-Object { $_.Number } -AsHashTable
    $errors = "$(Get-Content "./$name.errors" -Raw)".Trim()
    foreach ($one in $traces) {
        $question = $one.Question
        $number = [array]::IndexOf($questions, $question)
        $columns = $question.Columns ?? $question.Ours.Property
        $events = @(if ($one.Trace) {
            $null = Stop-BpfTrace $one.Trace -Keep -WarningAction SilentlyContinue
            Receive-BpfTrace $one.Trace
        })
        $seen.Questions[$question.Name] = @{
            Ours = @($events | ForEach-Object { $event = $_; , @($columns | ForEach-Object { Get-Text $event.PSObject.Properties[$_].Value }) })
            Names = @($events | ForEach-Object { $_.GetMembers().Value } | Where-Object { $_ -is [KernelDebug.Btf.BtfEnumNumber] } | ForEach-Object { "$_" })
            Errors = @($events | ForEach-Object { $_.PSObject.Properties['Error'].Value })
            Theirs = @(if ($lines -and $lines.ContainsKey($number)) { $lines[$number] | ForEach-Object { $_.Text } })
            Attachments = @($one.Trace.Attachments | ForEach-Object ToString); Drops = $one.Trace.Drops.Total; Failure = "$($one.Failed)"; TheirErrors = $errors
        }
        if ($one.Trace) { Stop-BpfTrace $one.Trace -WarningAction SilentlyContinue }
        $result = $seen.Questions[$question.Name]
        '{0,6:F1} s {1}: {2} and {3} events' -f $clock.Elapsed.TotalSeconds, $question.Name, $result.Ours.Count, $result.Theirs.Count
    }
}

$stimulus.StandardInput.Close()
$stimulus.WaitForExit()
$seen.LinksLeft = @(Get-BpfLink).Count
$seen.ProgramsLeft = @(Get-BpfProgram).Count
$seen | ConvertTo-Json -Depth 6 | Set-Content ./seen.json
