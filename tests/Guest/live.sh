#!/bin/bash
# Boots Debian's packaged kernel in qemu with this machine's root file system, read-only, and runs a script of PowerShell in it, as
# root: the PowerShell and the module are this machine's, the kernel is the guest's.
#
# Usage: tests/Guest/live.sh FOLDER SCRIPT [ARGUMENT ...]
#
# FOLDER is shared: in the guest it is /tmp/share, and the script runs there with the arguments. gtpsim.ko, the sample module built for the
# guest's kernel without BTF, and the modules it needs are put into it. What the script prints is left in FOLDER/output, the console in
# FOLDER/serial.log. Exit codes: the script's; 3 where the guest cannot be had here (a line says why); 125 where it died.
# Environment: as run.sh's, GUEST_SAMPLE=FOLDER: build the modules there in place of gtpsim; GUEST_MODULES="NAME ...": more modules to put into FOLDER; GUEST_FIRE="WHERE MODE": no script is run, the sample
# module faults so, and the console is all there is.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
cd "$here/../.."
. eng/common.sh
. "$here/kernel.sh"

share=$(cd -- "$1" && pwd)
script=${2-}
[ $# -lt 2 ] || shift 2
sample=${GUEST_SAMPLE:-samples/gtpsim/src}
timeout=${GUEST_TIMEOUT:-600}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kerneldebug-guest

skip() {
    say "left out: the guest ($1)"
    exit 3
}

mkdir -p "$cache"
work=$(mktemp -d "$cache/run.XXXXXX")
qemu=
trap '[ -z "$qemu" ] || { kill "$qemu"; wait "$qemu"; } 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(uname -m)" = x86_64 ] || skip "it is written for x86-64"
present apt-get || skip "it boots Debian's kernel and needs apt to fetch it"
(need qemu-system-x86:qemu-system-x86_64 busybox-static:busybox kmod:modprobe xz-utils:xz) || skip "no qemu, busybox or kmod"
kernel_files || skip "the kernel's package could not be fetched"
(need "linux-headers-$release:/usr/src/linux-headers-$release/Makefile" make:make) || skip "no headers of $release to build the module with"
vmlinux=
sample_module || die "the sample module does not build for $release"
accel=$(acceleration)
echo "$release" >"$share/release"
# Headers from 6.12 on have what the kernel's build gives a module BTF with.
for built in "$work"/module/*.ko; do
    objcopy -R .BTF -R .BTF.base "$built" "$share/${built##*/}"
done
for module in udp_tunnel ${GUEST_MODULES-}; do
    kernel_module "$module" "$share"
done

if [ -n "${GUEST_FIRE-}" ]; then
    initrd
    boot "${GUEST_FIRE/ /,}" "$share/serial.log" || say "qemu ended with $? ($(tail -n 1 "$work/qemu.log"))"
    exit 0
fi

find_pwsh "the guest"
[ -n "$PWSH" ] || exit 3
# Where it is a tool of .NET's, the tool's command would look for the repository's list of tools from the guest's folder.
# shellcheck disable=SC2016,SC2086 # PowerShell's variables; PWSH is a command line
powershell=$($PWSH -NoProfile -NonInteractive -Command '$program = [Environment]::ProcessPath
    (Split-Path -Leaf $program) -eq "dotnet" ? "$program $([Environment]::GetCommandLineArgs()[0])" : $program')
{
    # Emulated, the runtime's compiler is what takes the time: it maps what it compiles once, and compiles nothing a second time, better. Where
    # times are compared with another program's it is as users have it.
    [ -n "${GUEST_QUESTIONS-}" ] || echo 'export DOTNET_EnableWriteXorExecute=0 DOTNET_TC_CallCounting=0'
    printf 'cd /tmp/share\nexec %s -NoProfile -NonInteractive -File' "$powershell"
    printf " '%s'" "$(realpath "$script")" "$@"
    echo
} >"$share/commands"
live_initrd
rm -f "$share/status" "$share/output"
live_boot "$share" || say "qemu ended with $? ($(tail -n 1 "$work/qemu.log"))"
exit "$(cat "$share/status" 2>/dev/null || echo 125)"
