// SPDX-License-Identifier: GPL-2.0
// Prints a line for each getpgid(2) of one process, and lists tasks as lines and as records.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define NR_getpgid 121 /* x86-64 */

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
} __attribute__((preserve_access_index));

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

struct task_event {
	__s32 pid;
	__s32 tgid;
	char comm[16];
};

const volatile __u32 wanted_pid = 0;

/* Lines that were not printed. */
__u64 dropped;

SEC("raw_tp/sys_enter")
int say(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (ctx->args[1] == NR_getpgid && pid == wanted_pid && bpf_printk("getpgid of %u", pid) < 0)
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}

SEC("?iter/task")
int lines(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d %s\n", task->pid, task->tgid, task->comm);
	return 0;
}

SEC("?iter/task")
int records(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task_event event = {};

	if (!task)
		return 0;
	event.pid = task->pid;
	event.tgid = task->tgid;
	bpf_probe_read_kernel_str(event.comm, sizeof(event.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
