# Sourced by run.sh: the rows of faults.tsv, and what each of them checks.

# rows CASE: the rows of a case. Empty columns are kept by a mark, since "read" would join the tabs around them.
rows() { grep -v '^#' "$here/faults.tsv" | awk -F '\t' -v OFS='\t' -v case="$1" '$1 == case { for (i = 1; i <= 8; i++) if ($i == "") $i = "-"; print }'; }

# source_line FILE AFTER STATEMENT: the number of the first line that has STATEMENT, at or after the first that has AFTER.
source_line() {
    awk -v after="$2" -v statement="$3" 'index($0, after) { seen = 1 } seen && index($0, statement) { print NR; exit }' "$sample/$1"
}

# reported LOG: FILE:LINE of the first "kernel BUG at FILE:LINE!" or "WARNING: CPU: ... at FILE:LINE function".
reported() { sed -n -E 's/.*(kernel BUG at|WARNING: .* at) ([^ ]+:[0-9]+)[! ].*/\2/p' "$1" | head -n 1; }

# places DECODED FRAME: the places of the first certain frame of that function, innermost first, separated by blanks. The layout is
# the script's: name (file:line file:line) [module], where file:line may be followed by " (discriminator N)".
places() {
    local name
    case $2 in
    RIP) name='RIP: [0-9a-f]+:[^ ]+' ;;
    *) name="[]: ]$2(\\.[^ +(]*)?(\\+0x[0-9a-f]+/0x[0-9a-f]+)?" ;;
    esac
    tr -d '\r' <"$1" | sed -E 's/ \(discriminator [0-9]+\)//g' | grep -E "$name \\(" | grep -v -F "? $2" | head -n 1 |
        sed -E "s@.*$name \\(@@; s@\\).*@@"
}

# same_place A B: one may name the file from further up than the other; the line is the same.
same_place() {
    [ "$1" = "$2" ] && return 0
    case $1 in */"$2") return 0 ;; esac
    case $2 in */"$1") return 0 ;; esac
    return 1
}

# check ROW LOG DECODED: one row; counts it.
check() {
    local name frame place file after statement needs expected found
    IFS=$(printf '\t') read -r name _ frame place file after statement needs <<<"$1"
    if [ "$needs" = vmlinux ] && [ -z "$vmlinux" ]; then
        say "$name: $frame skipped, it lies in the kernel proper and there is no vmlinux"
        skipped=$((skipped + 1))
        return 0
    fi
    if [ "$place" = reported ]; then
        expected=$(reported "$2")
    else
        expected=$file:$(source_line "$file" "$after" "$statement")
    fi
    found=$(places "$3" "$frame")
    if [ "$place" = last ]; then found=${found##* }; else found=${found%% *}; fi
    if [ -n "$expected" ] && [ -n "$found" ] && same_place "$expected" "$found"; then
        passed=$((passed + 1))
        say "$name: $frame $place is $found"
    else
        failed=$((failed + 1))
        say "FAILED $name: $frame $place: expected ${expected:-a file and line in $2}, found ${found:-no such frame with a place} ($3)"
    fi
}
