#include "lock.h"
#include "net_flow.h"

/* The same static name is in sched.c. */
static noinline int parse(struct packet *p, unsigned mark)
{
	p->mark = mark;
	return flow_hash(p) ^ p->len;
}

int net_rx(struct packet *p, int budget)
{
	int done = 0;

	while (p && done < budget) {
		if (unlikely(p->len > 1500)) {
			flow_drop(p);
			bug("len");
		}
		done += (parse(p, budget) & 1) + lib_weight(p);
		p = p->next;
	}
	return done;
}

int net_tx(struct packet *p)
{
#line 1000 "generated/net_table.c"
	int r = flow_hash(p);
#line 31 "net.c"
	lock_it(&p->lock);
	r += half(r) + twice(r), r ^= half(r);
	unlock_it(&p->lock);
	return r;
}

init int net_init(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		queue[i].next = i ? &queue[i - 1] : 0;
		lock_it(&queue[i].lock);
		unlock_it(&queue[i].lock);
	}
	return parse(queue, 1);
}

exit_text void net_exit(void)
{
	lock_it(&queue[0].lock);
	queue[0].next = 0;
}
