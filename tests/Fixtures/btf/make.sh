#!/bin/sh
# Builds the BTF of shapes.c as Debian 12's tools make it, and what bpftool says of it:
#   bpf.o, bpfeb.o    clang-14, as BPF, little and big endian, with .BTF.ext; ext.txt has the lines clang writes into that section
#   core.o            clang-14, of core.c; core.txt has the relocations of clang's assembly, as KIND TYPE ACCESS
#   shapes.btf        pahole, of the DWARF of gcc-12, raw
#   module.btf        pahole, of module.c, on shapes.btf as its base
#   NAME.json, NAME.h bpftool btf dump file NAME -j, and format c
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for target in bpf bpfeb; do
    clang-14 -target $target -g -O1 -fdebug-prefix-map="$PWD=." -fdebug-compilation-dir=. -c shapes.c -o "$work/$target.o"
    llvm-strip-14 -g -o $target.o "$work/$target.o"
    bpftool btf dump file $target.o -j >$target.json
    bpftool btf dump file $target.o format c >$target.h
done
clang-14 -target bpf -g -O1 -fdebug-compilation-dir=. -S shapes.c -o - |
    sed -n '/\.section[[:space:]]*\.BTF\.ext/,/\.addrsig/p' | grep '^[[:space:]]*\.long' | sed 's/^[[:space:]]*//' >ext.txt
clang-14 -target bpf -g -O1 -fdebug-compilation-dir=. -c core.c -o "$work/core.o"
llvm-strip-14 -g -o core.o "$work/core.o"
clang-14 -target bpf -g -O1 -fdebug-compilation-dir=. -S core.c -o - | awk '
    /string offset=/ && /\.ascii/ { split($0, part, "\""); sub(/.*string offset=/, ""); text[$0 + 0] = part[2] }
    /string offset=/ && /\.byte/ { code = $2; sub(/.*string offset=/, ""); text[$0 + 0] = sprintf("%c", code + 0) }
    /# FieldReloc/ { reading = 1; next }
    /\.addrsig/ { reading = 0 }
    reading && /section string offset/ { getline; next }
    reading { getline; type = $2; getline; access = $2; getline; print $2, type, text[access] }' >core.txt
gcc -g -O1 -c shapes.c -o "$work/shapes.o"
pahole --btf_encode_detached=shapes.btf --btf_gen_floats "$work/shapes.o"
bpftool btf dump file shapes.btf -j >shapes.json
bpftool btf dump file shapes.btf format c >shapes.h
gcc -g -O1 -c module.c -o "$work/module.o"
pahole --btf_base=shapes.btf --btf_encode_detached=module.btf "$work/module.o"
bpftool -B shapes.btf btf dump file module.btf -j >module.json
chmod 644 shapes.btf module.btf
