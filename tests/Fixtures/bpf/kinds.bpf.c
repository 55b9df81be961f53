// SPDX-License-Identifier: GPL-2.0
// What an object can have besides programs and plain maps: variables of sections of their own, of the kernel's configuration and of its symbols,
// functions called with and without being inlined away, maps in maps, tables of programs, and code adapted in each way to the kernel's types.
// Not meant to be attached.
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

struct list_head;

struct rq {
	unsigned int nr_running;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
	unsigned int in_execve : 1;
	char comm[16];
	struct list_head *none_such;
} __attribute__((preserve_access_index));

struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

struct cell {
	__u64 count;
};

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { &first, &second },
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct cell);
} cells SEC(".maps");

int next(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} table SEC(".maps") = {
	.values = { [1] = (void *)&next },
};

extern unsigned int LINUX_KERNEL_VERSION __kconfig;
extern unsigned int CONFIG_HZ __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig __weak;
extern const struct rq runqueues __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;

const volatile int level = 3;
int counter SEC(".data.counters") = 1;
static volatile long total;
__u64 dropped;

static __attribute__((noinline)) long add(long value)
{
	total += value;
	return total;
}

__attribute__((noinline)) int known(__u32 key)
{
	__u64 *value = bpf_map_lookup_elem(&first, &key);

	return value ? (int)add(*value) : 0;
}

static long each(__u32 index, void *context)
{
	return add(index) > 100;
}

SEC("raw_tp/sys_enter")
int begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___old *old = (void *)task;
	char line[24] = {};
	__u64 key = 0;
	struct cell *cell = bpf_map_lookup_elem(&cells, &key);

	if (cell)
		__sync_fetch_and_add(&cell->count, 1);
	total += BPF_CORE_READ(task, pid) + BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
	if (bpf_core_field_exists(task->none_such))
		total += bpf_core_field_size(task->none_such);
	if (bpf_core_field_exists(old->state))
		total += BPF_CORE_READ(old, state);
	if (bpf_core_type_exists(struct task_struct))
		total += bpf_core_type_size(struct task_struct) + bpf_core_type_id_local(struct cell);
	if (bpf_core_enum_value_exists(enum pid_type, PIDTYPE_TGID))
		total += bpf_core_enum_value(enum pid_type, PIDTYPE_TGID);
	total += LINUX_KERNEL_VERSION + CONFIG_HZ + CONFIG_DEFAULT_HOSTNAME[0] + (long)&runqueues;
	BPF_SNPRINTF(line, sizeof(line), "%d of %s", counter, "this");
	bpf_loop(4, each, (void *)0, 0);
	counter += known(level) + line[0];
	bpf_tail_call(ctx, &table, 1);
	return 0;
}

SEC("raw_tp/sys_enter")
int next(void *ctx)
{
	total++;
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(typed, struct pt_regs *regs, long id)
{
	if (bpf_rcu_read_lock)
		add(id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
__u32 made_for SEC("version") = 1;
