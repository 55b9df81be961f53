# Sourced by run.sh: Debian's packaged kernel, the files it needs fetched into $cache, and one boot of it in qemu.

# fetch PACKAGE[=VERSION]: downloads a Debian package into the current folder; the lists are refreshed where they are stale.
fetch() {
    apt-get -q -q download "$1" 2>/dev/null && return 0
    [ "$(id -u)" -ne 0 ] || apt-get -q -q update
    apt-get -q -q download "$1"
}

# kernel_files: sets release, version and image (a folder with boot/vmlinuz-$release and the modules); false where they cannot be had.
# GUEST_KERNEL names another line of kernels than the distribution's first: 6.12 for linux-image-6.12-amd64.
kernel_files() {
    local package deb
    package=$(apt-cache depends "linux-image-${GUEST_KERNEL:+$GUEST_KERNEL-}amd64" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$package" ] || return 1
    release=${package#linux-image-}
    image=$cache/$release
    if [ ! -e "$image/version" ]; then
        say "fetching $package"
        rm -rf "$image"
        mkdir -p "$image"
        (cd "$work" && fetch "$package") || return 1
        deb=$(ls "$work/${package}"_*.deb)
        dpkg-deb -x "$deb" "$image" || return 1
        dpkg-deb -f "$deb" Version >"$image/version"
        rm -f "$deb"
    fi
    version=$(cat "$image/version")
}

# kernel_vmlinux: sets vmlinux to the debug information of that very kernel, empty where it cannot be had.
kernel_vmlinux() {
    local package=linux-image-$release-dbg installed=/usr/lib/debug/boot/vmlinux-$release deb
    vmlinux=$image/vmlinux-$release
    [ ! -r "$vmlinux" ] || return 0
    if [ -r "$installed" ] && [ "$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null)" = "$version" ]; then
        vmlinux=$installed
        return 0
    fi
    vmlinux=
    say "fetching $package (about 860 MB; --no-vmlinux goes without)"
    (cd "$work" && fetch "$package=$version") || return 0
    deb=$(ls "$work/${package}"_*.deb)
    dpkg-deb --fsys-tarfile "$deb" | tar -x -O "./usr/lib/debug/boot/vmlinux-$release" >"$work/vmlinux" &&
        mv "$work/vmlinux" "$image/vmlinux-$release" && vmlinux=$image/vmlinux-$release
    rm -f "$deb" "$work/vmlinux"
}

# sample_module: builds samples/gtpsim for that kernel into $work/module/gtpsim.ko, with BTF where pahole and vmlinux are there.
sample_module() {
    cp -R "$sample" "$work/module"
    make -s -C "/usr/src/linux-headers-$release" M="$work/module" modules >"$work/make.log" 2>&1 || {
        cat "$work/make.log" >&2
        return 1
    }
    if [ -n "$vmlinux" ] && present pahole; then
        pahole -J --btf_gen_floats --btf_base "$vmlinux" "$work/module/gtpsim.ko" || say "no BTF in the module: pahole failed"
    fi
}

# unpacked FILE FOLDER: a module of the kernel's without its compression, which newer packages have.
unpacked() {
    case $1 in
    *.xz) xz -dc "$1" >"$2/$(basename "$1" .xz)" ;;
    *) cp "$1" "$2/" ;;
    esac
}

# kernel_module NAME FOLDER
kernel_module() {
    local file
    file=$(find "$image/lib/modules/$release" -name "$1.ko*" | head -n 1)
    [ -z "$file" ] || unpacked "$file" "$2"
}

# initrd: busybox, init and the modules.
initrd() {
    local root=$work/root applet
    mkdir -p "$root"/bin "$root"/dev "$root"/proc "$root"/sys "$root"/modules
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in sh sed mount ip insmod ping sleep poweroff; do
        ln -s busybox "$root/bin/$applet"
    done
    install -m 755 "$here/init" "$root/init"
    cp "$work/module/gtpsim.ko" "$root/modules/"
    kernel_module udp_tunnel "$root/modules"
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd.gz"
}

# acceleration: prints qemu's options for KVM where it works (a /dev/kvm that opens is no proof), else for emulation.
acceleration() {
    if [ -w /dev/kvm ] && echo quit | timeout 20 qemu-system-x86_64 -accel kvm -cpu host -machine q35 -m 128 -nodefaults -display none \
        -S -monitor stdio >/dev/null 2>&1; then
        echo "-accel kvm -cpu host"
    else
        # Five-level page tables slow the emulation down.
        echo "-accel tcg,thread=multi -cpu max,la57=off"
    fi
}

# boot FIRE LOG: one boot; the serial console goes to LOG. It ends by itself, after $timeout seconds at the latest, and with this
# script: waited for in the background, since a shell that waits in the foreground would let a signal wait as well.
boot() {
    local rc=0
    # shellcheck disable=SC2086 # $accel is options
    timeout -k 5 "$timeout" qemu-system-x86_64 $accel -machine q35 -m 1024 -smp 2 -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$image/boot/vmlinuz-$release" -initrd "$work/initrd.gz" -serial "file:$2" \
        -append "console=ttyS0,115200 panic=-1 loglevel=7 guest.fire=$1" </dev/null >"$work/qemu.log" 2>&1 &
    qemu=$!
    wait "$qemu" || rc=$?
    qemu=
    return "$rc"
}

# live_initrd: busybox, init-live, and the modules that a shared file system needs, in the order they are loaded in.
live_initrd() {
    local root=$work/live applet module
    mkdir -p "$root"/bin "$root"/dev "$root"/proc "$root"/sys "$root"/modules "$root"/share "$root"/host
    cp "$(command -v busybox)" "$root/bin/busybox"
    for applet in sh mount mkdir ip insmod chroot sync poweroff; do
        ln -s busybox "$root/bin/$applet"
    done
    install -m 755 "$here/init-live" "$root/init"
    depmod -b "$image" "$release"
    for module in virtio_pci 9pnet_virtio 9p; do
        modprobe -d "$image" -S "$release" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++' | while read -r module; do
        unpacked "$module" "$root/modules"
        module=${module##*/}
        echo "${module%.xz}"
    done >"$root/modules/order"
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/live.gz"
}

# live_boot SHARE: one boot that ends by itself, after $timeout seconds at the latest. The kernel takes the emulated processors' counters, which are
# one, for several that differ, and reads a far slower clock unless told otherwise.
live_boot() {
    local rc=0
    # shellcheck disable=SC2086 # $accel is options
    timeout -k 5 "$timeout" qemu-system-x86_64 $accel -machine q35 -m 2048 -smp 2 -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$image/boot/vmlinuz-$release" -initrd "$work/live.gz" -serial "file:$1/serial.log" \
        -virtfs "local,path=$1,mount_tag=share,security_model=none,id=share" \
        -virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap,id=root \
        -append "console=ttyS0,115200 panic=-1 loglevel=7 tsc=reliable" </dev/null >"$work/qemu.log" 2>&1 &
    qemu=$!
    wait "$qemu" || rc=$?
    qemu=
    return "$rc"
}
