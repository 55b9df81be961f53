/* A header with code, included by one file only. */
static inline __attribute__((always_inline)) unsigned flow_mix(unsigned a, unsigned b)
{
	a ^= b << 7;
	sink = a;
	return a * 0x9e3779b1u + sink;
}

static inline __attribute__((always_inline)) unsigned flow_hash(struct packet *p)
{
	unsigned h = flow_mix(p->len, p->mark);

	if (p->next)
		h = flow_mix(h, p->next->mark);
	return h;
}

static inline void flow_drop(struct packet *p)
{
	p->mark = flow_mix(p->mark, 0xdead);
	p->next = 0;
}
