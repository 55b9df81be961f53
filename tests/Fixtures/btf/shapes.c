/* Types of every kind, for the readers of BTF. Compiled as BPF by clang, and as a plain object whose DWARF pahole encodes. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef _Bool bool_t;

#ifdef __bpf__
#define __tag(x) __attribute__((btf_decl_tag(x)))
#define __user __attribute__((btf_type_tag("user")))
#define SEC(x) __attribute__((section(x), used))
#else
#define __tag(x)
#define __user
#define SEC(x) __attribute__((used))
#endif

enum color { RED, GREEN = 5, BLUE = -1 };
enum flags { FIRST = 1, LAST = 0x80000000u };
#ifndef __bpf__
enum wide { SMALL = 1, HUGE = 0x123456789abcdefULL };
enum wide_signed { LOW = -0x123456789abcdefLL, HIGH = 7 };
#endif

struct forward;
union either;
struct node;
typedef int (*compare_t)(const void *, const struct node *, ...);
typedef struct node *node_ptr;
typedef const volatile u32 odd_t;

struct node {
	node_ptr next;
	struct node *volatile *const where;
	char name[16];
	signed char bytes[4];
	u32 matrix[2][3];
	enum color color;
	union {
		u64 whole;
		struct {
			u32 low;
			u32 high;
		};
		struct {
			u16 left, right;
		} named;
	};
	unsigned int a : 3;
	int b : 5;
	unsigned int : 4;
	enum flags c : 20;
	u64 d : 40;
	bool_t e : 1;
	compare_t compare;
	int (*table[4])(struct node *self, int (*done)(void));
	void (*(*chooser)(int which))(const char *restrict text);
	char (*rows)[8];
	struct forward *unseen;
	union either *neither;
	const void __user *buffer __tag("where it lies");
	float f;
	double g;
	u8 tail[];
};

struct node first SEC(".data.first") __tag("global") = {
	.name = "caf\303\251", .bytes = { -1, 2, 3, -128 }, .matrix = { { 1, 2, 3 }, { 4, 5, 0xfffffffa } }, .color = BLUE,
	.whole = 0x1122334455667788ULL, .a = 5, .b = -3, .c = FIRST, .d = 0xabcdef0123ULL, .e = 1, .f = 1.5f, .g = -2.25,
	.unseen = (struct forward *)0x1234, .tail = { 9, 8, 7 },
};
static int hidden SEC(".bss.hidden");
#ifndef __bpf__
enum wide wide;
enum wide_signed wide_signed;
#endif

__attribute__((noinline)) static int helper(struct node *node __tag("taken"), odd_t *odd, char **names)
{
	hidden += node->a;
	return *odd + (names != 0);
}

SEC("tc") __tag("entry") int visit(struct node *node, unsigned long long count)
{
	odd_t odd = count;
	if (node->b > 1)
		return helper(node, &odd, 0);
	return node->color;
}

SEC("tc") int nothing(void)
{
	return hidden;
}
