// SPDX-License-Identifier: GPL-2.0
/*
 * Functions that take what functions of the kernel can take, one kind each, and are called with values that are known from here.
 * Anything written to /proc/arguments calls each of them once.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/string.h>

/* The compiler leaves no parameter out, and calls are calls. */
#define as_written noinline __attribute__((noipa))

enum at_colour { AT_RED, AT_GREEN = 5, AT_BLUE = -3 };

struct at_pair {
	u32 a;
	u16 b;
};

struct at_wide {
	u64 first;
	s32 second;
};

union at_number {
	u32 whole;
	u8 bytes[4];
};

struct at_inner {
	s16 port;
	const char *name;
};

struct at_all {
	s8 tiny;
	u16 half;
	bool yes, no;
	u32 low : 3;
	s32 middle : 5;
	u32 high : 24;
	enum at_colour colour;
	union {
		u32 word;
		struct {
			u16 first, second;
		};
	};
	union at_number number;
	char text[8];
	char full[4];
	const char *name;
	u8 bytes[4];
	s32 numbers[3];
	struct at_inner inner;
	struct at_inner inners[2];
	struct at_inner *pointed;
	struct at_inner **deep;
	struct at_all *none;
	int (*called)(int);
	void *raw;
	u64 zero;
	u64 large;
};

struct at_letter {
	char text[200];
};

static struct at_inner at_first = { .port = -7, .name = "first" };
static struct at_inner *at_between = &at_first;
static int at_twice(int x) { return 2 * x; }

static struct at_all at_example = {
	.tiny = -5, .half = 65535, .yes = true, .no = false, .low = 6, .middle = -9, .high = 0xabcdef, .colour = AT_BLUE,
	.word = 0x00020001, .number = { .whole = 0x04030201 }, .text = "seven77", .full = { 'f', 'u', 'l', 'l' }, .name = "a name",
	.bytes = { 9, 8, 7, 6 }, .numbers = { 1, -2, 3 }, .inner = { .port = 80, .name = "inner" },
	.inners = { { .port = 1, .name = "zero" }, { .port = 2, .name = "one" } },
	.pointed = &at_first, .deep = &at_between, .called = at_twice, .raw = &at_first, .zero = 0, .large = 0xfedcba9876543210ull,
};

as_written int at_signed(s8 a, s16 b, s32 c, s64 d) { return -a; }
as_written u16 at_unsigned(u8 a, u16 b, u32 c, u64 d) { return b; }
as_written bool at_bool(bool yes, bool no) { return yes; }
as_written enum at_colour at_enum(enum at_colour colour) { return colour; }
as_written void at_pointers(s8 *a, u16 *b, s32 *c, u64 *d, bool *e, enum at_colour *f) { }
as_written struct at_all *at_structure(struct at_all *all) { return all; }
as_written int at_values(struct at_pair pair, struct at_wide wide) { return wide.second; }
as_written u64 at_many(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, s32 h) { return g; }
as_written int at_functions(int (*call)(int), int (**table)(int)) { return call(1); }
as_written long at_error(int which) { return which ? -EINVAL : 0; }
as_written void *at_error_pointer(int which) { return which == 1 ? ERR_PTR(-ENOMEM) : which == 2 ? NULL : &at_first; }
as_written int at_nothing(struct at_all *none, const char *text) { return 0; }
as_written int at_words(const char *text, char *buffer, const char **list) { return 0; }

as_written int at_long(struct at_letter *letter) { return 0; }

as_written int at_recursive(int depth)
{
	int below = depth ? at_recursive(depth - 1) : 0;

	/* A loop it must not become. */
	barrier();
	return below + 1;
}

static ssize_t at_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	static struct at_letter letter;
	static const char *list[] = { "one", "two" };
	static int (*table[])(int) = { at_twice };
	s8 tiny = -100;
	u16 half = 60000;
	s32 whole = -2000000000;
	u64 large = 0x8000000000000001ull;
	bool yes = true;
	enum at_colour colour = AT_GREEN;

	at_signed(-128, -32768, -2147483647 - 1, -9223372036854775807ll - 1);
	at_unsigned(255, 65535, 4294967295u, 18446744073709551615ull);
	at_bool(true, false);
	at_enum(AT_BLUE);
	at_pointers(&tiny, &half, &whole, &large, &yes, &colour);
	at_structure(&at_example);
	at_values((struct at_pair){ 0x11223344, 0x5566 }, (struct at_wide){ 0x1122334455667788ull, -2 });
	at_many(1, 2, 3, 4, 5, 6, 7, -8);
	at_functions(at_twice, table);
	at_error(0);
	at_error(1);
	at_error_pointer(0);
	at_error_pointer(1);
	at_error_pointer(2);
	at_nothing(NULL, NULL);
	at_words("a text", (char *)16, list);
	at_recursive(3);
	memset(letter.text, 'x', 150);
	strscpy(letter.text + 150, "end", sizeof("end"));
	at_long(&letter);
	return count;
}

static const struct proc_ops at_ops = { .proc_write = at_write };

static int __init at_init(void)
{
	return proc_create("arguments", 0200, NULL, &at_ops) ? 0 : -ENOMEM;
}

static void __exit at_exit(void)
{
	remove_proc_entry("arguments", NULL);
}

module_init(at_init);
module_exit(at_exit);
MODULE_LICENSE("GPL");
