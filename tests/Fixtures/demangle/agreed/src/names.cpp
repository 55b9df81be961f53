// Functions whose names cover the Itanium grammar: templates, operators, lambdas, substitutions, function pointers, special names.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
namespace drv { struct Dev { virtual ~Dev(); virtual int probe(int) const; Dev operator+(const Dev &) const; explicit operator bool() const; int operator[](unsigned long) &&; void *operator new(unsigned long); void operator()(); static int count; };
Dev::~Dev() {} int Dev::probe(int) const { return 0; } Dev Dev::operator+(const Dev &) const { return *this; } Dev::operator bool() const { return true; }
int Dev::operator[](unsigned long) && { return 0; } void *Dev::operator new(unsigned long) { throw 1; } void Dev::operator()() {} int Dev::count;
namespace { int hidden(Dev *) { return 1; } } inline namespace v2 { int use(Dev *d) { return hidden(d); } } }
template <class T, int N> struct Ring { T items[N]; T &at(int i) { return items[i]; } template <class U> void push(U &&, T *const *) {} };
template struct Ring<drv::Dev, 4>; template void Ring<char, -1 + 8>::push<int>(int &&, char *const *);
template <class... A> int pack(A &&...) { return sizeof...(A); } template int pack<int, const char *, drv::Dev &>(int &&, const char *&&, drv::Dev &);
template <bool B, char C, auto *P> void values() {} template void values<true, 'x', &drv::Dev::count>();
template <template <class, class> class C> void holder(C<int, std::allocator<int>> *) {} template void holder<std::vector>(std::vector<int> *);
void pointers(int (*)(char, drv::Dev *), int (drv::Dev::*)(int) const, int drv::Dev::*, int (&)[3], void (*)(void (*)(...)) noexcept) {}
void numbers(unsigned char, short, unsigned short, long long, unsigned long long, __int128, float, double, long double, wchar_t, char16_t, char32_t, bool, signed char, decltype(nullptr)) {}
void strings(std::string, const std::vector<std::string> &, std::map<int, std::string> *, std::unique_ptr<drv::Dev>) {}
int lambdas(int x) { auto a = [x](int y) { auto b = [y](auto z) { return z + y; }; return b(x); }; static int once = a(2); std::function<int(int)> f = a; return f(once); }
extern "C++" int volatile_restrict(volatile int *__restrict, const volatile void *) { return 0; }
int operator""_km(unsigned long long v) { return int(v); } bool operator<(drv::Dev, drv::Dev) { return false; }
thread_local std::string tls = "x"; std::string &touch() { return tls; }
__attribute__((noinline)) static int isra(int *p) { return *p + 1; } int caller(int *p) { if (__builtin_expect(*p == 7, 0)) { throw std::string("cold"); } return isra(p) + isra(p + 1); }
