#!/bin/sh
# Builds the DWARF fixtures of this directory from src/ and writes an oracle beside each (see ../oracle.py).
# Debian 12: gcc-12, clang-14, clang-19, rustc 1.95 (rustup), llvm-19, lld-19, binutils 2.40, elfutils 0.188, dwz 0.15, and ../gimli-symbolizer.
# The binaries are committed: run this only to change them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/src/* "$work"
cd "$work"                                   # objects and .dwo files get relative names; the directory is mapped away
MAP="-fdebug-prefix-map=$work=/usr/src/kd"
COMMON="-O2 -ffreestanding -fno-pic -fno-pie -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none -fno-ident $MAP"

# link NAME [flags...]: the objects in $work to $here/NAME
link() {
  name=$1; shift
  ${LD:-ld} -e start -z noseparate-code --build-id=sha1 "$@" -o "$here/$name" *.o
  rm -f ./*.o ./*.dwo                        # an oracle without the .dwo: what is known where they are missing
}
# compile CC ASMFLAG flags...: every unit; nodebug.c without debug information
compile() {
  cc=$1; version=$2; shift 2
  for unit in sched net lib; do $cc $COMMON "$@" -c $unit.c -o $unit.o; done
  $cc $COMMON -g0 -c nodebug.c -o nodebug.o
  case $cc in clang-14) version="$version -fdebug-compilation-dir=/usr/src/kd";; esac    # maps no assembler unit
  $cc $MAP $version -c entry.S -o entry.o
}
oracle() { name=$1; shift; python3 "$here/../oracle.py" "$@" "$here/$name" "$here/$name.oracle.txt"; }
build() { # NAME CC ASMFLAG flags...
  name=$1; shift
  compile "$@"
  link "$name"
  oracle "$name"
}

# gcc
for v in 2 3 4 5; do build gcc-dwarf$v gcc -gdwarf-$v -gdwarf-$v; done
build gcc-dwarf4-strict gcc -gdwarf-4 -gdwarf-4 -gstrict-dwarf
build gcc-dwarf5-strict gcc -gdwarf-5 -gdwarf-5 -gstrict-dwarf
build gcc-dwarf5-64bit gcc -gdwarf-5 -gdwarf-5 -gdwarf64
build gcc-dwarf4-types gcc -gdwarf-4 -gdwarf-4 -fdebug-types-section
build gcc-dwarf5-types gcc -gdwarf-5 -gdwarf-5 -fdebug-types-section
build gcc-dwarf5-os gcc -gdwarf-5 -gdwarf-5 -Os
build gcc-dwarf5-o0 gcc -gdwarf-5 -gdwarf-5 -O0
build gcc-dwarf5-isra gcc -gdwarf-5 -gdwarf-5 -fno-ipa-cp
build gcc-dwarf5-function-sections gcc -gdwarf-5 -gdwarf-5 -ffunction-sections
build gcc-dwarf5-own-lines gcc -gdwarf-5 -gdwarf-5 -gno-as-loc-support
build gcc-dwarf3-own-lines gcc -gdwarf-3 -gdwarf-3 -gno-as-loc-support
build gcc-dwarf5-g1 gcc -gdwarf-5 -gdwarf-5 -g1
build gcc-dwarf4-split gcc -gdwarf-4 -gdwarf-4 -gsplit-dwarf
build gcc-dwarf5-split gcc -gdwarf-5 -gdwarf-5 -gsplit-dwarf
for v in 4 5; do
  compile gcc -gdwarf-$v -gdwarf-$v -flto
  gcc -O2 -flto -gdwarf-$v $MAP -nostdlib -static -no-pie -Wl,-e,start,-z,noseparate-code,--build-id=sha1 -o "$here/gcc-dwarf$v-lto" *.o
  rm -f ./*.o
  oracle gcc-dwarf$v-lto
done

# clang
for v in 2 3 4 5; do build clang14-dwarf$v clang-14 -gdwarf-$v -gdwarf-$v; done
for v in 4 5; do build clang19-dwarf$v clang-19 -gdwarf-$v -gdwarf-$v; done
build clang19-dwarf5-64bit clang-19 -gdwarf-5 -gdwarf-5 -gdwarf64
build clang19-dwarf5-aranges clang-19 -gdwarf-5 -gdwarf-5 -gdwarf-aranges
build clang19-dwarf5-types clang-19 -gdwarf-5 -gdwarf-5 -fdebug-types-section
build clang19-dwarf5-line-tables clang-19 -gdwarf-5 -gdwarf-5 -gline-tables-only
build clang19-dwarf5-addr-ranges clang-19 -gdwarf-5 -gdwarf-5 -mllvm -minimize-addr-in-v5=Ranges
compile clang-19 -gdwarf-5 -gdwarf-5 -mllvm -minimize-addr-in-v5=Form; link clang19-dwarf5-llvm-form   # DW_FORM_LLVM_addrx_offset, which we refuse by name
build clang19-dwarf5-function-sections clang-19 -gdwarf-5 -gdwarf-5 -ffunction-sections
build clang19-dwarf5-block-sections clang-19 -gdwarf-5 -gdwarf-5 -fbasic-block-sections=all
build clang19-dwarf4-split clang-19 -gdwarf-4 -gdwarf-4 -gsplit-dwarf
build clang19-dwarf5-split clang-19 -gdwarf-5 -gdwarf-5 -gsplit-dwarf
build clang19-dwarf5-split-inlining clang-19 -gdwarf-5 -gdwarf-5 -gsplit-dwarf -fsplit-dwarf-inlining
for kind in thin full; do
  for v in 4 5; do
    compile clang-19 -gdwarf-$v -gdwarf-$v -flto=$kind
    LD=ld.lld-19 link clang19-dwarf$v-${kind}lto
    oracle clang19-dwarf$v-${kind}lto
  done
done

# compressed debug sections
for kind in zlib zlib-gnu zstd; do
  objcopy --compress-debug-sections=$kind "$here/gcc-dwarf5" "$here/gcc-dwarf5-$kind"
  oracle gcc-dwarf5-$kind
done

# dwz: partial units, DW_TAG_imported_unit, DW_FORM_ref_addr; with -m a common file, .gnu_debugaltlink, DW_FORM_GNU_ref_alt
# (DWARF 4) and DW_FORM_ref_sup4 (DWARF 5)
for v in 4 5; do
  dwz -o "$here/dwz-dwarf$v" "$here/gcc-dwarf$v" && oracle dwz-dwarf$v
  compile gcc -gdwarf-$v -gdwarf-$v -Os; link two; mv "$here/two" .
  cp "$here/gcc-dwarf$v" one
  dwz -m dwz-dwarf$v-alt.common -M dwz-dwarf$v-alt.common one two
  mv one "$here/dwz-dwarf$v-alt"; mv dwz-dwarf$v-alt.common "$here/"
  oracle dwz-dwarf$v-alt --sup="$here/dwz-dwarf$v-alt.common"
done

# C++ and Rust: functions of the oracle are linkage (mangled) names
languages() { # NAME
  ld -e start -z noseparate-code --build-id=sha1 --gc-sections -o "$here/$1" objects.o
  rm objects.o
  oracle "$1" --linkage
}
CXX="-O2 -ffreestanding -fno-pic -fno-exceptions -fno-rtti -fno-asynchronous-unwind-tables -fno-stack-protector -fno-threadsafe-statics -fno-ident $MAP"
for v in 4 5; do
  g++ $CXX -std=c++17 -fcf-protection=none -gdwarf-$v -c objects.cc -o objects.o; languages gxx-dwarf$v
  clang++-19 $CXX -std=c++17 -gdwarf-$v -c objects.cc -o objects.o; languages clangxx19-dwarf$v
  for mangling in legacy v0; do
    [ $mangling = legacy ] && option= || option="-C symbol-mangling-version=v0"
    rustc --edition 2021 --crate-type=lib --crate-name=objects --emit=obj=objects.o -C panic=abort -C opt-level=2 -g $option \
      -C dwarf-version=$v -C relocation-model=static --remap-path-prefix="$work=/usr/src/kd" objects.rs
    languages rust-$mangling-dwarf$v
  done
done

ls "$here" | grep -v oracle | wc -l; du -sh "$here"
