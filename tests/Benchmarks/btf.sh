#!/bin/bash
# Measures the types of a kernel beside bpftool and pahole, and what a warm PowerShell needs of them: the same BTF, one run, page cache
# warm, medians. Prints "what, ours, theirs, ratio", and for what has no counterpart the bound it is held to.
#
# Usage: tests/Benchmarks/btf.sh [VMLINUX]      (default the running kernel's types)
# Environment: RUNS (default 11), PWSH (default pwsh).
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
types=${1:-/sys/kernel/btf/vmlinux} runs=${RUNS:-11} pwsh=${PWSH:-pwsh}
[ -e Module/bin/KernelDebug.dll ] || die "nothing is built: ./build.sh build"
present bpftool && present pahole || die "needs bpftool and pahole (Debian: bpftool, dwarves)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
median() { sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
# timed COMMAND...: milliseconds of each run.
timed() {
    "$@" >"$work/out" 2>/dev/null
    for ((i = 0; i < runs; i++)); do
        from=$EPOCHREALTIME
        "$@" >"$work/out" 2>/dev/null
        awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", (b - a) * 1000 }'
    done
}
row() { awk -v what="$1" -v ours="$2" -v theirs="$3" -v tool="$4" 'BEGIN { printf "%-58s %9.2f ms  %9.2f ms %-8s %6.2f\n", what, ours, theirs, tool, ours / theirs }'; }

# Ours first, then theirs, so that the page cache favours nobody.
"$pwsh" -NoProfile -File tests/Benchmarks/btf.ps1 -Types "$types" -Runs "$runs" >"$work/ours"
dotnet run -c Release --project tests/Benchmarks/KernelDebug.Benchmarks -- btf "$types" "$runs" >>"$work/ours"
ours() { awk -F '\t' -v figure="$1" '$1 == figure { print $2 }' "$work/ours"; }
header=$(timed bpftool btf dump file "$types" format c | median)
layouts=$(timed pahole -F btf "$types" | median)
printf '%-58s %12s  %12s %-8s %6s\n' "$types" ours theirs '' ratio
row 'the whole header, in a process that is warm' "$(ours header)" "$header" bpftool
row 'Export-BtfHeader, and a PowerShell to start' "$(timed "$pwsh" -NoProfile -Command "Import-Module ./KernelDebug.psd1; \$null = Export-BtfHeader '$work/x.h' -InputPath '$types' -Force" | median)" "$header" bpftool
row 'the layout of every structure and union' "$(ours layouts)" "$layouts" pahole
row 'the text of those with a name, which pahole writes' "$(ours texts)" "$layouts" pahole
row 'the index of all types, in a process that is warm' "$(ours index)" 20 'bound'
row "a structure by name, after that" "$(ours structure)" 1 'bound'
row 'Get-BtfType sk_buff, the first time in a warm PowerShell' "$(ours first)" 50 'bound'
row 'completion of names of types, the first time' "$(ours completion)" 100 'bound'
row 'completion of names of functions, after that' "$(ours functions)" 100 'bound'
awk -F '\t' '$1 == "memory" { printf "%-58s %9.2f MB  %9.2f MB bound    %6.2f\n", "memory of the index", $2, 20, $2 / 20 }' "$work/ours"
