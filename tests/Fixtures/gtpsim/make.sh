#!/bin/sh
# Makes the variants of ../../../samples/gtpsim/gtpsim.ko.xz that can be made from it, and the oracle of all of them. The
# others are builds of their own on a machine with Debian 12's kernel headers, from samples/gtpsim/src:
#   gtpsim-dwarf4.ko        KCFLAGS=-gdwarf-4
#   gtpsim-other-build.ko   one line of source changed: other code, another build-id
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
xz -dc "$here/../../../samples/gtpsim/gtpsim.ko.xz" > gtpsim.ko
strip --strip-debug -o "$here/gtpsim-stripped.ko" gtpsim.ko
objcopy --compress-debug-sections=zstd gtpsim.ko "$here/gtpsim-zstd.ko"
objcopy --compress-debug-sections=zlib-gnu gtpsim.ko zlib-gnu.ko && xz --check=crc32 -9 -c zlib-gnu.ko > "$here/gtpsim-zlib-gnu.ko.xz"
objcopy --only-keep-debug gtpsim.ko gtpsim.ko.debug && xz --check=crc32 -9 -c gtpsim.ko.debug > "$here/gtpsim.ko.debug.xz"
zstd -q -19 -f gtpsim.ko -o "$here/gtpsim.ko.zst"

# As in ../elf/make.sh: each text section at an address of its own.
{ echo "SECTIONS {"; base=1048576
  for s in .text .text.unlikely .init.text .exit.text; do printf ' %s 0x%x : { *(%s) }\n' $s $base $s; base=$((base + 65536)); done
  echo "}"; } > script
ld -T script -e 0 --unresolved-symbols=ignore-all --noinhibit-exec -z noseparate-code -o linked gtpsim.ko 2> /dev/null
mv linked gtpsim.ko
python3 "$here/../oracle.py" --sections gtpsim.ko "$here/gtpsim.ko.oracle.txt"
