#!/bin/bash
# Measures what a hit of an fentry program takes on Debian's kernel in qemu, by the kernel's own count: attached by Start-BpfTrace and by a
# loader in C of the same object, to the same function at once. An emulated processor is noisy: what counts is the ratio of a pair, and how
# the ratios spread.
#
# Usage: tests/Benchmarks/fentry.sh
# Environment: RUNS (default 20: pairs), CALLS (default 50000: hits of a run), and that of tests/Guest/live.sh.
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
[ -e Module/bin/KernelDebug.dll ] || die "nothing is built: ./build.sh build"
present gcc || die "needs gcc and libbpf-dev"
clang=$(command -v clang || ls /usr/bin/clang-[0-9]* 2>/dev/null | head -n 1)
[ -n "$clang" ] || die "needs clang"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -Wall -o "$work/send" tests/Benchmarks/bpf/send.c
gcc -O2 -Wall -o "$work/load" tests/Benchmarks/bpf/load.c -lbpf
"$clang" -g -O2 -Wall -target bpf -D__TARGET_ARCH_x86 -idirafter "/usr/include/$(uname -m)-linux-gnu" -c tests/Benchmarks/bpf/fentry.bpf.c -o "$work/fentry.bpf.o"
rc=0
bash tests/Guest/live.sh "$work" tests/Benchmarks/fentry.ps1 -Repository "$PWD" -Runs "${RUNS:-20}" -Calls "${CALLS:-50000}" || rc=$?
cat "$work/output"
exit "$rc"
