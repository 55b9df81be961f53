#!/bin/sh
# Builds first.o and second.o with DWARF as Debian 12's gcc makes it (old.o: first.c as DWARF 3), and the BTF that pahole makes of them:
#   first.btf   alone, old.btf too
#   second.btf  with first.btf as its base
#   alone.btf   second.o alone
set -eu
cd "$(dirname "$0")"
for name in first second; do
    gcc -g -O1 -fno-stack-protector -fcf-protection=none -fdebug-prefix-map="$PWD=." -c $name.c -o $name.o
done
gcc -gdwarf-3 -gstrict-dwarf -O1 -fcf-protection=none -fdebug-prefix-map="$PWD=." -c first.c -o old.o
for name in first old; do
    pahole --btf_gen_floats --btf_encode_detached=$name.btf $name.o
done
pahole --btf_gen_floats --btf_encode_detached=alone.btf second.o
pahole --btf_gen_floats --btf_base=first.btf --btf_encode_detached=second.btf second.o
chmod 644 ./*.o ./*.btf
