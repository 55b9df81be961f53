// SPDX-License-Identifier: GPL-2.0
// Sends an event for each getpgid(2) of one process, through a ring buffer or a perf buffer, and counts what it could not send.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define NR_getpgid 121 /* x86-64 */

enum way {
	WAY_RING,
	WAY_PERF,
};

struct event {
	__u64 sequence;
	__u32 pid;
	__s32 argument;
	enum way way;
	__u32 flag : 1, rest : 31;
	char comm[16];
	__u8 fill[24];
};

/* Keeps the type in the object. */
const struct event *unused __attribute__((unused));

struct total {
	__u64 calls;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct total);
} totals SEC(".maps");

const volatile __u32 wanted_pid = 0;
const volatile enum way way = WAY_RING;
const volatile __u32 burst = 1;
const volatile char label[16] = "";

__u64 sequence;
__u64 dropped;

SEC("raw_tp/sys_enter")
int send(struct bpf_raw_tracepoint_args *ctx)
{
	struct total *total, none = {};
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u32 i;

	if (ctx->args[1] != NR_getpgid || pid != wanted_pid)
		return 0;

	bpf_map_update_elem(&totals, &pid, &none, BPF_NOEXIST);
	total = bpf_map_lookup_elem(&totals, &pid);
	if (total)
		__sync_fetch_and_add(&total->calls, 1);

	for (i = 0; i < 64 && i < burst; i++) {
		struct event event = {};

		event.sequence = __sync_fetch_and_add(&sequence, 1);
		event.pid = pid;
		event.argument = -1 - (__s32)i;
		event.way = way;
		event.flag = 1;
		event.rest = 77;
		bpf_get_current_comm(event.comm, sizeof(event.comm));
		if (way == WAY_PERF) {
			bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
		} else {
			if (bpf_ringbuf_output(&ring, &event, sizeof(event), 0))
				__sync_fetch_and_add(&dropped, 1);
		}
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
