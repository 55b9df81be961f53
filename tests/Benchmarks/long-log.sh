#!/bin/bash
# Measures Get-PanicTrace on a long serial log beside what can be hoped for: grep, which only counts, and Measure-Object, which only
# counts what Get-Content gives. Medians, page cache warm. Prints a table and the ratios.
#
# Usage: tests/Benchmarks/long-log.sh
# Environment: MEGABYTES (default 1000), REPORTS (default 1000), RUNS (default 5), CONTENT_MEGABYTES (default 50: Get-Content is slow),
#   PWSH (default pwsh).
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
megabytes=${MEGABYTES:-1000} reports=${REPORTS:-1000} runs=${RUNS:-5} content=${CONTENT_MEGABYTES:-50} pwsh=${PWSH:-pwsh}
[ -e Module/bin/KernelDebug.dll ] || die "nothing is built: ./build.sh build"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Logs with one report each: a thousand of them are a thousand reports.
one=()
for log in tests/Fixtures/logs/debian-6.1.0-56/*/oops.log; do
    [ "$(grep -c 'Call Trace' "$log")" -ne 1 ] || one+=("$log")
done
say "writing logs of $megabytes and $content MB"
perl tests/Benchmarks/make-long-log.pl "$megabytes" "$reports" "${one[@]}" >"$work/long.log"
perl tests/Benchmarks/make-long-log.pl "$content" "$((reports * content / megabytes))" "${one[@]}" >"$work/short.log"
median() { sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# Wall time, and processor time, which other work on the machine disturbs less.
# Not to /dev/null: there grep stops at the first match.
grep -c 'Call Trace' "$work/long.log" >"$work/count"
for ((i = 0; i < runs; i++)); do
    /usr/bin/time -f '%e %U %S' -a -o "$work/grep" grep -c 'Call Trace' "$work/long.log" >"$work/count"
done
grep_ms=$(awk '{ print $1 * 1000 }' "$work/grep" | median)
grep_cpu=$(awk '{ print ($2 + $3) * 1000 }' "$work/grep" | median)

cat >"$work/run.ps1" <<'PS'
param([string] $Module, [string] $Log, [string] $Short, [int] $Runs)
Import-Module $Module
$process = Get-Process -Id $PID
function Measure-Run([scriptblock] $Run) {
    $process.Refresh()
    $cpu = $process.TotalProcessorTime.TotalMilliseconds
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $first = & $Run $watch
    $process.Refresh()
    '{0} {1} {2}' -f $watch.ElapsedMilliseconds, [int] ($process.TotalProcessorTime.TotalMilliseconds - $cpu), $first
}
foreach ($i in 1..$Runs) {
    'path ' + (Measure-Run { param($watch) $first = 0; Get-PanicTrace -Path $Log | ForEach-Object { if (-not $first) { $first = $watch.ElapsedMilliseconds } }; $first })
}
"memory $([int] ($process.PeakWorkingSet64 / 1MB))"
foreach ($i in 1..$Runs) {
    'count ' + (Measure-Run { $null = Get-Content $Short | Measure-Object -Line; 0 })
    'content ' + (Measure-Run { $null = Get-Content $Short | Get-PanicTrace; 0 })
}
PS
"$pwsh" -NoProfile -File "$work/run.ps1" "$PWD/KernelDebug.psd1" "$work/long.log" "$work/short.log" "$runs" >"$work/ours"
of() { awk -v row="$1" -v column="$2" '$1 == row { print $column }' "$work/ours" | median; }
cold=$(awk '$1 == "path" { print $2; exit }' "$work/ours")
printf '\n%s MB, %s reports, %s runs, load %s\n' "$megabytes" "$reports" "$runs" "$(cut -d' ' -f1 /proc/loadavg)"
printf '  %-46s %10s %12s\n' '' 'median' 'processor'
printf '  %-46s %7s ms %9s ms\n' "grep -c 'Call Trace'" "$grep_ms" "$grep_cpu"
printf '  %-46s %7s ms %9s ms  %s times grep; the first run %s ms\n' "Get-PanicTrace -Path" "$(of path 2)" "$(of path 3)" "$(ratio "$(of path 2)" "$grep_ms")" "$cold"
printf '  %-46s %7s ms\n' "    its first report" "$(of path 4)"
printf '  %-46s %7s MB\n' "    peak memory, PowerShell included" "$(of memory 2)"
printf '  %-46s %7s ms %9s ms\n' "Get-Content | Measure-Object -Line, $content MB" "$(of count 2)" "$(of count 3)"
printf '  %-46s %7s ms %9s ms  %s times\n' "Get-Content | Get-PanicTrace, $content MB" "$(of content 2)" "$(of content 3)" "$(ratio "$(of content 3)" "$(of count 3)")"
