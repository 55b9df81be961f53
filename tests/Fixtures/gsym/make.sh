#!/bin/sh
# Makes inline.gsym of inline.c and asks llvm-gsymutil about each address of it: Debian 12's gcc 12 and llvm-14.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -g -gdwarf-5 -ffreestanding -nostdlib -static -fno-asynchronous-unwind-tables -fdebug-prefix-map="$PWD"=/src -Wl,--build-id -o "$work/inline" inline.c
llvm-gsymutil-14 --quiet --convert="$work/inline" --out-file=inline.gsym >/dev/null
# Of several rows at one address the last is the one with code; version 14 stops at the first where it is asked for that very address.
llvm-gsymutil-14 inline.gsym | sed -n 's/^  \(0x[0-9a-f]*\) .*:[0-9]*$/\1/p' | sort | uniq -d | sed 's/^0x0*/0x/' >"$work/doubled"
nm -nS "$work/inline" | awk '$3 ~ /[tT]/ { print $1, $2 }' | while read -r start size; do
    address=$((0x$start))
    end=$((address + 0x$size))
    while [ "$address" -lt "$end" ]; do
        printf '0x%x inline.gsym\n' "$address"
        address=$((address + 1))
    done
done | grep -v -w -F -f "$work/doubled" | llvm-gsymutil-14 --addresses-from-stdin >inline.lookups.txt
