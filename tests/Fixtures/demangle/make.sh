#!/bin/sh
# Writes cxx.txt, rust-v0.txt and rust-legacy.txt: MANGLED<TAB>DEMANGLED, from the symbols of src/ and of the Rust and C++
# standard libraries. A name goes in where c++filt (binutils 2.40) and llvm-cxxfilt-19 agree but for blanks between '>'s; for
# Rust's legacy mangling, which llvm-cxxfilt does not know, c++filt decides. Rust: without crate and symbol hashes and without
# the type suffix of integer constants, the "alternate" form of rustc-demangle.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/src/* "$work"
cd "$work"
for cc in g++ clang++-19; do $cc -std=c++20 -O1 -fno-inline -c names.cc -o names-$cc.o; done
RUSTFLAGS="--edition 2021 -O --emit=obj -C panic=abort -C codegen-units=1"
rustc $RUSTFLAGS -C symbol-mangling-version=v0 names.rs -o v0.o
rustc $RUSTFLAGS names.rs -o legacy.o
std=$(ls "$(rustc --print sysroot)"/lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd-*.so)
names() { nm "$@" 2>/dev/null | sed -n 's/.* //p' | sort -u; }
python3 - "$here" "$std" <<'P'
import re, subprocess, sys
here, std = sys.argv[1:]
def run(args, text=None): return subprocess.run(args, input=text, capture_output=True, text=True).stdout.splitlines()
def names(*files): return sorted({l.split(" ")[-1] for f in files for l in run(["nm", f])})
def every(xs, n): return xs[:: max(1, len(xs) // n)][:n]
def flat(s): return re.sub(r"(?<=>) (?=>)", "", s)
def write(name, lines):
    with open("%s/%s" % (here, name), "w", encoding="utf-8") as f: f.writelines("%s\t%s\n" % l for l in lines)
    print(name, len(lines))
libstdcxx = run(["sh", "-c", "nm -D --defined-only $(g++ -print-file-name=libstdc++.so) | sed 's/.* //; s/@.*//' | grep ^_Z | sort -u"])
cxx = [n for n in names("names-g++.o", "names-clang++-19.o") if n.startswith("_Z")] + every(libstdcxx, 120)
gnu, llvm = run(["c++filt"], "\n".join(cxx)), run(["llvm-cxxfilt-19"], "\n".join(cxx))
write("cxx.txt", [(n, flat(a)) for n, a, b in zip(cxx, gnu, llvm) if flat(a) == flat(b) and a != n])
def short(s): return re.sub(r": (usize|bool|char|[ui](8|16|32|64|128|size))(?=[>,\]])", "", re.sub(r"\[[0-9a-f]{1,16}\](?=::|\W|$)", "", s))
v0 = [n for n in names("v0.o") if n.startswith("_R")] + every([n for n in names(std) if n.startswith("_R")], 80)
gnu, llvm = run(["c++filt", "-s", "rust"], "\n".join(v0)), run(["llvm-cxxfilt-19"], "\n".join(v0))
for n, a, b in zip(v0, gnu, llvm):
    if short(a) != b: print("differ:", n, a, b, sep="\n   ")
write("rust-v0.txt", [(n, b) for n, a, b in zip(v0, gnu, llvm) if short(a) == b and b != n])
legacy = [n for n in names("legacy.o") if re.search(r"17h[0-9a-f]{16}E$", n)] + every([n for n in names(std) if re.search(r"17h[0-9a-f]{16}E$", n)], 60)
write("rust-legacy.txt", [(n, re.sub("::h[0-9a-f]{16}$", "", a)) for n, a in zip(legacy, run(["c++filt", "-s", "rust"], "\n".join(legacy))) if a != n and "$" not in a])
P
