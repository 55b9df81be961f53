/* What inline.gsym was made from: inlined calls two deep, a part split off, a function without debug information. */
static volatile int sink;

static inline __attribute__((always_inline)) int leaf(int value)
{
	sink = value;
	if (value > 100)
		return value / 3;
	return value + sink;
}

static inline __attribute__((always_inline)) int middle(int value)
{
	int sum = 0;

	for (int i = 0; i < value; i++)
		sum += leaf(i);
	return sum;
}

__attribute__((noinline, cold)) void rarely(int value)
{
	sink = value * 7;
}

__attribute__((noinline)) int outer(int value)
{
	int result = middle(value);

	if (__builtin_expect(result == 42, 0)) {
		rarely(result);
		__builtin_trap();
	}
	return result + leaf(value);
}

void _start(void)
{
	sink = outer(sink) + middle(3);
	for (;;)
		;
}
