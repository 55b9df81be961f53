#!/bin/sh
# package: a module folder that imports from anywhere, with kdecode, as a folder and as an archive.
set -eu
sh eng/build.sh
. eng/common.sh
version=$(version)
folder=out/package/KernelDebug/$version
rm -rf out/package
mkdir -p "$folder"
cp -R KernelDebug.psd1 LICENSE CHANGELOG.md Module docs en-US "$folder/"
[ ! -e README.md ] || cp README.md "$folder/"
cp -R out/kdecode "$folder/kdecode"
archive=out/KernelDebug-$version.tar.gz
tar -C out/package -czf "$archive" KernelDebug
say "$archive: unpack it into a folder of \$env:PSModulePath; the command is in KernelDebug/$version/kdecode"

say "trying it from another place"
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
tar -C "$elsewhere" -xzf "$archive"
"$elsewhere/KernelDebug/$version/kdecode/kdecode" -h >/dev/null || die "the packaged kdecode does not start"
find_pwsh "the import of the packaged module"
[ -n "$PWSH" ] || exit 0
# shellcheck disable=SC2086 # PWSH is a command line
(cd / && $PWSH -NoProfile -Command "\$ErrorActionPreference = 'Stop'
    \$module = Import-Module '$elsewhere/KernelDebug' -PassThru
    if (-not \$module.ExportedCmdlets.Count) { throw 'the packaged module exports no cmdlet' }
    \$module.ExportedCmdlets.Keys")
