// SPDX-License-Identifier: GPL-2.0
// syscalls.bpf.c of tests/Fixtures/bpf by fentry: counts each getpgid(2) of one process, and sends an event of 64 bytes for it where it is to.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	__u64 sequence;
	__u32 pid;
	__u32 way;
	char comm[16];
	__u8 fill[32];
};

/* Keeps the type in the object. */
const struct event *unused __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

const volatile __u32 wanted_pid = 0;
const volatile __u32 way = 0;
const volatile __u32 burst = 1;

__u64 sequence;
__u64 dropped;

SEC("fentry/__x64_sys_getpgid")
int BPF_PROG(send, const void *registers)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct event event = {};

	if (pid != wanted_pid)
		return 0;
	event.sequence = __sync_fetch_and_add(&sequence, 1);
	if (!burst)
		return 0;
	event.pid = pid;
	event.way = way;
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	if (bpf_ringbuf_output(&ring, &event, sizeof(event), 0))
		__sync_fetch_and_add(&dropped, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
