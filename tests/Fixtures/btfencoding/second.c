// Continues first.c: what is equal there is not repeated.
typedef unsigned int u32;
enum color { RED, GREEN = 7 };
struct own { struct own *next; enum color color; u32 bits : 5; char name[16]; };
int second_entry(struct own *own, void (*call)(struct own *, u32)) { call(own, own->bits); return own->color; }
static __attribute__((noinline)) void second_quiet(long double value) { (void)value; }
void second_done(void) { second_quiet(1.0L); }
