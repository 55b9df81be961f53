#!/bin/bash
# Makes the expected disassembly with binutils (2.40, Debian 12) from the inputs beside this script:
#
#   lines.txt      Code: lines of real logs                       -> lines.att.txt, lines.intel.txt: what scripts/decodecode prints
#   windows64.txt  64 bytes of x86-64 code a line, cut anywhere    -> windows64.expected.txt
#   windows32.txt  the same of i386 code                           -> windows32.expected.txt
#   function.s     a small linked program                          -> function.att.txt, function.intel.txt: objdump -d of it
#
#   ./make.sh                      all of the above
#   ./make.sh cut FILE COUNT SEED  prints up to COUNT windows of FILE (not those of int3 alone), for windows64.txt and windows32.txt. FILE is raw code:
#                                  objcopy -O binary -j .text ELF FILE. Those here: 200 of Debian's vmlinux 6.1.0-56-amd64 (seed 1),
#                                  60 of libcrypto.so.3 (2), 30 of gdb (3), 40 random bytes (4); 40 of i386 libc.so.6 (5), 20 random (6).
#   ./make.sh forms FILE           prints one 16-byte window for each mnemonic, with its prefixes, that objdump finds in raw x86-64
#                                  code FILE; the last 16-byte lines of windows64.txt are those of the same vmlinux.
#   ./make.sh expect BITS          reads windows, writes what is expected of them.
set -euo pipefail
cd "$(dirname "$0")"
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# One section a window; rows "offset TAB AT&T TAB Intel", "- TAB ... TAB ..." for skipped zero bytes.
expect() {
    cat > "$T/w.txt"
    awk '{ printf ".section .t%d,\"ax\",@progbits\n.byte ", NR; for (i = 1; i < length($1); i += 2) printf "%s0x%s", (i > 1 ? "," : ""), substr($1, i, 2); print "" }' \
        > "$T/w.s" "$T/w.txt"
    as "--$1" -o "$T/w.o" "$T/w.s"
    for syntax in att intel; do
        objdump -d -w -M $syntax "$T/w.o" | awk -F'\t' '
            /^Disassembly of section/ { sub(/.*\.t/, ""); sub(/:.*/, ""); n = $0; next }
            n && $2 == "..." { print n "\t-\t..."; next }
            n && NF >= 2 { sub(/^ */, "", $1); sub(/:$/, "", $1); print n "\t" $1 "\t" $3 }' > "$T/$syntax"
    done
    paste "$T/att" <(cut -f3 "$T/intel") | awk -F'\t' -v windows="$T/w.txt" '
        { while (n < $1) { getline hex < windows; n++; print "W " hex } print $2 "\t" $3 "\t" $4 }'
}

# scripts/decodecode; the marker goes to the line that holds the marked byte, which the script finds by counting bytes.
block() {
    printf '.byte %s\n' "$2" > "$T/c.s"
    as -o "$T/c.o" "$T/c.s"
    objdump -M "$1" -S "$T/c.o" | grep -v 'c\.o\|Disassembly\|\.text\|^$'
}

decodecode() {
    local code bytes fault
    code=$(sed 's/[<>()]//g; s/ *$//; s/ /,0x/g; s/^/0x/' <<< "$2")
    fault=$(awk '{ for (i = 1; i <= NF; i++) if ($i ~ /[<(]/) print i - 1 }' <<< "$2")
    if [ -n "$fault" ]; then
        printf 'All code\n========\n'
        block "$1" "$code" | awk -F'\t' -v fault="$fault" '
            function number(hex, i, n) { for (i = 1; i <= length(hex); i++) n = n * 16 + index("123456789abcdef", substr(hex, i, 1)); return n }
            $1 ~ /:$/ {
                at = $1; gsub(/[ :]/, "", at); at = number(at)
                if (at <= fault && fault < at + split($2, b, " ")) { sub(/:/, ":*"); $0 = $0 "\t\t<-- trapping instruction" }
            }
            { print }'
        bytes=$(cut -d, -f$((fault + 1))- <<< "$code")
    else
        bytes=$code
    fi
    printf '\nCode starting with the faulting instruction\n===========================================\n'
    block "$1" "$bytes"
}

case "${1:-all}" in
cut)
    [ "$2" = random ] && { openssl enc -aes-128-ctr -nosalt -K "$(printf %032x "$4")" -iv 0 -in /dev/zero 2>/dev/null |
        head -c $((64 * $3)) | od -An -v -tx1 -w64 | tr -d ' '; exit; } || true
    size=$(stat -c %s "$2")
    awk -v n="$3" -v seed="$4" -v size="$size" 'BEGIN { srand(seed); for (i = 0; i < n; i++) print int(rand() * (size - 64)) }' |
        while read -r offset; do od -An -v -tx1 -w64 -j "$offset" -N 64 "$2" | tr -d ' '; done | grep -v '^\(cc\)*$'
    ;;
forms)
    objdump -D -w -b binary -mi386:x86-64 "$2" |
        awk -F'\t' 'NF == 3 { text = $3; gsub(/[,]?[-*$%(0][^ ]*/, "", text); if (!seen[text]++) { sub(/:.*/, "", $1); print $1 } }' |
        while read -r offset; do od -An -v -tx1 -w16 -j $((0x$offset)) -N 16 "$2" | tr -d ' '; done
    ;;
expect)
    expect "$2"
    ;;
all)
    for syntax in att intel; do
        while IFS= read -r line; do
            printf 'Code: %s\n' "$line"
            decodecode $syntax "$line"
        done < lines.txt > lines.$syntax.txt
    done
    expect 64 < windows64.txt > windows64.expected.txt
    expect 32 < windows32.txt > windows32.expected.txt
    as -o "$T/function.o" function.s
    ld -Ttext=0xffffffff81000000 -Tdata=0xffffffff82000000 -e fixture_entry -o "$T/function" "$T/function.o"
    for syntax in att intel; do
        objdump -d -w -M $syntax "$T/function" | grep -v 'file format' > function.$syntax.txt
    done
    ;;
esac
