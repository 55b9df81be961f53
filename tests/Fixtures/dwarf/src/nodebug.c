/* Compiled without -g: an address with a symbol and no unit. */
int no_lines(int v);
extern volatile int sink;
int no_lines(int v)
{
	sink += v;
	return sink * v;
}
