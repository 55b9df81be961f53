#!/usr/bin/perl
# Writes a long serial log to standard output: boot text, and among it reports at even distances. The same arguments give the same bytes.
#
# Usage: make-long-log.pl MEGABYTES REPORTS LOG...
#   MEGABYTES  of the whole, in units of 1,000,000 bytes
#   REPORTS    how many
#   LOG        files with stamped reports (tests/Fixtures/logs); what lies from their first report's line to their end is taken in turn
use strict;
use warnings;

my ($megabytes, $reports, @logs) = @ARGV;
my $size = $megabytes * 1_000_000;

# What a boot prints, a number for each @: paths, sizes, addresses, and the words that a search for crashes must pass over.
my @boot = map { chomp; $_ } <DATA>;

my @crash;
for my $log (@logs) {
    open my $in, "<", $log or die "$log: $!\n";
    my @lines = map { s/^\[ *\d+\.\d{6}\]//r } grep { /^\[ *\d+\.\d{6}\]/ } <$in>;
    shift @lines while @lines && $lines[0] !~ /cut here|BUG: |Oops|general protection|Kernel panic|WARNING: |INFO: task|rcu: INFO/;
    push @crash, \@lines if @lines;
}
die "no stamped report in @logs\n" unless @crash;

my ($seed, $microseconds, $written, $printed) = (20261122, 0, 0, 0);
my $next = sub { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; $seed >> 8 };
my $stamp = sub { $microseconds += 1 + $next->() % 900; sprintf "[%5d.%06d]", $microseconds / 1_000_000, $microseconds % 1_000_000 };
my $distance = $reports ? $size / $reports : 0;
while ($written < $size) {
    my $text = "";
    while ($printed < $reports && $written + length $text >= ($printed + 0.5) * $distance) {
        $text .= $stamp->() . $_ for @{$crash[$printed++ % @crash]};
    }
    for (1 .. 200) {
        my $line = $boot[$next->() % @boot];
        $line =~ s/@/$next->() % 100000/ge;
        $text .= $stamp->() . " $line\n";
    }
    $written += length $text;
    print $text;
}
__DATA__
Linux version 6.1.0-56-amd64 (debian-kernel@lists) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC
Command line: console=ttyS0 root=/dev/vda1 ro panic=-1 oops=panic debug=@
BIOS-e820: [mem 0x00000000000@-0x000000000009fbff] usable
x86/fpu: xstate_offset[2]:  @, xstate_sizes[2]:  256
tsc: Detected @.374 MHz processor
e820: update [mem 0x00000000-0x00000fff] usable ==> reserved
smpboot: CPU0: AMD EPYC Processor (family: 0x19, model: 0x@, stepping: 0x1)
Booting the kernel.
rcu: Hierarchical RCU implementation, event tracing is enabled, cpu @.
rcu: RCU restricting CPUs from NR_CPUS=8192 to nr_cpu_ids=@.
Kernel/User page tables isolation: enabled
Memory: @K/2096632K available (14342K kernel code, 2332K rwdata, 9060K rodata, 2796K init, 17404K bss, 120364K reserved, 0K cma-reserved)
SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=2, Nodes=@
ACPI: bus type PCI registered, dynamic debug messages @
ACPI: PCI: Interrupt link LNKA configured for IRQ @
pci 0000:00:1f.2: [8086:2922] type 00 class 0x010601, reg 0x10: [io  0xc@-0xc05f]
pci 0000:00:02.0: BAR @: assigned [mem 0xfebd0000-0xfebd0fff]
clocksource: hpet: mask: 0xffffffff max_cycles: 0xffffffff, max_idle_ns: @ ns
NET: Registered PF_INET6 protocol family @
TCP: Hash tables configured (established @ bind 16384)
virtio_blk virtio1: [vda] @ 512-byte logical blocks (10.7 GB/10.0 GiB)
 vda: vda1 vda@
EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none. inode @
EXT4-fs (vda1): re-mounted. Quota mode: none. (@)
systemd[1]: Detected virtualization kvm, @ units to start.
systemd[1]: Starting systemd-journald.service - Journal Service (attempt @)...
systemd[1]: Started debug-shell.service - Bug report collector @.
systemd-journald[@]: Received client request to flush runtime journal.
audit: type=1400 audit(1795341605.@:2): apparmor="STATUS" operation="profile_load" profile="unconfined" name="lsb_release" pid=@ comm="apparmor_parser"
input: Power Button as /devices/LNXSYSTM:00/LNXPWRBN:00/input/input@
usb 1-1: New USB device found, idVendor=0627, idProduct=0001, bcdDevice= @.00
usb 1-1: device descriptor read/64, error -@
e1000 0000:00:03.0 eth0: (PCI:33MHz:32-bit) 52:54:00:12:@:56
IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready after @ ms
random: crng init done (@ bits)
random: 7 urandom warning(s) missed due to ratelimiting, @ bytes
watchdog: Delayed init of the lockup detector failed: -@
NMI watchdog: Enabled. Permanently consumes one hw-PMU counter, cpu @.
kernel test robot: selftest @ passed, no bug found
raid6: avx2x4   gen() @ MB/s
xor: automatically using best checksumming function   avx, @ MB/s
device-mapper: ioctl: 4.47.0-ioctl (2022-07-28) initialised: dm-devel@redhat.com
Adding @k swap on /dev/vda2.  Priority:-2 extents:1 across:998396k FS
hrtimer: interrupt took @ ns
perf: interrupt took too long (@ > 2500), lowering kernel.perf_event_max_sample_rate to 79000
ata3.00: configured for UDMA/100, queue depth @
cfg80211: Loading compiled-in X.509 certificates for regulatory database @
Bluetooth: HCI device and connection manager initialized, index @
br-@: port 1(veth42f1a) entered blocking state
docker0: port 2(vethd@) entered forwarding state
IN=eth0 OUT= MAC=52:54:00:12:34:56 SRC=192.168.1.@ DST=192.168.1.20 LEN=60 TTL=64 PROTO=TCP SPT=@ DPT=22 WINDOW=64240 SYN URGP=0
nfs: server 10.0.0.@ not responding, still trying
TCP: request_sock_TCP: Possible SYN flooding on port @. Sending cookies.
sd 2:0:0:0: [sda] tag#@ CDB: Read(10) 28 00 00 00 08 00 00 00 08 00
Freeing unused kernel image (initmem) memory: @K
Run /init as init process, pid @
