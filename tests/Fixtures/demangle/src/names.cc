// Every shape of name we could think of that an Itanium demangler must read. Only the symbols matter.
#include <stddef.h>
namespace a { namespace b { struct S { int m; S(); S(int); ~S(); virtual void v(); int operator()(int) const; operator bool() const; S &operator=(const S &); S operator+(const S &) const; int operator[](size_t) const; S *operator->(); static int counter; void cv() const volatile; void lref() &; void rref() &&; void nx() noexcept; }; } }
namespace a { inline namespace v1 { template <class T> struct Box { T t; void put(T); template <class U> U get(T *, const U &); }; } }
using a::b::S;
S::S() {} S::S(int) {} S::~S() {} void S::v() {} int S::operator()(int x) const { return x; } S::operator bool() const { return m; }
S &S::operator=(const S &) { return *this; } S S::operator+(const S &) const { return S(); } int S::operator[](size_t n) const { return n; } S *S::operator->() { return this; }
int S::counter; void S::cv() const volatile {} void S::lref() & {} void S::rref() && {} void S::nx() noexcept {}
template <class T> void a::Box<T>::put(T x) { t = x; }
template <class T> template <class U> U a::Box<T>::get(T *, const U &u) { return u; }
template struct a::Box<int>; template struct a::Box<S *>; template struct a::Box<a::Box<char>>;
template double a::Box<int>::get<double>(int *, const double &);
template <class... T> int pack(T... t) { return sizeof...(t); }
template int pack<>(); template int pack<int>(int); template int pack<int, char, S>(int, char, S);
template <int N, bool B, char C> int values() { return N + B + C; }
template int values<5, true, 'x'>(); template int values<-7, false, '\0'>();
template <unsigned long long N> unsigned long long wide() { return N; } template unsigned long long wide<18446744073709551615ull>();
template <int (*F)(int)> int call(int x) { return F(x); } int twice(int x) { return 2 * x; } template int call<twice>(int);
template <int S::*P> int member(S &s) { return s.*P; } template int member<&S::m>(S &);
template <template <class> class C, class T> void tt(C<T>) {} template void tt<a::Box, int>(a::Box<int>);
void fptr(int (*)(char, S *), void (S::*)() const volatile, int S::*) {}
void arrays(int (&)[3], const char (*)[4][5]) {}
void quals(const char *const *volatile *, const volatile void *, char *__restrict) {}
void refs(S &, const S &, S &&) {}
void basics(bool, char, signed char, unsigned char, short, unsigned short, int, unsigned, long, unsigned long, long long, unsigned long long, float, double, long double, wchar_t, char16_t, char32_t, __int128, unsigned __int128, decltype(nullptr)) {}
void dots(const char *, ...) {}
int subst(a::b::S, a::b::S *, a::b::S **, const a::b::S *, a::Box<a::b::S>, a::Box<a::b::S> *) { return 0; }
int subst2(void (*)(a::b::S), void (*)(a::b::S), int (*)(int), int (*)(int)) { return 0; }
template <class T> auto trailing(T t) -> decltype(t + 1) { return t + 1; } template int trailing<int>(int);
template <class T> decltype(sizeof(T)) size(T) { return sizeof(T); } template size_t size<char>(char);
enum class Color : unsigned char { red, green }; template <Color C> int color() { return int(C); } template int color<Color::green>();
int user() { static int once; struct Local { int go() { static int x; return x++; } }; auto l = [](int x) { return x + once; }; return l(1) + [=](auto y) { return l(y); }(2) + Local().go(); }
inline int inl() { static S guarded(3); return [] { static int z; return z++; }() + guarded.m; } int useinl() { return inl(); }
namespace { int anon(int x) { return x; } struct Hidden { int f() const; }; int Hidden::f() const { return 1; } } int useanon() { Hidden h; return anon(3) + h.f(); }
struct V1 { virtual void f(); int x; }; struct V2 { virtual void g(); int y; }; struct D : V1, V2 { void f() override; void g() override; }; void V1::f() {} void V2::g() {} void D::f() {} void D::g() {}
struct VB : virtual V1 { void f() override; }; void VB::f() {}
void *operator new(size_t, int) { return nullptr; } long double operator""_km(long double x) { return x; }
bool operator<(const S &, const S &) { return false; } S operator,(const S &, int) { return S(); } S &operator++(S &s) { return s; } S operator--(S &s, int) { return s; } bool operator!(const S &) { return true; } S operator<<=(S &s, int) { return s; }
thread_local S tls; S &usetls() { return tls; }
void __attribute__((noinline)) coldpath() {}
