// SPDX-License-Identifier: GPL-2.0
// By hand, what Start-BpfTrace vfs_write -Property count, 'file->f_flags', 'file->f_path.dentry->d_name.len' -ProcessId N generates: an event with
// the time, the process, the thread, the processor, the task's name and three values for each call that one process makes.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct qstr {
	__u32 len;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	unsigned int f_flags;
};
#pragma clang attribute pop

struct event {
	__u64 time;
	__u32 cpu;
	__u32 tid;
	__u32 pid;
	char comm[16];
	__u32 flags;
	__u64 count;
	__u32 length;
};

/* Keeps the type in the object. */
const struct event *unused __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

const volatile __u32 wanted_pid = 0;

__u64 dropped;

SEC("fentry/vfs_write")
int BPF_PROG(by_hand, struct file *file, const char *buffer, __u64 count)
{
	__u64 ids = bpf_get_current_pid_tgid();
	struct event *event;

	if (ids >> 32 != wanted_pid)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->time = bpf_ktime_get_boot_ns();
	event->cpu = bpf_get_smp_processor_id();
	event->tid = ids;
	event->pid = ids >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->count = count;
	event->flags = file->f_flags;
	event->length = file->f_path.dentry->d_name.len;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
