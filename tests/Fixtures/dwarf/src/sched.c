#include "lock.h"

volatile int sink;
struct packet queue[4];

/* The same static name is in net.c. */
static noinline int parse(struct packet *p, int depth)
{
	if (depth > 3)
		return p->mark;
	lock_it(&p->lock);
	p->mark += depth;
	unlock_it(&p->lock);
	return p->len + twice(depth) + half(depth);	/* three inlined bodies on one line */
}

/* An unlikely path that gcc moves to sched_pick.cold. */
int sched_pick(struct packet *p, int n)
{
	int i, sum = 0;

	for (i = 0; i < n; i++) {
		if (unlikely(!p[i].next)) {
			sink = 77;
			lock_it(&p[i].lock);
			bug("empty");
			sink = 78;
			continue;
		}
		sum += parse(p[i].next, i);
	}
	return sum;
}

/* Called with one constant only: a .constprop clone. */
static noinline int scaled(struct packet *p, int factor, int shift)
{
	int v = p->len * factor;

	lock_it(&p->lock);
	return (v + sink) << shift;
}

/* Its last parameter is never read and the flag is all it takes of the struct: an .isra clone. */
static noinline int member(const struct packet *p, int add, struct packet *unused)
{
	(void)unused;
	return sink + p->kind * add + half(add);
}

int sched_scale(struct packet *p)
{
	return lib_weight(p) + scaled(p, 24, 3) + scaled(p->next, 24, 3) + member(p, 5, p->next) + member(p->next, sink, p);
}

cold void bug(const char *what)
{
	sink = what[0];
	for (;;)
		sink++;
}

__attribute__((section(".text.start"))) void start(void)
{
	net_init();
	sched_pick(queue, 4);
	sched_scale(queue);
	net_rx(queue, entry_add(no_lines(1), 2));
	net_tx(queue);
	net_exit();
	for (;;)
		;
}
