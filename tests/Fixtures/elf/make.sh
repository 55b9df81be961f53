#!/bin/sh
# Builds the relocatable fixtures (shaped like .ko files) from ../dwarf/src, and the separate-debug-file fixtures.
# Debian 12: gcc-12 and its cross compilers (aarch64, riscv64, s390x, powerpc64le, powerpc64, arm-gnueabihf, i686), clang-19,
# lld-19, llvm-19, binutils 2.40, elfutils 0.188, xz, zstd, gzip, and ../gimli-symbolizer. The binaries are committed.
#
# The oracle of a relocatable file: link it with every text section at an address of its own, symbolize there, and write
# addresses as SECTION+0xOFFSET. The script stops if the link changed a section's size (relaxation).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/../dwarf/src/* "$work"
cd "$work"
MAP="-fdebug-prefix-map=$work=/usr/src/kd"
COMMON="-O2 -ffreestanding -fno-pic -fno-asynchronous-unwind-tables -fno-stack-protector -fno-ident $MAP"

# relocatable NAME CC LD ADDR2LINE flags...
relocatable() {
  name=$1; cc=$2; ld=$3; tool=$4; shift 4
  for unit in sched net lib; do $cc $COMMON "$@" -c $unit.c -o $unit.o; done
  $cc $COMMON ${MACHINE:-} -g0 -c nodebug.c -o nodebug.o
  $cc $MAP ${MACHINE:-} -g -c entry.S -o entry.o
  $ld -r -o "$here/$name" sched.o net.o lib.o nodebug.o entry.o
  rm -f ./*.o
  rel_oracle "$name" "$ld" "$tool"
}
text_sections() { readelf -SW "$1" | sed -n 's/.*\] \([^ ]*\) *PROGBITS *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\) [0-9a-f]* *[A-Z]*X[A-Z]* .*/\1 \2/p' | grep -v ' 0*$'; }
rel_oracle() {
  text_sections "$here/$1" > sections
  base=1048576
  { echo "SECTIONS {"
    while read -r s size; do printf ' %s 0x%x : { *(%s) }\n' "$s" $base "$s"; base=$((base + 32768)); done < sections
    echo "}"; } > script
  $2 ${NORELAX:---no-relax} -T script -e 0 --noinhibit-exec -z noseparate-code -o linked "$here/$1" 2> link.log || { cat link.log; exit 1; }
  text_sections linked > linked-sections
  diff sections linked-sections || { echo "$1: a section changed size"; exit 1; }
  mv linked "$1"
  python3 "$here/../oracle.py" --sections --addr2line="$3" "$1" "$here/$1.oracle.txt"
  rm "$1"
}

for v in 4 5; do relocatable x86_64-dwarf$v.o gcc ld addr2line -gdwarf-$v -fcf-protection=none; done
relocatable x86_64-function-sections.o gcc ld addr2line -gdwarf-5 -ffunction-sections
relocatable x86_64-clang.o clang-19 ld addr2line -gdwarf-5
relocatable x86_64-clang-function-sections.o clang-19 ld addr2line -gdwarf-5 -ffunction-sections
MACHINE=-m32; relocatable i386.o i686-linux-gnu-gcc i686-linux-gnu-ld addr2line -gdwarf-5 $MACHINE; MACHINE=
for arch in aarch64-linux-gnu riscv64-linux-gnu s390x-linux-gnu powerpc64le-linux-gnu powerpc64-linux-gnu arm-linux-gnueabihf; do
  for v in 4 5; do
    relocatable "${arch%%-*}-dwarf$v.o" $arch-gcc $arch-ld $arch-addr2line -gdwarf-$v
  done
done
MACHINE="--target=riscv64-linux-gnu -march=rv64gc -mrelax"
relocatable riscv64-clang.o "clang-19 $MACHINE" ld.lld-19 riscv64-linux-gnu-addr2line -gdwarf-5
MACHINE="--target=aarch64-linux-gnu"
relocatable aarch64-clang.o "clang-19 $MACHINE" ld.lld-19 aarch64-linux-gnu-addr2line -gdwarf-5
MACHINE=
# a vmlinux's kernel_init behind the NOPs that ftrace patches: gcc's debug information begins behind them
mkdir init
printf 'static int state;\nint kernel_init(int argument)\n{\n\tstate += argument;\n\treturn state;\n}\n' > init/main.c
aarch64-linux-gnu-gcc $COMMON -gdwarf-5 -fpatchable-function-entry=2 -c "$work/init/main.c" -o "$here/aarch64-entry-nops.o"
# compressed debug sections, whose relocations count in the uncompressed bytes; the oracle is the plain file's
for kind in zlib zlib-gnu zstd; do objcopy --compress-debug-sections=$kind "$here/x86_64-dwarf5.o" "$here/x86_64-dwarf5-$kind.o"; done
i686-linux-gnu-objcopy --compress-debug-sections=zlib "$here/i386.o" "$here/i386-zlib.o"
s390x-linux-gnu-objcopy --compress-debug-sections=zlib "$here/s390x-dwarf5.o" "$here/s390x-dwarf5-zlib.o"
riscv64-linux-gnu-objcopy --compress-debug-sections=zlib "$here/riscv64-dwarf5.o" "$here/riscv64-dwarf5-zlib.o"

# compressed whole, as modules are; the kernel's own build uses xz --check=crc32 --lzma2=dict=1MiB and plain zstd
xz --check=crc32 --lzma2=dict=1MiB -c "$here/x86_64-dwarf5.o" > "$here/x86_64-dwarf5.o.xz"
xz --check=sha256 --block-size=8192 -c "$here/x86_64-dwarf5.o" > "$here/x86_64-dwarf5-blocks.o.xz"
zstd -q -c "$here/x86_64-dwarf5.o" > "$here/x86_64-dwarf5.o.zst"
{ head -c 10000 "$here/x86_64-dwarf5.o" | zstd -q -c; tail -c +10001 "$here/x86_64-dwarf5.o" | zstd -q -c; } > "$here/x86_64-dwarf5-frames.o.zst"
gzip -9n -c "$here/x86_64-dwarf5.o" > "$here/x86_64-dwarf5.o.gz"

# separate debug files of ../dwarf/gcc-dwarf5: by .gnu_debuglink beside it and in .debug/, with a checksum that is wrong, and by build-id
d="$here/separate"; rm -rf "$d"; mkdir -p "$d/beside" "$d/sub/.debug" "$d/wrong" "$d/by-id"
cp "$here/../dwarf/gcc-dwarf5" prog
objcopy --only-keep-debug prog prog.debug
objcopy --strip-all --add-gnu-debuglink=prog.debug prog "$d/beside/prog"
cp prog.debug "$d/beside/"
cp "$d/beside/prog" "$d/sub/prog"; cp prog.debug "$d/sub/.debug/"
cp "$d/beside/prog" "$d/wrong/prog"; objcopy --only-keep-debug "$here/../dwarf/gcc-dwarf4" "$d/wrong/prog.debug"
objcopy --strip-all prog "$d/by-id/prog"
id=$(readelf -n prog | sed -n 's/.*Build ID: //p')
mkdir -p "$d/by-id/.build-id/$(echo $id | cut -c1-2)"
cp prog.debug "$d/by-id/.build-id/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-).debug"
rm prog prog.debug

ls -la "$here"; du -sh "$here"
