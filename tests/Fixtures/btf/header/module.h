#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

typedef unsigned char u8;

typedef short unsigned int u16;

typedef unsigned int u32;

typedef long long unsigned int u64;

typedef _Bool bool_t;

enum color {
	RED = 0,
	GREEN = 5,
	BLUE = -1,
};

enum flags {
	FIRST = 1,
	LAST = 2147483648,
};

enum wide {
	SMALL = 1ULL,
	HUGE = 81985529216486895ULL,
};

enum wide_signed {
	LOW = -81985529216486895LL,
	HIGH = 7LL,
};

struct node;

typedef int (*compare_t)(const void *, const struct node *, ...);

typedef struct node *node_ptr;

struct forward;

union either;

struct node {
	node_ptr next;
	struct node * volatile * const where;
	char name[16];
	signed char bytes[4];
	u32 matrix[6];
	enum color color;
	union {
		u64 whole;
		struct {
			u32 low;
			u32 high;
		};
		struct {
			u16 left;
			u16 right;
		} named;
	};
	unsigned int a: 3;
	int b: 5;
	char: 4;
	enum flags c: 20;
	long: 32;
	u64 d: 40;
	bool_t e: 1;
	compare_t compare;
	int (*table[4])(struct node *, int (*)(void));
	void (* (*chooser)(int))(const char * restrict);
	char (*rows)[8];
	struct forward *unseen;
	union either *neither;
	const void *buffer;
	float f;
	double g;
	u8 tail[0];
};

typedef const volatile u32 odd_t;

struct own {
	enum color color;
	u32 first;
	char label[16];
	struct own *peer;
};


/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
