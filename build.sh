#!/bin/sh
# Usage: ./build.sh build | demo | test | bench | guest | package
#
#   build    the module into Module/bin and kdecode into out/kdecode, both ReadyToRun where that can be had
#   demo     builds, then decodes the panic log of samples/
#   test     builds, then runs the xunit tests, and the Pester tests where pwsh and Pester are found
#   bench    builds, then measures kdecode beside the native tools; takes the arguments of tests/Benchmarks/side-by-side.sh
#   guest    builds, boots Debian's kernel in qemu, makes it crash and decodes what it printed, then traces in it; takes the arguments of tests/Guest/run.sh,
#            and --live: trace in it also where cases are named; --questions: the same, and put some questions to bpftrace, too, which takes minutes
#   package  builds, then lays out a module folder that imports from anywhere, as out/KernelDebug-VERSION.tar.gz
#
# As root on Debian a task installs the packages it needs and says so; without root it names them and stops.
# build.ps1 is the same door for those who have PowerShell: both run eng/TASK.sh.
set -eu
cd -- "$(dirname -- "$0")"
case ${1-} in
build | demo | test | bench | guest | package)
    task=$1
    shift
    exec sh "eng/$task.sh" "$@"
    ;;
-h | --help | help)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"
    ;;
*)
    sed -n '2s/^# //p' "$0" >&2
    exit 2
    ;;
esac
