// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand, one a function, each through a pointer whose member is known from the source.
 * echo NAME > /proc/memberfault fires the one of that name; the writer dies of it, the kernel lives on.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

/* No parameter is left out or read by the caller in its place. The rest the compiler may change, as it does in a kernel. */
#define mf_as_written noinline __attribute__((noipa))

struct mf_stats {
	u64 packets;
	u64 bytes;
};

struct mf_ops {
	const char *name;
	int (*open)(int id);
	int (*get)(int id);
};

struct mf_point {
	u32 x, y;
};

struct mf_inner {
	u16 port;
	struct {
		u32 flags;
		u64 cookie;
	} deep;
};

struct mf_slot {
	u32 id;
	u32 state;
	void *owner;
};

union mf_address {
	u32 v4;
	u8 v6[16];
	struct mf_point point;
};

struct mf_object {
	u64 magic;
	struct list_head by_name;
	struct list_head by_age;
	u32 mode:4, wide:12, ready:1, rest:15;
	u32 key;
	struct mf_inner inner;
	union {
		u64 whole;
		struct {
			u32 low;
			u32 high;
		};
	};
	struct mf_slot slots[8];
	const struct mf_ops *ops;
	const char *label;
	struct mf_object *next;
	struct mf_stats __percpu *stats;
	union mf_address address;
	struct mf_object __rcu *peer;
	atomic_t users;
	u32 first, second;
	struct hlist_node in_hash;
	u8 gap[8192];
	u64 tail;
};

struct mf_object *mf_global;
static struct mf_object *volatile mf_null;
static struct mf_object mf_table[4];
static unsigned long volatile mf_number = 3;
static long volatile mf_sink;
static struct mf_ops mf_no_ops;
static struct mf_object *mf_pointers[4];
static DEFINE_PER_CPU(struct mf_object *, mf_on_cpu);
static HLIST_HEAD(mf_hash);
static LIST_HEAD(mf_names);
static LIST_HEAD(mf_ages);

static mf_as_written long mf_nested(struct mf_object *obj)
{
	return obj->inner.deep.cookie;
}

static noinline long mf_chain(struct mf_object *obj)
{
	return obj->next->next->key;
}

static mf_as_written long mf_anonymous(struct mf_object *obj)
{
	return obj->high;
}

static noinline void *mf_element(struct mf_object *obj, unsigned long index)
{
	return obj->slots[index].owner;
}

static noinline long mf_bits(struct mf_object *obj)
{
	return obj->wide;
}

static noinline void mf_write(struct mf_object *obj, u32 key)
{
	obj->key = key;
}

static noinline void mf_count(struct mf_object *obj)
{
	obj->tail++;
}

static mf_as_written long mf_entry(struct list_head *head)
{
	struct mf_object *obj = list_entry(head->next, struct mf_object, by_age);

	return obj->key;
}

static noinline int mf_call(const struct mf_object *obj, int id)
{
	return obj->ops->get(id) + 1;
}

static mf_as_written int mf_ops(struct mf_object *obj, int id)
{
	return obj->ops->get(id) + 1;
}

static noinline struct mf_object *mf_find(unsigned long key)
{
	return key > 100 ? &mf_table[0] : mf_null;
}

static noinline long mf_returned(unsigned long key)
{
	return mf_find(key)->tail;
}

static noinline long mf_loop(struct list_head *head)
{
	struct mf_object *obj;
	long sum = 0;

	list_for_each_entry(obj, head, by_name)
		sum += obj->key;
	return sum;
}

static inline u32 mf_low_of(const struct mf_object *which)
{
	return which->low;
}

static noinline long mf_inlined(struct mf_object *obj)
{
	return mf_low_of(obj->next) + 1;
}

static mf_as_written u64 mf_percpu(struct mf_object *obj)
{
	return this_cpu_ptr(obj->stats)->bytes;
}

static noinline long mf_rcu(struct mf_object *obj)
{
	long key;

	rcu_read_lock();
	key = rcu_dereference(obj->peer)->key;
	rcu_read_unlock();
	return key;
}

static noinline long mf_static(void)
{
	return mf_global->first;
}

static mf_as_written u64 mf_far(struct mf_object *obj)
{
	return obj->tail;
}

static mf_as_written u32 mf_union(struct mf_object *obj)
{
	return obj->address.point.y;
}

static noinline int mf_string(struct mf_object *obj)
{
	return obj->label[0];
}

static noinline struct mf_object *mf_failing(unsigned long number)
{
	return ERR_PTR(-(long)number - 9);
}

static noinline u64 mf_error(void)
{
	struct mf_object *obj = mf_failing(mf_number);

	return obj->magic;
}

static noinline void mf_poison(struct mf_object *obj)
{
	obj->next->second = 1;
}

static mf_as_written void mf_spilled(struct mf_object *obj, int a, int b, int c, int d)
{
	int i;

	for (i = a; i < b; i++) {
		pr_debug("%d %d %d %d\n", i, b, c, d);
		mf_sink += mf_find(i + 1000)->key;
	}
	obj->next->key = c;
	pr_debug("%d %d\n", c, d);
}

static noinline u32 mf_vector(struct mf_slot *vector, unsigned long index)
{
	return vector[index].state;
}

static noinline long mf_callback(void *data)
{
	struct mf_object *obj = data;

	return obj->first;
}

static noinline void mf_merged(struct mf_object *obj)
{
	obj->first = 0;
	obj->second = 0;
}

static noinline void mf_atomic(struct mf_object *obj)
{
	atomic_inc(&obj->users);
}

static mf_as_written void mf_copy(union mf_address *to, struct mf_object *from)
{
	*to = from->address;
}

static noinline u32 mf_untyped(unsigned long address)
{
	return *(u32 *)(address + 0x18);
}

static mf_as_written u64 mf_twice(struct mf_object **where)
{
	return (*where)->magic;
}

static noinline void mf_clear(struct mf_object *obj)
{
	memset(obj, 0, sizeof(*obj));
}

static noinline void mf_unlink(struct mf_object *obj)
{
	list_del(&obj->by_age);
}

static noinline void mf_link(struct mf_object *obj)
{
	list_add_tail(&obj->by_name, &mf_names);
}

static noinline void *mf_branches(struct mf_object *obj, struct mf_slot *slot, int which)
{
	void *at = which ? (void *)obj : (void *)slot;

	OPTIMIZER_HIDE_VAR(at);
	return *(void **)(at + 8);
}

static noinline u32 mf_indexed(unsigned long index)
{
	return mf_pointers[index]->key;
}

static noinline u32 mf_this_cpu(void)
{
	return this_cpu_read(mf_on_cpu)->second;
}

static noinline u32 mf_hashed(struct hlist_head *head)
{
	struct mf_object *obj;

	hlist_for_each_entry(obj, head, in_hash)
		if (obj->key == 7)
			return obj->first;
	return 0;
}

static noinline int mf_flag(struct mf_object *obj)
{
	if (obj->next->ready)
		return 5;
	return 6;
}

static mf_as_written char mf_letter(struct mf_object *obj)
{
	return obj->next->ops->name[2];
}

static noinline void mf_swap(struct mf_object *one, struct mf_object *other)
{
	struct mf_object *kept = one->next;

	one->next = other->next;
	other->next = kept;
	kept->key = 3;
}

static struct mf_object *mf_new(void)
{
	struct mf_object *obj = kzalloc(sizeof(*obj), GFP_KERNEL);

	INIT_LIST_HEAD(&obj->by_name);
	INIT_LIST_HEAD(&obj->by_age);
	return obj;
}

static void mf_fire(const char *name)
{
	struct mf_object *obj = mf_new(), *bad = mf_null;
	unsigned long number = mf_number;

#define IS(case) (!strcmp(name, case))
	if (IS("nested"))	mf_sink = mf_nested(bad);
	if (IS("chain"))	mf_sink = mf_chain((obj->next = mf_new(), obj));
	if (IS("anonymous"))	mf_sink = mf_anonymous(bad);
	if (IS("element"))	mf_sink = (long)mf_element(bad, number);
	if (IS("bits"))		mf_sink = mf_bits(bad);
	if (IS("write"))	mf_write(bad, number);
	if (IS("count"))	mf_count(bad);
	if (IS("entry"))	mf_sink = mf_entry((obj->by_age.next = NULL, &obj->by_age));
	if (IS("call"))		mf_sink = mf_call((obj->ops = &mf_no_ops, obj), number);
	if (IS("ops"))		mf_sink = mf_ops(obj, number);
	if (IS("returned"))	mf_sink = mf_returned(number);
	if (IS("loop"))		mf_sink = mf_loop((obj->by_name.next = (void *)LIST_POISON1, &obj->by_name));
	if (IS("inlined"))	mf_sink = mf_inlined(obj);
	if (IS("percpu"))	mf_sink = mf_percpu((obj->stats = (void *)0xdead000000001000UL, obj));
	if (IS("rcu"))		mf_sink = mf_rcu(obj);
	if (IS("static"))	mf_sink = mf_static();
	if (IS("far"))		mf_sink = mf_far(bad);
	if (IS("union"))	mf_sink = mf_union(bad);
	if (IS("string"))	mf_sink = mf_string(obj);
	if (IS("error"))	mf_sink = mf_error();
	if (IS("poison"))	mf_poison((memset(&obj->next, 0x6b, 8), obj));
	if (IS("spilled"))	mf_spilled(obj, 1, number, 3, 4);
	if (IS("vector"))	mf_sink = mf_vector((void *)bad, number);
	if (IS("callback"))	mf_sink = mf_callback(bad);
	if (IS("merged"))	mf_merged(bad);
	if (IS("atomic"))	mf_atomic(bad);
	if (IS("copy"))		mf_copy(&obj->address, bad);
	if (IS("untyped"))	mf_sink = mf_untyped((unsigned long)bad);
	if (IS("twice"))	mf_sink = mf_twice((struct mf_object **)bad);
	if (IS("clear"))	mf_clear(bad);
	if (IS("unlink"))	(list_add(&obj->by_age, &mf_ages), list_del(&obj->by_age), mf_unlink(obj));
	if (IS("link"))		(mf_names.prev = &obj->by_age, mf_link(obj));
	if (IS("indexed"))	mf_sink = mf_indexed(number);
	if (IS("thiscpu"))	mf_sink = mf_this_cpu();
	if (IS("hashed"))	mf_sink = mf_hashed((mf_hash.first = (void *)LIST_POISON2, &mf_hash));
	if (IS("flag"))		mf_sink = mf_flag(obj);
	if (IS("letter"))	mf_sink = mf_letter((obj->next = mf_new(), obj->next->ops = &mf_no_ops, obj));
	if (IS("swap"))		mf_swap(obj, mf_new());
	if (IS("user"))		mf_sink = mf_far((struct mf_object *)(current->mm->start_stack & ~0xffffUL));
	if (IS("branches"))	mf_sink = (long)mf_branches(bad, (void *)bad, number & 1);
}

static ssize_t mf_proc_write(struct file *file, const char __user *text, size_t count, loff_t *at)
{
	char name[32];

	if (count >= sizeof(name) || copy_from_user(name, text, count))
		return -EINVAL;
	name[count] = 0;
	mf_fire(strim(name));
	return count;
}

static const struct proc_ops mf_proc_ops = { .proc_write = mf_proc_write };

static int mf_open(int id)
{
	return id;
}

static int __init mf_init(void)
{
	mf_no_ops.open = mf_open;
	return proc_create("memberfault", 0200, NULL, &mf_proc_ops) ? 0 : -ENOMEM;
}

static void __exit mf_exit(void)
{
	remove_proc_entry("memberfault", NULL);
}

module_init(mf_init);
module_exit(mf_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("faults through a pointer whose member the source tells");
