#!/bin/sh
# Captures the files beside this one, as root, in an instance of the trace that is gone afterwards: make.sh DIRECTORY
# Those with 6.1 in their names are of Debian's 6.1 kernel, the others of a 6.18 one, which allows no function tracer.
# *.format: what the kernel says its records are, x86-64. marks*.txt: what mark.pl writes, under names of tasks that are hard to read. The rest: events of the scheduler under each option.
set -eu
here=$(cd "$(dirname "$0")" && pwd) out=$1 trace=${TRACEFS:-/sys/kernel/tracing}
mkdir "$trace/instances/make"; cd "$trace/instances/make"
trap 'cd /; rmdir "$trace/instances/make"' EXIT
sched() { echo 1 > events/sched/sched_switch/enable; sleep "$1"; echo 0 > events/sched/sched_switch/enable; }
clear() { : > trace; }
echo 'common_pid == 1 && common_pid == 2' > events/sched/sched_switch/filter; echo 1 > events/sched/sched_switch/enable # for the names
perl "$here/mark.pl"; cat trace > "$out/marks.txt"; clear
echo 1 > options/record-tgid; perl "$here/mark.pl"; cat trace > "$out/marks-tgid.txt"; clear
echo 0 > events/sched/sched_switch/filter; sched 0.05; cat trace > "$out/sched-tgid.txt"; clear
echo 0 > options/irq-info; echo hi > trace_marker; cat trace > "$out/noirq.txt"; echo 1 > options/irq-info; clear
echo counter > trace_clock; echo hi > trace_marker; cat trace > "$out/counter.txt"; echo local > trace_clock
echo 1 > options/latency-format; echo hi > trace_marker; cat trace > "$out/latency.txt"; echo 0 > options/latency-format; clear
echo 1 > options/stacktrace; sched 0.02; head -40 trace > "$out/stack.txt"; echo 0 > options/stacktrace; clear
for event in sched/sched_process_exec sched/sched_switch syscalls/sys_enter_openat; do cat "events/$event/format" > "$out/${event#*/}.format"; done
echo 0 > options/record-tgid; sched 0.05; cat trace > "$out/sched.txt"
echo 4 > buffer_size_kb; echo 1 > events/sched/enable; sleep 1; head -12 trace > "$out/overwritten.txt"
{ timeout 1 cat trace_pipe || true; } | head -60 > "$out/lost.txt"; echo 0 > events/sched/enable
for tracer in function function_graph; do
  echo $tracer > current_tracer; sleep 0.05; head -40 trace > "$out/$tracer.txt"; echo nop > current_tracer
done
