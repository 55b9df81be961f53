/* Types that continue those of shapes.c, as a module's continue vmlinux's. */
typedef unsigned int u32;
enum color { RED, GREEN = 5, BLUE = -1 };
struct own {
	enum color color;
	u32 first;
	char label[16];
	struct own *peer;
};

__attribute__((used)) int own_function(struct own *own, u32 first)
{
	return own->color + first;
}
