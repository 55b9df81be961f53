// SPDX-License-Identifier: GPL-2.0
// A program for each kind of attachment. Each sends an event every time it is called, unless it is called for what attachments-target did
// not cause: so that the events can be counted against what was done, and against the kernel's own count of the calls.
#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ptrace.h>
#include <linux/udp.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

#define PORT 5999
#define EPERM 1
#define NR_getpgid 121 /* x86-64 */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
	int pid;
	int tgid;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__cgroup {
	struct bpf_iter_meta *meta;
	struct cgroup *cgroup;
};

struct trace_event_raw_sys_enter {
	unsigned long args[6];
};
#pragma clang attribute pop

struct event {
	__u32 pid;
	__u32 cpu;
	__s64 first;
	__s64 second;
};

const struct event *unused __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

__u64 dropped;
const volatile bool refuse;

/* Programs for packets are of no process, and may not ask for one. */
static __always_inline int send_of(__u32 pid, __s64 first, __s64 second)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->pid = pid;
	event->cpu = bpf_get_smp_processor_id();
	event->first = first;
	event->second = second;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline int send(__s64 first, __s64 second)
{
	return send_of(bpf_get_current_pid_tgid() >> 32, first, second);
}

static __always_inline bool is_target(void)
{
	static const char target[] = "attachments-tar";
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	for (int i = 0; i < sizeof(target); i++)
		if (comm[i] != target[i])
			return false;
	return true;
}

SEC("perf_event")
int on_sample(void *ctx)
{
	return send(0, 0);
}

SEC("uprobe")
int BPF_KPROBE(on_call, int a, int b)
{
	return send(a, b);
}

SEC("uretprobe")
int BPF_KRETPROBE(on_return, int sum)
{
	return send(sum, 0);
}

SEC("usdt")
int BPF_USDT(on_usdt, int a, int b)
{
	return send(a, b);
}

SEC("kprobe.multi/security_task_get*")
int BPF_KPROBE(on_many)
{
	return send(0, 0);
}

SEC("kprobe/left_to_the_caller")
int BPF_KPROBE(on_kprobe)
{
	return is_target() ? send(0, 0) : 0;
}

SEC("ksyscall/left_to_the_caller")
int on_ksyscall(void *ctx)
{
	return is_target() ? send(0, 0) : 0;
}

SEC("tp/syscalls/left_to_the_caller")
int on_tracepoint(struct trace_event_raw_sys_enter *ctx)
{
	return is_target() ? send(ctx->args[0], 0) : 0;
}

SEC("fentry/left_to_the_caller")
int BPF_PROG(on_fentry)
{
	return is_target() ? send(0, 0) : 0;
}

SEC("fmod_ret/security_task_getpgid")
int BPF_PROG(on_fmod_ret, struct task_struct *task, int ret)
{
	if (!is_target())
		return ret;
	send(task->tgid, ret);
	return refuse ? -EPERM : ret;
}

SEC("lsm/task_getpgid")
int BPF_PROG(on_lsm, struct task_struct *task, int ret)
{
	if (!is_target())
		return ret;
	send(task->tgid, ret);
	return refuse ? -EPERM : ret;
}

static __always_inline int on_packet(void *data, void *end)
{
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (void *)(ethernet + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) <= end && ethernet->h_proto == bpf_htons(ETH_P_IP) && ip->protocol == IPPROTO_UDP && udp->dest == bpf_htons(PORT))
		send_of(0, bpf_ntohs(udp->len), 0);
	return 0;
}

SEC("xdp")
int on_xdp(struct xdp_md *ctx)
{
	on_packet((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	return XDP_PASS;
}

SEC("tc")
int on_tc(struct __sk_buff *ctx)
{
	on_packet((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	return 0;
}

SEC("socket")
int on_socket(struct __sk_buff *ctx)
{
	__u16 port;

	if (bpf_skb_load_bytes(ctx, sizeof(struct ethhdr) + sizeof(struct iphdr) + 2, &port, sizeof(port)) == 0 && port == bpf_htons(PORT))
		send_of(0, ctx->len, ctx->pkt_type);
	return 0;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	send(bpf_ntohs(ctx->user_port), 0);
	return 1;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *ctx)
{
	send_of(0, ctx->len, 0);
	return 1;
}

SEC("raw_tp/sys_enter")
int on_counted(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 *count;
	__u32 zero = 0;

	if (!is_target() || ctx->args[1] != NR_getpgid)
		return 0;
	count = bpf_map_lookup_elem(&calls, &zero);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

SEC("iter")
int on_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct event event = {};

	if (!task)
		return 0;
	event.pid = task->tgid;
	event.first = task->pid;
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}

SEC("iter/cgroup")
int on_cgroup(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *group = ctx->cgroup;
	struct event event = {};

	if (!group)
		return 0;
	event.first = group->kn->id;
	event.second = group->level;
	bpf_seq_write(ctx->meta->seq, &event, sizeof(event));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
