# Sourced by the tasks: what to say, what must be on the machine, which PowerShell to use. Runs in the repository's root.

say() { printf '== %s\n' "$*"; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# present PROBE: true where a command, a shared library (lib*.so*) or a file (/...) is there.
present() {
    case $1 in
    /*) [ -e "$1" ] ;;
    lib*.so*) ls /lib/*/"$1" /usr/lib/*/"$1" /lib64/"$1" /usr/lib64/"$1" 2>/dev/null | grep -q . ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# need PACKAGE:PROBE ...: installs the Debian packages whose probe is absent; without root, names them and stops.
need() {
    missing=
    for pair; do
        present "${pair#*:}" || missing="$missing ${pair%%:*}"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! present apt-get; then
        die "missing here:$missing. As root on Debian: apt-get install$missing"
    fi
    say "installing with apt:$missing"
    # shellcheck disable=SC2086 # package names hold no blanks
    apt_install $missing
}

# apt_install PACKAGE ...: refreshes the package lists only where they do not have a package.
apt_install() {
    apt-cache show "$@" >/dev/null 2>&1 || apt-get -q -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 install "$@" >/dev/null ||
        die "apt could not install: $*"
}

need_sdk() {
    present dotnet || die "the .NET SDK is not on PATH (global.json names the version); install it and run this again"
}

# find_pwsh: sets PWSH to the command line of a PowerShell, empty (and says so) where none can be had.
find_pwsh() {
    export POWERSHELL_TELEMETRY_OPTOUT=1
    PWSH=${KERNELDEBUG_PWSH-}
    [ -z "$PWSH" ] || return 0
    if present pwsh; then
        PWSH=pwsh
    elif dotnet tool restore >/dev/null 2>&1; then
        PWSH='dotnet tool run pwsh --'
    else
        say "left out: $1 (no pwsh on PATH, and 'dotnet tool restore' could not get the one .config/dotnet-tools.json names)"
    fi
}

# version: the module's, as Directory.Build.props has it.
version() { sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props; }

# log_release LOG: the kernel release its first report prints ("... 6.1.0-56-amd64 #1 ..."), empty where it prints none.
log_release() { sed -n 's/^.* \([0-9][0-9]*\.[0-9][0-9]*[^ ]*\) #[0-9].*$/\1/p' "$1" | head -n 1; }

# vmlinux_of RELEASE: the vmlinux with debug information that a distribution's package of that release installs, if it is here.
vmlinux_of() {
    for place in "/usr/lib/debug/boot/vmlinux-$1" "/usr/lib/debug/lib/modules/$1/vmlinux"; do
        [ -r "$place" ] && printf '%s\n' "$place" && return 0
    done
    return 0
}

# pester PATH RESULTS: runs the tests of a folder or a file in $PWSH and sets p, f and s to those passed, failed and skipped; false where there is no Pester.
pester() {
    pester_rc=0 p=0 f=0 s=0
    # shellcheck disable=SC2086 # PWSH is a command line
    $PWSH -NoProfile -File eng/pester.ps1 -Path "$1" -Results "$2" \
        -Packages "$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//; s|/$||')" || pester_rc=$?
    [ "$pester_rc" -ne 3 ] || return 1
    [ ! -r "$2" ] || read -r p f s <"$2"
    [ "$pester_rc" -eq 0 ] || [ "$f" -gt 0 ] || f=1
}
