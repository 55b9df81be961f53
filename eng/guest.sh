#!/bin/sh
# guest: a real kernel in qemu, made to crash, its log decoded.
set -eu
sh eng/build.sh
exec bash tests/Guest/run.sh "$@"
