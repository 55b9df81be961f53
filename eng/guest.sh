#!/bin/sh
# guest: a real kernel in qemu, made to crash, its log decoded; then, where no case is named, this PowerShell and this module in it.
set -eu
sh eng/build.sh
. eng/common.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
    rc=0
    bash tests/Guest/run.sh "$@" || rc=$?
    echo "$rc" >"$work/rc"
} | tee "$work/log"
rc=$(cat "$work/rc")
for argument; do
    case $argument in -*) ;; *) exit "$rc" ;; esac
done
sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$work/log" >"$work/counts"
[ -s "$work/counts" ] || exit "$rc"
read -r passed failed skipped <"$work/counts"

find_pwsh "the tests in the guest"
if [ -n "$PWSH" ] && pester tests/Guest "$work/pester"; then
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
else
    say "left out: tests/Guest/*.Tests.ps1 (no pwsh, or no Pester 5)"
    skipped=$((skipped + $(find tests/Guest -name '*.Tests.ps1' | wc -l)))
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
