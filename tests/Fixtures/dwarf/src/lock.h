/* Shaped like the kernel's spinlock headers: thin inline functions over each other. */
#ifndef LOCK_H
#define LOCK_H

#define noinline __attribute__((__noinline__))
#define cold __attribute__((__cold__, __noinline__))
#define init __attribute__((__noinline__, section(".init.text")))
#define exit_text __attribute__((__noinline__, section(".exit.text")))
#define unlikely(x) __builtin_expect(!!(x), 0)

struct lock { volatile int owner, tickets; };
struct packet { struct packet *next; volatile unsigned len, mark; struct lock lock; int kind; };

extern volatile int sink;
extern struct packet queue[4];

static inline __attribute__((always_inline)) void arch_lock(struct lock *l)
{
	while (l->owner)
		sink++;
	l->owner = 1;
}

static inline __attribute__((always_inline)) void raw_lock(struct lock *l)
{
	l->tickets++;
	arch_lock(l);
}

static inline __attribute__((always_inline)) void lock_it(struct lock *l)
{
	raw_lock(l);
	sink = 1;
}

static inline __attribute__((always_inline)) void unlock_it(struct lock *l) { sink = 2; l->owner = 0; }
static inline __attribute__((always_inline)) int half(int v) { return sink / 2 + v; }
static inline __attribute__((always_inline)) int twice(int v) { return sink * 3 + half(v); }

void bug(const char *what);
int no_lines(int v);
int lib_weight(struct packet *p);
int entry_add(int a, int b);
int net_rx(struct packet *p, int budget);
int net_tx(struct packet *p);
int net_init(void);
void net_exit(void);
#endif
