#!/bin/sh
# Builds memberfault.ko.zst from ../../Guest/memberfault with Debian 12's linux-headers-6.1.0-56-amd64 (gcc-12, in /usr/src/memberfault, so
# that no other path is in its debug information), and what two other tools say of it: pahole's layout of its structures and
# llvm-dwarfdump-14's places of its variables. The logs are the serial console of a guest in which each case was fired in turn by
# ../../Guest/memberfault/record.sh; they fit a module whose code is the same. cases.tsv is written by hand from the source.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=/usr/src/memberfault
[ ! -e "$build" ] || { echo "$build is in the way"; exit 1; }
trap 'rm -rf "$build"' EXIT
cp -R "$here/../../Guest/memberfault" "$build"
make -s -C /usr/src/linux-headers-6.1.0-56-amd64 M="$build" modules
zstd -q -19 -f "$build/memberfault.ko" -o "$here/memberfault.ko.zst"
pahole --hex -E -C mf_object,mf_slot,mf_ops,mf_inner,mf_stats "$build/memberfault.ko" | grep -v '^/\*\|cacheline\|XXX' >"$here/layout.pahole.txt"
llvm-dwarfdump-14 --debug-info "$build/memberfault.ko" | python3 "$here/places.py" >"$here/places.llvm.txt"
