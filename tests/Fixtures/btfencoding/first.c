// Every kind of type that DWARF has for C and BTF can hold, and functions that are taken and that are not.
typedef unsigned int u32;
enum color { RED, GREEN = 7 };
enum balance { DEBT = -5, EVEN, GAIN };
enum wide { NEAR = 1, FAR = 0x123456789abcdefULL };
struct hidden;
union value { long number; double real; char text[12]; };
struct flags { u32 one : 1; u32 rest : 7; int sign : 3; u32 : 0; _Bool on : 1; unsigned long many : 40; };
struct node {
    struct node *next;
    const volatile struct hidden *secret;
    union value value;
    struct { short x, y; union { int a; float b; }; };
    int grid[3][4];
    enum color color;
    enum balance balance;
    enum wide wide;
    int (*compare)(const void *, const void *, ...);
    struct flags flags;
    unsigned char tail[];
};
__attribute__((section(".data..percpu"))) int counter_percpu = 3;
__attribute__((section(".data..percpu"))) static struct flags flags_percpu;
int ordinary = 1;
static __attribute__((noinline)) int quiet(struct node *node, u32 times) { return node->grid[1][2] * times; }
static inline int folded(int a) { return a + ordinary; }
int loud(struct node *restrict node, const char *format, ...) { return folded(quiet(node, 3)) + format[0] + counter_percpu + flags_percpu.one; }
void unnamed_parameter(int, int named);
void unnamed_parameter(int number, int named) { ordinary = number + named; }
__int128 large(__int128 value) { return value + 1; }
int old_style();
int old_style() { return old_style != 0; }
