// SPDX-License-Identifier: GPL-2.0
// A packet that the sample module takes in: the device it says it is from.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	__u64 skb;
	__u32 length;
	char device[16];
};

const struct event *unused __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

__u64 dropped;

SEC("fentry/gtpsim_encap_recv")
int BPF_PROG(encap_recv, struct sock *sk, struct sk_buff *skb)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->skb = (__u64)skb;
	event->length = skb->len;
	bpf_probe_read_kernel_str(event->device, sizeof(event->device), skb->dev->name);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
