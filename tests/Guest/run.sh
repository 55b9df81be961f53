#!/bin/bash
# Boots Debian's packaged kernel in qemu, loads the sample module built for it, makes it crash, and checks that kdecode finds
# in the serial log the line that crashed: against what the kernel itself printed, and against the source of the module.
#
# Usage: tests/Guest/run.sh [--no-vmlinux] [CASE ...]      (cases: the first column of faults.tsv; all where none is named)
#
# KVM where it works, else emulation (some 15 s a boot). The kernel is fetched once into ${XDG_CACHE_HOME:-~/.cache}/kerneldebug-guest,
# with its debug information unless --no-vmlinux says to go without. The logs, what was made of them and the module are left in out/guest.
# Environment: KDECODE (the program to test), GUEST_SAMPLE (the module's source), GUEST_TIMEOUT (seconds a boot, default 240).
# The last line printed is "N passed, N failed, N skipped".
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
cd "$here/../.."
. eng/common.sh
. "$here/kernel.sh"
. "$here/check.sh"

want_vmlinux=yes cases=
for argument; do
    case $argument in
    --no-vmlinux) want_vmlinux= ;;
    -*) die "unknown option $argument (see the head of tests/Guest/run.sh)" ;;
    *)
        cut -f 1 "$here/faults.tsv" | grep -qxF -- "$argument" || die "no case $argument in tests/Guest/faults.tsv"
        cases="$cases $argument"
        ;;
    esac
done
[ -n "$cases" ] || cases=$(grep -v '^#' "$here/faults.tsv" | cut -f 1 | uniq)

kdecode=${KDECODE:-out/kdecode/kdecode}
sample=${GUEST_SAMPLE:-samples/gtpsim/src}
timeout=${GUEST_TIMEOUT:-240}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kerneldebug-guest
logs=out/guest
passed=0 failed=0 skipped=0

finish() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}
skip_all() {
    say "left out: the guest ($1)"
    # shellcheck disable=SC2086 # cases hold no blanks
    for name in $cases; do skipped=$((skipped + $(rows "$name" | wc -l))); done
    finish
}

mkdir -p "$cache" "$logs"
work=$(mktemp -d "$cache/run.XXXXXX")
qemu=
# timeout(1) passes the signal on to the qemu it runs; the folder goes on any way out.
trap '[ -z "$qemu" ] || { kill "$qemu"; wait "$qemu"; } 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(uname -m)" = x86_64 ] || skip_all "the cases are written for x86-64"
present apt-get || skip_all "it boots Debian's kernel and needs apt to fetch it"
(need qemu-system-x86:qemu-system-x86_64 busybox-static:busybox) || skip_all "no qemu or busybox"
kernel_files || skip_all "the kernel's package could not be fetched"
(need "linux-headers-$release:/usr/src/linux-headers-$release/Makefile" make:make) || skip_all "no headers of $release to build the module with"
vmlinux=
[ -z "$want_vmlinux" ] || kernel_vmlinux
sample_module || die "the sample module does not build for $release"
cp "$work/module/gtpsim.ko" "$logs/"
initrd
accel=$(acceleration)
say "kernel $release ($version), ${vmlinux:-no vmlinux}, qemu $accel"

for name in $cases; do
    serial=$logs/$name.serial.log decoded=$logs/$name.decoded.txt
    rm -f "$serial" "$decoded"
    fire=$(rows "$name" | head -n 1 | cut -f 2)
    started=$SECONDS
    boot "${fire/ /,}" "$serial" || say "$name: qemu ended with $? ($(tail -n 1 "$work/qemu.log"))"
    "$kdecode" "$vmlinux" auto "$work/module" <"$serial" >"$decoded" || say "$name: kdecode ended with $?"
    while IFS= read -r row; do
        check "$row" "$serial" "$decoded"
    done < <(rows "$name")
    say "$name: $((SECONDS - started)) s"
done
finish
