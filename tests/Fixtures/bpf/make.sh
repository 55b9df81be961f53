#!/bin/sh
# Compiles the BPF programs of this folder. Needs clang and libbpf-dev; made with Debian clang version 14.0.6 and libbpf 1.1.2.
# attach.bpf.o, says.bpf.o and texts.bpf.o keep their DWARF, where the types are that BTF leaves out.
set -eu
cd -- "$(dirname -- "$0")"
for source in *.bpf.c; do
    clang-14 -g -O2 -Wall -target bpf -D__TARGET_ARCH_x86 -I/usr/include/x86_64-linux-gnu -fdebug-prefix-map="$PWD=." -c "$source" -o "${source%.c}.o"
    case $source in
    attach.bpf.c | says.bpf.c | texts.bpf.c) ;;
    *) llvm-strip-14 -g "${source%.c}.o" ;;
    esac
done
