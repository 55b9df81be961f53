#!/bin/busybox sh
# The guests' first program: does what the kernel's command line says ("do=mod,prov-BUG"), and says so in the log before.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t debugfs debugfs /sys/kernel/debug
echo 1 > /proc/sys/kernel/sysrq; echo 8 > /proc/sys/kernel/printk
for w in $(cat /proc/cmdline); do case $w in do=*) D=${w#do=};; esac; done
say(){ echo "<6>guest: $*" > /dev/kmsg; }
say "booted, doing $D"
for c in $(echo $D | tr , ' '); do
say "action $c"
case $c in
 mod) insmod /lkdtm.ko;;
 prov-*) sh -c "echo ${c#prov-} > /sys/kernel/debug/provoke-crash/DIRECT"; sleep 1;;
 bg-*) sh -c "echo ${c#bg-} > /sys/kernel/debug/provoke-crash/DIRECT" & ;;
 kmod) insmod /kinds.ko;;
 kind-*) sh -c "echo ${c#kind-} > /proc/kinds"; sleep 2;;
 sysrq-*) echo ${c#sysrq-} > /proc/sysrq-trigger; sleep 1;;
 hungset) echo 5 > /proc/sys/kernel/hung_task_timeout_secs; echo 3 > /proc/sys/kernel/watchdog_thresh;;
 netup) ip addr add 10.9.9.2/24 dev kinds0; ip link set kinds0 up; ping -c2 -W1 10.9.9.1; sleep 8;;
 oom) mount -t tmpfs -o size=100% none /tmp; sh -c 'cat /dev/zero > /tmp/fill'; rm -f /tmp/fill; sleep 1;;
 user) sh -c 'kill -SEGV $$'; say "a bug in the log of a program is no BUG";;
 sleep*) sleep ${c#sleep};;
 initdie) exit 3;;
esac; done
sleep 1
say done
poweroff -f
