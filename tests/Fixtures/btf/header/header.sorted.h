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

enum choice {
	YES = 0,
	NO = 1,
};

enum choice___2 {
	NO___2 = 7,
	OTHER = 8,
};

enum large {
	HUGE_VALUE = 4294967296ULL,
};

enum tiny {
	A = 0,
	B = 1,
} __attribute__((mode(byte)));

enum word {
	AA = 0ULL,
	BB = 1ULL,
} __attribute__((mode(word)));

typedef int twice_t;

typedef long int twice_t___2;

struct __va_list_tag {
	unsigned int gp_offset;
	unsigned int fp_offset;
	void *overflow_arg_area;
	void *reg_save_area;
};

struct bits {
	long int a;
	int b: 3;
	short: 13;
	int c: 5;
	long int d;
	unsigned int e: 1;
};

struct tight {
	char x;
	int y;
	short int z;
} __attribute__((packed));

union both {
	struct tight t;
	char c[3];
};

struct caller;

typedef void (*callback_t)(struct caller *);

struct unnamed;

typedef struct unnamed unnamed_t;

struct caller {
	callback_t call;
	unnamed_t *u;
	const volatile char * const restrict text;
	int grid[6];
	int (*rows)[4];
};

struct fences {
	char a;
	long: 64;
	char b;
	int c: 2;
	int: 22;
	int d: 2;
	short int e;
	long: 40;
	int f: 4;
};

struct forced {
	char a;
	long: 64;
	int b;
	char c;
	long: 64;
};

struct line {
	int a;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
};

struct holes {
	int a;
	char b;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	struct line c;
	short int d;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
};

struct inner {
	struct tight t;
	int a;
	long: 64;
	char c;
	long int b: 40;
	long: 16;
	long int d: 24;
	unsigned int e: 1;
};

struct later;

struct twice {
	long int second;
	struct later *later;
};

struct later {
	struct twice back;
};

struct nothing {};

struct mixed {
	char x;
	enum tiny t;
	enum word w;
	enum large l;
	struct nothing n;
	struct {
		int a;
		union {
			char b;
			long int c;
		};
	} s;
	int rest[0];
};

struct odd_size {
	int a;
	char b[3];
} __attribute__((packed));

struct tail;

struct ring {
	struct ring *next;
	struct {
		struct ring *prev;
		struct tail *tail;
	} *links;
};

struct tail {
	struct ring head;
};

struct twice___2 {
	int first;
};

struct unnamed {
	struct unnamed * (*step)(struct unnamed *, const struct tail * const, ...);
};

struct user {
	__builtin_va_list list;
	enum {
		LEFT = 0,
		RIGHT = 1,
	} side;
};


/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
