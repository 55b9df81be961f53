// SPDX-License-Identifier: GPL-2.0
// Sends for each getpgid(2) of one process a record that ends where its text does, through a ring buffer or a perf buffer.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NR_getpgid 121 /* x86-64 */

struct text_event {
	__u32 pid;
	__u32 length;
	char text[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} perf SEC(".maps");

const volatile __u32 wanted_pid = 0;
const volatile __u32 text_length = 5;
const volatile __u32 in_perf = 0;

SEC("raw_tp/sys_enter")
int texts(struct bpf_raw_tracepoint_args *ctx)
{
	struct text_event event = { .text = "0123456789abcdefghijklmnopqrstuvwxyz" };
	__u32 length = text_length & 31;

	if (bpf_get_current_pid_tgid() >> 32 != wanted_pid || ctx->args[1] != NR_getpgid)
		return 0;
	event.pid = wanted_pid;
	event.length = length;
	if (in_perf)
		bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, __builtin_offsetof(struct text_event, text) + length);
	else
		bpf_ringbuf_output(&ring, &event, __builtin_offsetof(struct text_event, text) + length, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
