// SPDX-License-Identifier: GPL-2.0
// Programs for what a loader has to say: where, how often, and how large. Maps are left without sizes, and the type of the events is in
// the DWARF alone.
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define NR_getpgid 121 /* x86-64 */

struct event {
	__u32 pid;
	__u32 cpu;
	__s64 argument;
};

/* The one of the two that the BTF has. */
struct counted_event {
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct counted_event);
} kinds_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(key_size, sizeof(__u32));
} kinds_stacks SEC(".maps");

const volatile __u32 wanted_pid = 0;

static __always_inline __u32 process(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline int send(__s64 argument)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return 0;
	event->pid = process();
	event->cpu = bpf_get_smp_processor_id();
	event->argument = argument;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("?perf_event")
int kinds_sample(void *ctx)
{
	return send(0);
}

SEC("?uprobe")
int BPF_KPROBE(kinds_call, int argument)
{
	return send(argument);
}

SEC("?uretprobe")
int BPF_KRETPROBE(kinds_return, int value)
{
	return send(value);
}

SEC("?raw_tp/sys_enter")
int kinds_stack(struct bpf_raw_tracepoint_args *ctx)
{
	struct counted_event *known, first = { .count = 1 };
	__u32 pid = process();

	if (pid != wanted_pid || ctx->args[1] != NR_getpgid)
		return 0;
	bpf_get_stackid(ctx, &kinds_stacks, BPF_F_USER_STACK);
	known = bpf_map_lookup_elem(&kinds_counts, &pid);
	if (known)
		__sync_fetch_and_add(&known->count, 1);
	else
		bpf_map_update_elem(&kinds_counts, &pid, &first, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
