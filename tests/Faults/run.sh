#!/bin/bash
# Ends traces in every way, and looks whether anything of them stays in the kernel: kill -9 of PowerShell in the middle of a trace, Ctrl-C at its
# terminal, errors downstream, a full ring buffer. What a process holds is read from its descriptors (/proc/PID/fdinfo) before it is
# ended; all of it must be gone after. Root, and the kernel's BPF.
#
# Usage: tests/Faults/run.sh
# Environment: RUNS (default 100: of each), PWSH (default pwsh).
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
runs=${RUNS:-100} pwsh=${PWSH:-pwsh}
[ -e Module/bin/KernelDebug.dll ] || die "nothing is built: ./build.sh build"
[ "$(id -u)" = 0 ] || die "needs root"
present bpftool && present perl && present script || die "needs bpftool, perl and script (Debian: bpftool, perl-base, bsdutils)"
work=$(mktemp -d)
busy=
trap '[ -z "$busy" ] || kill "$busy" 2>/dev/null; rm -rf "$work"' EXIT
export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
perl -e 'for (;;) { syscall(121, 0); select(undef, undef, undef, 0.001) if ++$n % 500 == 0 }' &
busy=$!

# The programs, maps and links a process holds, as "prog 7".
held() { cat "/proc/$1/fdinfo/"* 2>/dev/null | sed -n 's/^\(prog\|map\|link\)_id:[[:space:]]*/\1 /p' | sort -u; }
all() { for kind in prog map link; do bpftool "$kind" show 2>/dev/null | sed -n "s/^\([0-9]*\): .*/$kind \1/p"; done | sort -u; }
everywhere() { for folder in /proc/[0-9]*; do held "${folder#/proc/}"; done | sort -u; }
# gone FILE: waits until nothing of a list is in the kernel; what stays is printed.
gone() {
    for ((try = 0; try < 50; try++)); do
        comm -12 "$1" <(all) >"$work/stays"
        [ -s "$work/stays" ] || return 0
        sleep 0.1
    done
    cat "$work/stays"
    return 1
}
# sign: waits until a trace says that events come.
sign() {
    for ((try = 0; try < 600; try++)); do
        [ ! -s "$work/sign" ] || return 0
        sleep 0.05
    done
    die "no event came within 30 seconds"
}

all >"$work/before"
failed=0
tell() { printf '%-45s %4d times, %d left something\n' "$1" "$2" "$3"; failed=$((failed + $3)); }

left=0
for ((run = 0; run < runs; run++)); do
    rm -f "$work/sign"
    "$pwsh" -NoProfile -File tests/Faults/trace.ps1 "$busy" "$work/sign" >/dev/null 2>&1 &
    tracer=$!
    sign
    held "$(cat "$work/sign")" >"$work/held"
    [ -s "$work/held" ] || die "the trace held nothing"
    sleep "0.0$((RANDOM % 10))"
    kill -9 "$(cat "$work/sign")"
    wait "$tracer" 2>/dev/null || true
    gone "$work/held" || left=$((left + 1))
done
tell 'kill -9 in the middle of a trace' "$runs" "$left"

# Ctrl-C as a user presses it: the terminal sends the signal. PowerShell goes on to its prompt, and must hold nothing while it is there.
left=0
for ((run = 0; run < runs; run++)); do
    rm -f "$work/sign" "$work/keys"
    mkfifo "$work/keys"
    # What runs in the background of a script ignores SIGINT, and so would PowerShell.
    TERM=dumb env --default-signal=INT script -qfec "$pwsh -NoProfile -NoExit -File tests/Faults/trace.ps1 $busy $work/sign" /dev/null <"$work/keys" >"$work/screen" 2>&1 &
    terminal=$!
    exec 3>"$work/keys"
    sign
    shell=$(cat "$work/sign")
    held "$shell" >"$work/held"
    [ -s "$work/held" ] || die "the trace held nothing"
    sleep "0.0$((RANDOM % 10))"
    printf '\003' >&3
    gone "$work/held" || left=$((left + 1))
    [ -e "/proc/$shell" ] || die "PowerShell ended at Ctrl-C: $(tail -n 3 "$work/screen")"
    exec 3>&-
    kill -9 "$shell"
    wait "$terminal" 2>/dev/null || true
done
tell 'Ctrl-C at the terminal' "$runs" "$left"

"$pwsh" -NoProfile -File tests/Faults/inside.ps1 "$busy" "$(((runs + 4) / 5))" >"$work/inside"
while IFS=$'\t' read -r what count left some; do
    tell "$what" "$count" "$left"
    [ "$left" = 0 ] || echo "    $some"
done <"$work/inside"
[ "$(wc -l <"$work/inside")" = 8 ] || die "the traces inside of PowerShell did not all end: $(cat "$work/inside")"

# Others may load programs meanwhile: what is new, and held by no process for seconds, is ours.
for ((try = 0; try < 20; try++)); do
    comm -13 "$work/before" <(all) | comm -23 - <(everywhere) >"$work/new"
    [ -s "$work/new" ] || break
    sleep 0.5
done
say "$(wc -l <"$work/before") programs, maps and links before, $(wc -l <"$work/new") new ones after that no process holds"
cat "$work/new"
[ "$failed" = 0 ] && [ ! -s "$work/new" ]
