#!/bin/bash
# Records the logs of tests/Fixtures/memberfault: builds the module for Debian's packaged kernel, boots that in qemu, fires every case of
# cases.tsv in turn, each from a process of its own, and cuts the serial console into one log a case. "call" has a boot to itself: it stops
# at no code, and a kernel that oopsed before prints the place of its first oops behind it.
#
# Usage: tests/Guest/memberfault/record.sh FOLDER       (the logs and the module are put there)
set -eu
folder=$(mkdir -p "${1:?a folder for the logs}" && cd "$1" && pwd)
own=$(cd -- "$(dirname -- "$0")" && pwd)
here=$(dirname -- "$own")
cd "$here/../.."
. eng/common.sh
. "$here/kernel.sh"
timeout=${GUEST_TIMEOUT:-400}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kerneldebug-guest
mkdir -p "$cache"
work=$(mktemp -d "$cache/record.XXXXXX")
trap 'rm -rf "$work"' EXIT
(need qemu-system-x86:qemu-system-x86_64 busybox-static:busybox) || die "no qemu or busybox"
kernel_files || die "the kernel's package could not be fetched"
(need "linux-headers-$release:/usr/src/linux-headers-$release/Makefile" make:make) || die "no headers of $release to build the module with"
sample=$own vmlinux=
sample_module || die "the module does not build for $release"
cp "$work/module/memberfault.ko" "$folder/"

root=$work/root
mkdir -p "$root"/bin "$root"/dev "$root"/proc
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in sh sed mount insmod sleep poweroff; do ln -s busybox "$root/bin/$applet"; done
cp "$work/module/memberfault.ko" "$root/"
cat >"$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
insmod /memberfault.ko
for name in $(sed -n 's/.*guest\.fire=\([^ ]*\).*/\1/p' /proc/cmdline | sed 's/,/ /g'); do
    echo "memberfault: $name" >/dev/kmsg
    sh -c "echo $name >/proc/memberfault"
    sleep 1
done
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd.gz"
accel=$(acceleration)

others=$(grep -v '^#' tests/Fixtures/memberfault/cases.tsv | cut -f 1 | grep -vx call | paste -sd ,)
for cases in "$others" call; do
    boot "$cases" "$work/serial.log" || say "qemu ended with $? ($(tail -n 1 "$work/qemu.log"))"
    tr -d '\r' <"$work/serial.log" | awk -v folder="$folder" '
        match($0, /memberfault: [a-z]+$/) { file = folder "/" substr($0, RSTART + 13) ".log"; printf "" >file; next }
        file { print >file }'
done
say "$(find "$folder" -name '*.log' | wc -l) logs in $folder"
