#!/bin/bash
# Measures what of a BPF program's events arrives, beside a loader in C of the same object and, where it can trace here, bpftrace: events of 64
# bytes made by system calls as fast as they go, so that every reader is overloaded. Medians of one run; root, and the kernel's BPF.
#
# Usage: tests/Benchmarks/bpf.sh
# Environment: RUNS (default 5), CALLS (default 50000: system calls of 64 events each, of a short run), PWSH (default pwsh).
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
pwsh=${PWSH:-pwsh}
[ -e Module/bin/KernelDebug.dll ] || die "nothing is built: ./build.sh build"
[ "$(id -u)" = 0 ] || die "needs root"
present gcc || die "needs gcc and libbpf-dev"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -Wall -o "$work/send" tests/Benchmarks/bpf/send.c
gcc -O2 -Wall -o "$work/load" tests/Benchmarks/bpf/load.c -lbpf
if [ -z "${ENGINE-}" ]; then
    dotnet build -c Release -v:q -nologo tests/Benchmarks/KernelDebug.Benchmarks >"$work/log" || { cat "$work/log" >&2; die "the benchmarks do not build"; }
    ENGINE=$(ls tests/Benchmarks/KernelDebug.Benchmarks/bin/Release/*/KernelDebug.Benchmarks)
fi
"$pwsh" -NoProfile -File tests/Benchmarks/bpf.ps1 -Folder "$work" -Engine "$(realpath "$ENGINE")" -Runs "${RUNS:-5}" -Calls "${CALLS:-50000}" >"$work/figures"

# bpftrace writes each event as a line, of about as many bytes; its own buffer drops what is too much, and it says how much.
lines() {
    for ((run = 0; run < ${RUNS:-5}; run++)); do
        rm -f "$work/go"
        mkfifo "$work/go"
        "$work/send" "${CALLS:-50000}"0 <"$work/go" >"$work/sent" &
        local sender=$!
        exec 3>"$work/go"
        bpftrace -B full -o "$work/lines" -e "tracepoint:raw_syscalls:sys_enter /pid == $sender && args->id == 121/ { printf(\"%llu %d %d %d %s %llx\\n\", nsecs, pid, tid, args->id, comm, args->args[0]); }" >/dev/null 2>&1 3>&- &
        local tracer=$!
        for ((i = 0; i < 100; i++)); do
            grep -qs Attaching "$work/lines" && break
            sleep 0.2
        done
        sleep 1
        echo >&3
        wait "$sender"
        kill -INT "$tracer"
        wait "$tracer" || true
        exec 3>&-
        awk 'NR == FNR { seconds = ($2 - $1) / 1e9; next } /^[0-9]/ { n++ } END { printf "%.2f\n", n / seconds }' "$work/sent" "$work/lines"
    done | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}
if present bpftrace && bpftrace -e 'tracepoint:raw_syscalls:sys_enter { exit(); }' >/dev/null 2>&1; then
    printf 'bpftrace\t%s\n' "$(lines)" >>"$work/figures"
else
    printf 'bpftrace\t0\n' >>"$work/figures"
fi
awk -F '\t' '
    { f[$1] = $2 }
    function row(what, value, unit, bound, ratio) { printf "%-62s %12.0f %-6s %-22s %s\n", what, value, unit, bound, ratio }
    END {
        row("the engine, each event an object of its type", f["engine"], "/s", "at least 1000000", sprintf("%.2f of the loader in C", f["engine"] / f["loader"]))
        row("a loader in C, each event copied", f["loader"], "/s", "", "")
        row("CPU time of an event in the engine, its start included", f["engine cpu"], "ns", "", sprintf("%.1f times that in C", f["engine cpu"] / f["loader cpu"]))
        row("Start-BpfTrace into a script block that counts", f["pipeline filter"], "/s", "at least 200000", "")
        row("Start-BpfTrace into a variable", f["pipeline variable"], "/s", "at least 200000", "")
        row("Start-BpfTrace into Measure-Object", f["pipeline measure"], "/s", "at least 200000", "")
        row("Start-BpfTrace into ForEach-Object, which reads a member", f["pipeline property"], "/s", "", "")
        if (f["bpftrace"] > 0) row("bpftrace, each event a line", f["bpftrace"], "/s", "", "")
        else print "left out: bpftrace, which is not here or does not trace system calls on this kernel"
        row("overloaded: received", f["account received"], "", "", "")
        row("  dropped by the small buffer", f["account reader"], "", "", "")
        row("  dropped by the full ring buffer", f["account program"], "", "", "")
        left = f["account sent"] - f["account received"] - f["account reader"] - f["account program"]
        row("  sent", f["account sent"], "", "unaccounted for: " left, "")
        printf "%-62s %12.1f ns     loader in C: %.1f ns, ratio %.3f\n", "a hit of a program of Start-BpfTrace", f["hit ours"], f["hit loader"], f["hit ratio"]
        exit left != 0
    }' "$work/figures"
