#!/bin/sh
# test: xunit, and Pester where it is found. The last line printed is "N passed, N failed, N skipped".
set -eu
sh eng/build.sh
. eng/common.sh
# The disassembly is held against objdump, downloads against elfutils' own server and client, BPF against bpftool.
need binutils:objdump debuginfod:debuginfod bpftool:bpftool libbpf1:libbpf.so.1
results=out/test-results
rm -rf "$results"
mkdir -p "$results"
passed=0 failed=0 skipped=0

say "xunit"
rc=0
dotnet test tests/KernelDebug.Tests -c Release -v:q -nologo --results-directory "$results" --logger "trx;LogFileName=xunit.trx" || rc=$?
# counter NAME: from the summary of the .trx file; a run that broke off has none.
counter() { sed -n "s/.*<Counters.* $1=\"\([0-9]*\)\".*/\1/p" "$results/xunit.trx" 2>/dev/null | head -n 1; }
total=$(counter total) executed=$(counter executed) passed=$(counter passed)
total=${total:-0} executed=${executed:-0} passed=${passed:-0}
failed=$((executed - passed))
skipped=$((total - executed))
# A run that broke off outside a test failed as well.
[ "$rc" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1

# skip_pester REASON: each file of tests counts as one skip.
skip_pester() {
    say "left out: tests/Pester ($1)"
    skipped=$((skipped + $(find tests/Pester -name '*.Tests.ps1' | wc -l)))
}
if [ -d tests/Pester ]; then
    find_pwsh "the Pester tests"
    if [ -z "$PWSH" ]; then
        skip_pester "no pwsh"
    else
        say "Pester"
        if pester tests/Pester "$results/pester.txt"; then
            passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
        else
            skip_pester "no Pester 5"
        fi
    fi
fi

[ $((passed + failed)) -gt 0 ] || failed=1
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
