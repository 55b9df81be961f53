#!/bin/sh
# guest: a real kernel in qemu, made to crash, its log decoded; then, where no case is named or --live is, this PowerShell and this module in it.
set -eu
sh eng/build.sh
. eng/common.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
live= named=
for argument; do
    shift
    case $argument in
    --live) live=yes && continue ;;
    --questions) live=yes && export GUEST_QUESTIONS=yes && continue ;;
    -*) ;;
    *) named=yes ;;
    esac
    set -- "$@" "$argument"
done
{
    rc=0
    bash tests/Guest/run.sh "$@" || rc=$?
    echo "$rc" >"$work/rc"
} | tee "$work/log"
rc=$(cat "$work/rc")
[ -n "$live" ] || [ -z "$named" ] || exit "$rc"
sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$work/log" >"$work/counts"
[ -s "$work/counts" ] || exit "$rc"
read -r passed failed skipped <"$work/counts"

find_pwsh "the tests in the guest"
# What runs in the guest is this machine's: the compiler of the programs, and bpftool, tc and bpftrace, which are asked beside the module.
clang=$(ls /usr/bin/clang-[0-9]* 2>/dev/null | head -n 1)
(need "clang:${clang:-clang}" gcc:cc libbpf-dev:/usr/include/bpf/bpf_helpers.h libbpf1:libbpf.so.1 bpftool:bpftool iproute2:tc ${GUEST_QUESTIONS:+bpftrace:bpftrace}) || true
files=$(ls tests/Guest/*.Tests.ps1)
# Two files at a time take less than one after another; what each prints comes when it is done.
if [ -n "$PWSH" ]; then
    # shellcheck disable=SC2016,SC2086 # the inner shell's variables; file names without blanks
    printf '%s\n' $files | KERNELDEBUG_PWSH=$PWSH WORK=$work xargs -P 2 -n 1 sh -c '
        . eng/common.sh
        find_pwsh
        out=$WORK/${1##*/}
        if pester "$1" "$out.results" >"$out.log" 2>&1; then counts="$p $f $s"; else counts=none; fi
        echo "$counts" >"$out.counts"
        cat "$out.log"' sh || true
fi
for file in $files; do
    # One whose run broke off has left nothing, and has failed.
    counts='0 1 0'
    [ -n "$PWSH" ] || counts=none
    [ ! -s "$work/${file##*/}.counts" ] || counts=$(cat "$work/${file##*/}.counts")
    if [ "$counts" = none ]; then
        say "left out: $file (no pwsh, or no Pester 5)"
        counts='0 0 1'
    fi
    # shellcheck disable=SC2086 # three numbers
    set -- $counts
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
