#!/bin/sh
# Writes names.tsv: MANGLED<TAB>DEMANGLED of src/names.rs, src/names.cpp and a sample of Rust's standard library. A name goes in
# where two demanglers print the same: Rust v0 and C++ where "c++filt -i" (binutils 2.40) and llvm-cxxfilt-14 agree; Rust
# legacy, which llvm-cxxfilt takes for C++, where "c++filt -i" and llvm-cxxfilt agree on a name without escapes, the hash aside.
# -i: without crate and symbol hashes and the types of integer constants.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$here"/src/* .
g++ -std=c++20 -O2 -fno-inline -c names.cpp -o cxx.o
# The crate needs unstable features to have constants of every type.
for mangling in v0 legacy; do
    RUSTC_BOOTSTRAP=1 rustc --edition 2021 -C opt-level=0 --emit=obj -Z unstable-options -C symbol-mangling-version=$mangling names.rs -o $mangling.o
done
names() { nm "$@" 2>/dev/null | sed -n 's/.* //p' | LC_ALL=C sort -u | awk 'length < 500'; }
agreed() { # FILE, SED EXPRESSION APPLIED TO llvm-cxxfilt's ANSWER
    c++filt -i < "$1" > gnu
    llvm-cxxfilt-14 < "$1" | sed "$2" > llvm
    paste "$1" gnu llvm | awk -F '\t' '$2 == $3 && $1 != $2 { print $1 "\t" $2 }'
}
names v0.o | grep '^_R' > v0
names "$(rustc --print sysroot)"/lib/rustlib/*/lib/libcore-*.rlib | grep '^_R' | awk 'NR % 80 == 0' | head -60 >> v0
names legacy.o | grep -E '17h[0-9a-f]{16}E$' > legacy
names cxx.o | grep '^_Z' > cxx
{ agreed v0 ''; agreed legacy 's/::h[0-9a-f]\{16\}$//'; agreed cxx 's/ (\(\.[^)]*\))$/ [clone \1]/'; } > "$here/names.tsv"
wc -l < "$here/names.tsv"
