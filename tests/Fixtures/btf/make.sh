#!/bin/sh
# Builds the BTF of shapes.c as Debian 12's tools make it, and what bpftool says of it:
#   bpf.o, bpfeb.o    clang-14, as BPF, little and big endian, with .BTF.ext; ext.txt has the lines clang writes into that section
#   core.o            clang-14, of core.c; core.txt has the relocations of clang's assembly, as KIND TYPE ACCESS
#   shapes.btf        pahole, of the DWARF of gcc-12, raw
#   module.btf        pahole, of module.c, on shapes.btf as its base
#   header/header.btf pahole, of header.c compiled twice and linked
#   header/header.pahole  pahole of it
#   header/*.h        NEW_BPFTOOL=bpftool of v7.8: format c unsorted, and format c; older ones leave the sizes of
#                     enumerations out
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
gcc -g -O1 -w -c header/header.c -o "$work/header1.o"
gcc -g -O1 -w -DSECOND -c header/header.c -o "$work/header2.o"
ld -r "$work/header1.o" "$work/header2.o" -o "$work/header.o"
pahole --btf_encode_detached=header/header.btf "$work/header.o"
pahole -F btf header/header.btf >header/header.pahole
if [ -n "${NEW_BPFTOOL:-}" ]; then
    "$NEW_BPFTOOL" btf dump file header/header.btf format c unsorted >header/header.h
    "$NEW_BPFTOOL" btf dump file header/header.btf format c >header/header.sorted.h
    "$NEW_BPFTOOL" -B shapes.btf btf dump file module.btf format c unsorted >header/module.h
fi
chmod 644 shapes.btf module.btf header/header.btf
