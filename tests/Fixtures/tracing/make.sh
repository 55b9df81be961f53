#!/bin/sh
# Makes the BTF of kernel.c, as a kernel of three ages has it, and of module.c on the second. Needs gcc and pahole.
set -eu
cd "$(dirname "$0")"
build() { gcc -O0 -g -fno-pic -c "$1.c" -o "$1.o" $3; pahole -J $4 --btf_encode_detached="$2" "$1.o"; rm "$1.o"; }
build kernel old.btf "" ""
build kernel vmlinux.btf "-DARG_FLAGS" ""
build kernel new.btf "-DARG_FLAGS -DTAKES_STACK" ""
build module gtpsim.btf "" "--btf_base vmlinux.btf"
