#!/bin/sh
# build: the module into Module/bin, kdecode into out/kdecode.
set -eu
. eng/common.sh
need_sdk
# The readers call these for compressed debug sections and modules.
need libzstd1:libzstd.so.1 liblzma5:liblzma.so.5

case $(uname -m) in
x86_64) rid=linux-x64 ;;
aarch64) rid=linux-arm64 ;;
*) rid= ;;
esac

say "restoring packages, exactly as the lock files have them"
for project in src/KernelDebug src/kdecode docs/HelpBuilder; do
    dotnet restore "$project" -p:RestoreLockedMode=true -v:q
done

# publish PROJECT FOLDER
publish() {
    rm -rf "$2"
    log=$(mktemp)
    if [ -n "$rid" ] && dotnet publish "$1" -c Release -r "$rid" --self-contained false -p:PublishReadyToRun=true \
        -p:PublishDocumentationFiles=false -o "$2" -v:q -nologo >"$log" 2>&1; then
        rm -f "$log"
        say "$1 -> $2 (ReadyToRun, $rid)"
        return
    fi
    # NU1101, NU1102, NU1301: no registry has the pack, or none answers. Anything else is a fault of ours and stays one.
    if [ -n "$rid" ] && ! grep -q 'NU1\(10[12]\|301\)' "$log"; then
        cat "$log" >&2
        rm -f "$log"
        die "$1 does not build"
    fi
    rm -f "$log"
    rm -rf "$2"
    dotnet publish "$1" -c Release -p:PublishDocumentationFiles=false -o "$2" -v:q -nologo || die "$1 does not build"
    say "$1 -> $2 (plain IL, slower to start: the ReadyToRun compiler for ${rid:-$(uname -m)} could not be had)"
}
publish src/KernelDebug Module/bin
publish src/kdecode out/kdecode
# PowerShell brings its own; a second copy in the module would shadow it.
[ ! -e Module/bin/System.Management.Automation.dll ] || die "PowerShell's reference assembly landed in Module/bin"
# Get-Help looks in the culture's folder beside the manifest, and nowhere else.
dotnet run --project docs/HelpBuilder -c Release --no-restore -- docs/en-US en-US/KernelDebug.dll-Help.xml >/dev/null || die "the help does not build"
say "docs/en-US -> en-US/KernelDebug.dll-Help.xml"
