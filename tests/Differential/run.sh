#!/bin/sh
# Compares the engine with llvm-symbolizer, addr2line and eu-addr2line on a real kernel (Debian: linux-image-RELEASE-dbg, llvm,
# binutils, elfutils). VMLINUX and MODULES default to where Debian's package puts those of the running release.
#   tests/Differential/run.sh [VMLINUX [MODULES]]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
release=$(uname -r)
vmlinux=${1:-/usr/lib/debug/boot/vmlinux-$release}
modules=${2:-/usr/lib/debug/lib/modules/$release}
[ -f "$vmlinux" ] || { echo "no vmlinux at $vmlinux: apt-get install linux-image-$release-dbg, or name one" >&2; exit 2; }
dotnet build -c Release -v q -m:1 "$here" >/dev/null
run() { "$here/bin/Release/net10.0/KernelDebug.Differential" "$@"; }
status=0
run vmlinux "$vmlinux" "${ADDRESSES:-10000}" "${SEED:-1}" || status=$?
[ ! -d "$modules" ] || run modules "$modules" "${MODULE_ADDRESSES:-2000}" "${SEED:-1}" || status=$?
run bundle "$vmlinux" "${ADDRESSES:-10000}" "${SEED:-1}" "$modules" "${MODULE_ADDRESSES:-1000}" || status=$?
exit $status
