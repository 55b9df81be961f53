// SPDX-License-Identifier: GPL-2.0
// An event for each program that is started: who started it, and which file it is. Compiled beside it as exec.bpf.o:
//
//     clang -g -O2 -target bpf -c exec.bpf.c -o exec.bpf.o
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

/* What is read of the kernel's structures; where it lies is found out when the program is loaded. */
struct task_struct {
	int tgid;
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

struct event {
	__u64 time;
	__u32 pid;
	__u32 parent;
	char comm[16];
	char filename[128];
};

/* Nothing uses it: it keeps the structure's type in the object, which tells who reads the events. */
const struct event *unused __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* Events that found no room. */
__u64 dropped;

SEC("raw_tp/sched_process_exec")
int exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx->args[0];
	struct linux_binprm *program = (struct linux_binprm *)ctx->args[2];
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->time = bpf_ktime_get_ns();
	event->pid = BPF_CORE_READ(task, tgid);
	event->parent = BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	bpf_probe_read_kernel_str(event->filename, sizeof(event->filename), BPF_CORE_READ(program, filename));
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
