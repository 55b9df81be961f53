#!/bin/bash
# Measures Start-BpfTrace FUNCTION beside bpftrace, and beside a program written in C, on Debian's kernel in qemu: how long until the first event,
# what a hit takes by the kernel's own count, how many events arrive of more than can be taken, and how long many functions take to attach. An
# emulated processor is slow and noisy: what counts are ratios.
#
# Usage: tests/Benchmarks/beside-bpftrace.sh [first] [hit] [rate] [attach]      (the first three where none is named)
# Environment: RUNS (default 5), CALLS (default 20000: hits of a run), KERNELDEBUG_PWSH (the PowerShell), and that of tests/Guest/live.sh.
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
[ -e Module/bin/KernelDebug.dll ] || die "nothing is built: ./build.sh build"
present gcc || die "needs gcc and libbpf-dev"
present bpftrace || die "needs bpftrace"
clang=$(command -v clang || ls /usr/bin/clang-[0-9]* 2>/dev/null | head -n 1)
[ -n "$clang" ] || die "needs clang"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -Wall -o "$work/write" tests/Benchmarks/bpf/write.c
"$clang" -g -O2 -Wall -target bpf -D__TARGET_ARCH_x86 -idirafter "/usr/include/$(uname -m)-linux-gnu" -c tests/Benchmarks/bpf/write.bpf.c -o "$work/write.bpf.o"
rc=0
GUEST_QUESTIONS=yes bash tests/Guest/live.sh "$work" tests/Benchmarks/beside-bpftrace.ps1 -Repository "$PWD" -Runs "${RUNS:-5}" -Calls "${CALLS:-20000}" -What "$*" || rc=$?
cat "$work/output"
exit "$rc"
