#include "lock.h"

/* Small and not static: link-time optimisation inlines it into the other units, whose inlined
 * subroutines then refer to this unit (DW_FORM_ref_addr). */
int lib_weight(struct packet *p)
{
	int w = p->mark;

	lock_it(&p->lock);
	return w * 7 + half(w);
}
