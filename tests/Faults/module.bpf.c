// SPDX-License-Identifier: GPL-2.0
// An event for each packet the sample module takes in, by a kprobe: that, unlike fentry, holds no reference to the module.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	__u64 skb;
};

const struct event *unused __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("kprobe/gtpsim_encap_recv")
int BPF_KPROBE(received, struct sock *sk, struct sk_buff *skb)
{
	struct event event = { .skb = (__u64)skb };

	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
