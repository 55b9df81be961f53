// SPDX-License-Identifier: GPL-2.0
// Programs that are refused, each in its way.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The verifier does not see that the pointer is valid. */
SEC("?raw_tp/sys_enter")
int unchecked(struct bpf_raw_tracepoint_args *ctx)
{
	return *(int *)(long)ctx->args[0];
}

/* No such function in any kernel. */
SEC("?fentry/kerneldebug_no_such_function")
int absent(void *ctx)
{
	return 0;
}

SEC("?raw_tp/kerneldebug_no_such_tracepoint")
int absent_tracepoint(void *ctx)
{
	return 0;
}

/* Says not where. */
SEC("?uprobe")
int somewhere(void *ctx)
{
	return 0;
}

SEC("?xdp")
int packets(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("?freplace/other")
int replaced(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
