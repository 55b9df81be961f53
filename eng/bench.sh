#!/bin/sh
# bench: kdecode beside the kernel's script and the native symbolizers, on this machine, in one run.
set -eu
sh eng/build.sh
. eng/common.sh
need binutils:nm llvm:llvm-symbolizer elfutils:eu-addr2line time:/usr/bin/time
exec bash tests/Benchmarks/side-by-side.sh "$@"
