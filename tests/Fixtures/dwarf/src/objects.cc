// Namespaces, templates, lambdas and operators: names that only a demangler makes readable.
extern "C" volatile int cxx_sink;
volatile int cxx_sink;

namespace net::flow {

template <typename T, int N> struct Table {
	T slots[N];

	[[gnu::noinline]] T &at(int i) { return slots[check(i)]; }
	[[gnu::always_inline]] int check(int i) const
	{
		cxx_sink = i;
		return i < N ? i : 0;
	}
	[[gnu::noinline]] bool operator==(const Table &other) const
	{
		for (int i = 0; i < N; i++)
			if (!(slots[check(i)] == other.slots[i]))
				return false;
		return true;
	}
};

struct Key {
	unsigned a, b;
	[[gnu::noinline]] explicit Key(unsigned seed) : a(seed), b(~seed) { cxx_sink = seed; }
	Key() = default;
	bool operator==(const Key &k) const { return a == k.a && b == k.b; }
};

template <typename F> [[gnu::noinline]] int each(int n, F body)
{
	int sum = 0;

	for (int i = 0; i < n; i++)
		sum += body(i);
	return sum;
}

namespace {
[[gnu::noinline]] int hidden(const Key *k, unsigned long long wide)
{
	cxx_sink = k->a;
	return k->b + wide;
}
}

Table<Key, 4> table, shadow;

int run(int n)
{
	int base = n * 2;
	auto twist = [&](int i) {
		cxx_sink = base;
		return base + hidden(&table.at(i), i);
	};
	return each(n, twist) + each(3, [](int i) { return cxx_sink + i; }) + (table == shadow);
}

}

extern "C" void start()
{
	net::flow::table.at(1) = net::flow::Key(7);
	net::flow::run(cxx_sink);
	for (;;)
		cxx_sink = cxx_sink + 1;
}
