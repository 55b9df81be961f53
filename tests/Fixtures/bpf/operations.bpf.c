// SPDX-License-Identifier: GPL-2.0
// A table of operations of the kernel's (BPF_MAP_TYPE_STRUCT_OPS). Not meant to be registered.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;

struct tcp_congestion_ops {
	__u32 flags;
	void (*init)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

SEC("struct_ops/none_init")
void BPF_PROG(none_init, struct sock *sk)
{
}

SEC("struct_ops/none_ssthresh")
__u32 BPF_PROG(none_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("struct_ops/none_undo")
__u32 BPF_PROG(none_undo, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops none = {
	.init = (void *)none_init,
	.ssthresh = (void *)none_ssthresh,
	.undo_cwnd = (void *)none_undo,
	.name = "kerneldebug",
};

char LICENSE[] SEC("license") = "GPL";
