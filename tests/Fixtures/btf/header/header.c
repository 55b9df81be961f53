/* What a header of C must say that BTF does not: paddings, packed structures, sizes of enumerations, names that are there twice, order. */
#ifdef SECOND
struct twice { long second; struct later *later; };
typedef long twice_t;
enum { CONSTANT = 2 };
enum choice { NO = 7, OTHER };
struct later { struct twice back; };
struct twice twice2;
twice_t alias2;
enum choice choice2;
#else
struct line { int a; } __attribute__((aligned(64)));
struct holes { int a; char b; struct line c; short d; };
struct bits { long a; int b : 3; int : 13; int c : 5; long d; unsigned e : 1; };
struct fences { char a; long : 64; char b; int c : 2; int : 0; int d : 2; short e; long : 40; int f : 4; };
struct forced { char a; int b __attribute__((aligned(16))); char c; };
struct tight { char x; int y; short z; } __attribute__((packed));
struct inner { struct tight t; int a; long : 64; char c; long b : 40; long d : 24; unsigned e : 1; };
struct odd_size { int a; char b[3]; } __attribute__((packed));
enum tiny { A, B } __attribute__((packed));
enum word { AA, BB } __attribute__((mode(word)));
enum large { HUGE_VALUE = 0x100000000ULL };
struct nothing {};
struct mixed { char x; enum tiny t; enum word w; enum large l; struct nothing n; struct { int a; union { char b; long c; }; } s; int rest[]; };
union both { struct tight t; char c[3]; };
struct twice { int first; };
typedef int twice_t;
enum { CONSTANT = 1 };
enum choice { YES, NO };
struct ring { struct ring *next; struct { struct ring *prev; struct tail *tail; } *links; };
struct tail { struct ring head; };
typedef struct unnamed { struct unnamed *(*step)(struct unnamed *, const struct tail *const, ...); } unnamed_t;
typedef void (*callback_t)(struct caller *);
struct caller { callback_t call; unnamed_t *u; const volatile char *const restrict text; int grid[2][3]; int (*rows)[4]; };
struct user { __builtin_va_list list; enum { LEFT, RIGHT } side; };
struct line line; struct holes holes; struct bits bits; struct fences fences; struct forced forced; struct tight tight; struct inner inner;
struct odd_size odd_size; struct mixed mixed; union both both; struct twice twice; twice_t alias; struct ring ring; struct tail tail;
unnamed_t unnamed; struct caller caller; struct user user; enum choice choice;
int constant(void) { return CONSTANT; }
#endif
