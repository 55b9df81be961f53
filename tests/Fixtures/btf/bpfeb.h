#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

struct node;

typedef struct node *node_ptr;

typedef unsigned int u32;

enum color {
	RED = 0,
	GREEN = 5,
	BLUE = 4294967295,
};

typedef unsigned long long u64;

typedef unsigned short u16;

enum flags {
	FIRST = 1,
	LAST = 2147483648,
};

typedef _Bool bool_t;

typedef int (*compare_t)(const void *, const struct node *, ...);

struct forward;

union either;

typedef unsigned char u8;

struct node {
	node_ptr next;
	struct node * volatile * const where;
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
	const void __attribute__((btf_type_tag("user"))) *buffer;
	float f;
	double g;
	u8 tail[0];
};

typedef volatile const u32 odd_t;

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
