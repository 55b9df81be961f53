# The figures of fentry.sh; runs in the guest, in the shared folder.
param([string] $Repository, [int] $Runs, [int] $Calls)
$ErrorActionPreference = 'Stop'
Import-Module "$Repository/KernelDebug.psd1"
. "$Repository/tests/Benchmarks/bpf/tools.ps1"
$object = "$PWD/fentry.bpf.o"
[IO.File]::WriteAllText('/proc/sys/kernel/bpf_stats_enabled', '1')

# Nanoseconds of a hit of both, attached to the same function at once: what disturbs the one disturbs the other.
function Measure-Both([int] $Burst, [bool] $OursIsFirst) {
    $maker = Start-Tool ./send $Calls
    $wanted = @{ Path = $object; Global = @{ wanted_pid = $maker.Id; burst = $Burst }; AsSession = $true }
    $session = $OursIsFirst ? (Start-BpfTrace @wanted) : $null
    $loader = Start-Tool ./load ($object, $maker.Id, $Burst)
    $null = $loader.StandardOutput.ReadLine()
    $session ??= Start-BpfTrace @wanted
    Resume-Tool $maker
    $maker.WaitForExit()
    $program = Get-BpfProgram send | Where-Object { $_.Owners.ProcessId -contains $PID }
    Stop-BpfTrace $session -WarningAction SilentlyContinue
    $line = [long[]](-split $loader.StandardOutput.ReadLine())
    $loader.WaitForExit()
    if ($program.RunCount -lt $Calls -or $line[5] -lt $Calls) { throw "$($program.RunCount) and $($line[5]) hits of $Calls calls" }
    $program.RunTime.TotalNanoseconds / $program.RunCount
    $line[4] / $line[5]
}

# The kernel calls them in the order they were attached in, and the first takes longer: each is first once.
function Measure-Pair([int] $Burst) {
    $ours, $theirs = Measure-Both $Burst $true
    $more = Measure-Both $Burst $false
    [pscustomobject]@{ Ours = ($ours + $more[0]) / 2; Theirs = ($theirs + $more[1]) / 2; Ratio = ($ours + $more[0]) / ($theirs + $more[1]) }
}

# The value below which such a part of all lies.
function Get-Quantile([double[]] $Values, [double] $Part) { ($Values | Sort-Object)[[int][Math]::Round($Part * ($Values.Count - 1))] }

foreach ($burst in 0, 1) {
    $pairs = for ($i = 0; $i -lt $Runs; $i++) { Measure-Pair $burst }
    '{0,-26} {1,6:F0} ns, of the loader in C {2,6:F0} ns; ratio {3:F3}, half of {4} pairs from {5:F3} to {6:F3}, all from {7:F3} to {8:F3}' -f (
        ($burst ? 'a hit that sends an event' : 'a hit that counts'), (Get-Quantile $pairs.Ours 0.5), (Get-Quantile $pairs.Theirs 0.5), (Get-Quantile $pairs.Ratio 0.5), $Runs,
        (Get-Quantile $pairs.Ratio 0.25), (Get-Quantile $pairs.Ratio 0.75), (Get-Quantile $pairs.Ratio 0), (Get-Quantile $pairs.Ratio 1))
}
