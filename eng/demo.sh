#!/bin/sh
# demo: decodes the panic log of samples/ with the symbol bundle beside it, through kdecode and through the cmdlets.
set -eu
sh eng/build.sh
. eng/common.sh
log=samples/panic.log
bundle=samples/panic.gsym
say "kdecode $bundle < $log"
out/kdecode/kdecode "$bundle" <"$log"

find_pwsh "the demo of the cmdlets"
[ -n "$PWSH" ] || exit 0
say "Get-PanicTrace $log | ConvertTo-DecodedStack -Vmlinux $bundle"
# shellcheck disable=SC2086 # PWSH is a command line
$PWSH -NoProfile -File eng/demo.ps1 -Log "$log" -Bundle "$bundle"
