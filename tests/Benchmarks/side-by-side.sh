#!/bin/bash
# Measures kdecode beside the kernel's decode_stacktrace.sh, llvm-symbolizer, eu-addr2line and addr2line: the same log, the same
# vmlinux, one run, page cache warm, medians. Prints a table with what each needs of kdecode's time.
#
# Usage: tests/Benchmarks/side-by-side.sh [LOG [VMLINUX [MODULES]]]
#   LOG      default samples/panic.log (some 40 places)
#   VMLINUX  default what is installed for the release the log names, or what the guest tests fetched
#   MODULES  a folder with the modules' files; default samples/gtpsim
# Environment: RUNS (default 11), SCRIPT_RUNS (default 3; the script takes many seconds), ADDRESSES (default 500),
#   KDECODE (the program to measure), DECODE_STACKTRACE (the script; else looked for in the installed kernel packages).
set -eu
cd -- "$(dirname -- "$0")/../.."
. eng/common.sh
here=tests/Benchmarks
log=${1:-samples/panic.log}
release=$(log_release "$log")
vmlinux=${2:-$(vmlinux_of "$release")}
[ -n "$vmlinux" ] || vmlinux=${XDG_CACHE_HOME:-$HOME/.cache}/kerneldebug-guest/$release/vmlinux-$release
modules=${3:-samples/gtpsim}
[ -r "$vmlinux" ] || die "no vmlinux of $release here (Debian: linux-image-$release-dbg); name one as the second argument"
kdecode=${KDECODE:-out/kdecode/kdecode}
runs=${RUNS:-11} slow_runs=3 script_runs=${SCRIPT_RUNS:-3} count=${ADDRESSES:-500}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The others read no compressed module.
mkdir "$work/modules"
find "$modules" -name '*.ko' -exec cp {} "$work/modules/" \;
find "$modules" -name '*.ko.xz' | while read -r file; do xz -dc "$file" >"$work/modules/$(basename "$file" .xz)"; done
find "$modules" -name '*.ko.zst' | while read -r file; do zstd -q -dc "$file" >"$work/modules/$(basename "$file" .zst)"; done

say "reading the symbols of $vmlinux"
# "address name size", the size being the way to the next address, as kallsyms counts it. Between _stext and _etext only.
nm -n "$vmlinux" | awk '
    $3 == "_stext" { on = 1 }
    $3 == "_etext" { on = 0 }
    on && $2 ~ /^[tTwW]$/ { print $1, $3 }' >"$work/text"
perl -ne '
    ($address, $name) = split; $address = hex $address;
    if (defined $last && $address != $last) { printf "%x %s %x\n", $last, $_, $address - $last for @names; @names = () }
    push @names, $name; $last = $address;' "$work/text" >"$work/symbols"

# references LOG: "name offset size module exact" for each place of the log the kernel vouches for or not.
references() {
    perl -ne '
        while (/([A-Za-z_][\w.]*)\+0x([0-9a-f]+)\/0x([0-9a-f]+)(?: \[(\w+)\])?/g) {
            printf "%s %s %s %s %d\n", $1, $2, $3, $4 // "-", /RIP: |WARNING: / || $2 eq "0" ? 1 : 0;
        }' "$1"
}

# addresses REFERENCES: "file address" of the instruction each means: the one at it, or before a return address.
addresses() {
    SYMBOLS=$work/symbols MODULES=$work/modules VMLINUX=$vmlinux perl -ane '
        BEGIN {
            open my $in, "<", $ENV{SYMBOLS};
            while (<$in>) { my ($address, $name, $size) = split; $at{"$name $size"} //= hex $address }
        }
        my ($name, $offset, $size, $module, $exact) = @F;
        my $file = $ENV{VMLINUX};
        if ($module ne "-") {
            $file = "$ENV{MODULES}/$module.ko";
            next unless -e $file;
            $in_module{$module} //= { map { my ($a, $t, $n) = split; ($n => hex $a) } grep { / [tTwW] / } `nm "$file"` };
        }
        my $start = $module eq "-" ? $at{"$name $size"} : $in_module{$module}{$name};
        printf "%s 0x%x\n", $file, $start + hex($offset) - ($exact ? 0 : 1) if defined $start;' "$1"
}

# random_log: lines as a call trace prints them, at random places of vmlinux whose name and size say which symbol is meant.
random_log() {
    COUNT=$count perl -ane '
        push @all, [$F[1], hex $F[2]] if hex $F[2] > 16 && !$seen{$F[0]}++;
        $named{$F[1]}++;
        END {
            srand 20260101;
            @all = grep { $named{$_->[0]} == 1 } @all;
            for (1 .. $ENV{COUNT}) {
                my ($name, $size) = @{$all[rand @all]};
                printf "[   12.345678]  %s+0x%x/0x%x\n", $name, 1 + int rand($size - 1), $size;
            }
        }' "$work/symbols"
}

# measure RUNS INPUT COMMAND...: sets ms (median), cpu (median of user and system time, which other work on the machine disturbs less)
# and mb (peak of the largest process), after one run that warms the caches.
measure() {
    local n=$1 input=$2 i before after
    shift 2
    : >"$work/times"
    : >"$work/usage"
    "$@" <"$input" >"$work/answer" 2>/dev/null || return 1
    for ((i = 0; i < n; i++)); do
        before=${EPOCHREALTIME/[.,]/}
        /usr/bin/time -f '%M %U %S' -a -o "$work/usage" "$@" <"$input" >/dev/null 2>&1 || return 1
        after=${EPOCHREALTIME/[.,]/}
        echo $((after - before)) >>"$work/times"
    done
    ms=$(sort -n "$work/times" | awk '{ t[NR] = $1 } END { printf "%.1f", t[int((NR + 1) / 2)] / 1000 }')
    cpu=$(awk '{ print ($2 + $3) * 1000 }' "$work/usage" | sort -n | awk '{ t[NR] = $1 } END { printf "%.0f", t[int((NR + 1) / 2)] }')
    mb=$(sort -n "$work/usage" | awk 'END { printf "%.0f", $1 / 1024 }')
}

# row NAME RUNS INPUT COMMAND...: one line of the table; the first of a table is what the others are held against.
row() {
    local name=$1
    shift
    if ! measure "$@"; then
        printf '  %-44s failed\n' "$name"
        return 0
    fi
    [ -n "$base" ] || base=$ms
    printf '  %-44s %10s ms %8s ms %6s MB %8sx\n' "$name" "$ms" "$cpu" "$mb" "$(awk -v a="$ms" -v b="$base" 'BEGIN { printf "%.2f", a / b }')"
}
left_out() { printf '  %-44s left out: %s\n' "$1" "$2"; }

# table TITLE LOG RUNS-OF-THE-SCRIPT: every tool over the places of one log.
table() {
    local title=$1 input=$2 script_n=$3
    references "$input" >"$work/references"
    addresses "$work/references" >"$work/files-and-addresses"
    awk -v file="$vmlinux" '$1 == file { print $2 }' "$work/files-and-addresses" >"$work/addresses"
    printf '\n%s: %s places, %s of them in vmlinux; %s runs\n' "$title" "$(wc -l <"$work/references")" "$(wc -l <"$work/addresses")" "$runs"
    printf '  %-44s %13s %11s %9s %9s\n' '' 'median' 'processor' 'peak' 'of ours'
    base=
    row "kdecode" "$runs" "$input" "$kdecode" "$vmlinux" auto "$modules"
    cp "$work/answer" "$work/decoded"
    if present llvm-symbolizer; then
        row "llvm-symbolizer, one process, same addresses" "$runs" "$work/files-and-addresses" llvm-symbolizer
    else
        left_out llvm-symbolizer "not installed"
    fi
    if present eu-addr2line; then
        row "eu-addr2line -i, those in vmlinux only" "$runs" "$work/addresses" eu-addr2line -f -i -e "$vmlinux"
    else
        left_out eu-addr2line "not installed"
    fi
    if present addr2line; then
        row "addr2line -i, those in vmlinux only" "$slow_runs" "$work/addresses" addr2line -f -i -e "$vmlinux"
    else
        left_out addr2line "not installed"
    fi
    if [ "$script_n" -eq 0 ]; then
        left_out decode_stacktrace.sh "SCRIPT_RUNS is 0, or there are so many places that it would take minutes"
    elif [ -n "$script" ]; then
        row "decode_stacktrace.sh, $script_n runs" "$script_n" "$input" bash "$script" "$vmlinux" auto "$work/modules"
    else
        left_out decode_stacktrace.sh "no kernel source package installed (Debian: linux-source), DECODE_STACKTRACE unset"
    fi
    printf '  kdecode named a source line for %s of %s places\n' "$(resolved)" "$(wc -l <"$work/references")"
}

# resolved: how many places of the last log kdecode put a file and line to.
resolved() { grep -o -E '\([^()]*[^ ()]+:[0-9]+[^()]*(\(discriminator [0-9]+\)[^()]*)*\)' "$work/decoded" | wc -l; }

# find_script: the kernel's own decode_stacktrace.sh, installed or packed in the source package.
find_script() {
    local packed file
    script=${DECODE_STACKTRACE-}
    [ -z "$script" ] || return 0
    for file in /usr/src/linux-headers-*/scripts/decode_stacktrace.sh /usr/src/linux-source-*/scripts/decode_stacktrace.sh; do
        [ -r "$file" ] && script=$file && return 0
    done
    for packed in /usr/src/linux-source-*.tar.xz; do
        [ -r "$packed" ] || return 0
        say "taking decode_stacktrace.sh out of $packed"
        tar -xJf "$packed" -C "$work" --wildcards '*/scripts/decode_stacktrace.sh'
        script=$(find "$work" -name decode_stacktrace.sh | head -n 1)
        return 0
    done
}

# inside TITLE COMMAND...: figures a program prints about itself.
inside() {
    printf '\n%s\n' "$1"
    shift
    "$@" | awk -F '\t' '{ printf "  %-58s %10s ms\n", $1, $2 }'
}

find_script
say "kernel $release, $vmlinux, $(nproc) processors"
table "$(basename "$log")" "$log" "$script_runs"
random_log >"$work/random.log"
table "$count random places of vmlinux" "$work/random.log" 0

dotnet build "$here/KernelDebug.Benchmarks" -c Release -v:q -nologo >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; die "the benchmarks do not build"; }
inside "inside a warm process, the files opened anew each time" \
    dotnet "$here/KernelDebug.Benchmarks/bin/Release/net10.0/KernelDebug.Benchmarks.dll" "$log" "$vmlinux" "$modules"
# bundles: a symbol bundle of the whole vmlinux beside what llvm-gsymutil makes of it, one run each, and how fast ours opens.
bundles() {
    local tool before after theirs threads
    printf '\na symbol bundle of the whole vmlinux, one run\n'
    dotnet "$here/KernelDebug.Benchmarks/bin/Release/net10.0/KernelDebug.Benchmarks.dll" bundle "$vmlinux" "$work/ours.gsym" >"$work/bundle"
    awk -F '\t' '{ printf "  %-58s %10s ms\n", $1, $2 }' "$work/bundle"
    tool=$(command -v llvm-gsymutil || command -v llvm-gsymutil-14 || true)
    [ -n "$tool" ] || { left_out llvm-gsymutil "not installed"; return 0; }
    for threads in "$(nproc)" 1; do
        before=${EPOCHREALTIME/[.,]/}
        "$tool" --quiet --num-threads="$threads" --convert="$vmlinux" --out-file="$work/theirs.gsym" >/dev/null 2>&1
        after=${EPOCHREALTIME/[.,]/}
        theirs=$(((after - before) / 1000))
        awk -F '\t' -v t="$threads" -v theirs="$theirs" 'NR == 1 { printf "  %-58s %10d ms %8.2fx\n", "llvm-gsymutil --convert, " t " threads; ours to it", theirs, $2 / theirs }' "$work/bundle"
    done
    printf '  %s bytes, llvm-gsymutil %s: %s of it\n' "$(stat -c %s "$work/ours.gsym")" "$(stat -c %s "$work/theirs.gsym")" \
        "$(awk -v a="$(stat -c %s "$work/ours.gsym")" -v b="$(stat -c %s "$work/theirs.gsym")" 'BEGIN { printf "%.2f", a / b }')"
}
bundles

find_pwsh "the figures of the cmdlets"
[ -n "$PWSH" ] || exit 0
# shellcheck disable=SC2086 # PWSH is a command line
inside "inside a warm PowerShell" $PWSH -NoProfile -File "$here/warm.ps1" -Log "$log" -Vmlinux "$vmlinux" -ModulePath "$modules"
