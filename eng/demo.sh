#!/bin/sh
# demo: decodes the bundled panic log with the module it came from, through kdecode and through the cmdlets.
set -eu
sh eng/build.sh
. eng/common.sh
log=samples/panic.log
modules=samples/gtpsim
release=$(log_release "$log")
vmlinux=$(vmlinux_of "$release")
if [ -n "$vmlinux" ]; then
    say "this machine has the kernel's own debug information: $vmlinux"
else
    say "no vmlinux of $release here (Debian: linux-image-$release-dbg), so the module's frames get their source and the kernel's stay as they are"
fi
say "kdecode '$vmlinux' auto $modules < $log"
out/kdecode/kdecode "$vmlinux" auto "$modules" <"$log"

find_pwsh "the demo of the cmdlets"
[ -n "$PWSH" ] || exit 0
say "Get-PanicTrace $log | ConvertTo-DecodedStack"
# shellcheck disable=SC2086 # PWSH is a command line
$PWSH -NoProfile -File eng/demo.ps1 -Log "$log" -ModulePath "$modules" -Vmlinux "$vmlinux"
