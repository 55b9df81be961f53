// Every shape of name we could think of that a Rust demangler must read. Only the symbols matter.
#![crate_type = "lib"]
#![allow(dead_code, uncommon_codepoints, non_snake_case)]
pub trait Shape { fn area(&self) -> u64; fn twice(&self) -> u64 { self.area() * 2 } const N: usize; }
pub struct Sq<T, const N: usize>(pub [T; N]);
impl Shape for Sq<u8, 3> { #[inline(never)] fn area(&self) -> u64 { self.0.len() as u64 } const N: usize = 3; }
impl<'a> Shape for &'a str { #[inline(never)] fn area(&self) -> u64 { self.len() as u64 } const N: usize = 0; }
impl Shape for (u8, i16) { #[inline(never)] fn area(&self) -> u64 { 2 } const N: usize = 2; }
impl Shape for [i32; 4] { #[inline(never)] fn area(&self) -> u64 { 4 } const N: usize = 4; }
impl Shape for fn(u8, &str) -> bool { #[inline(never)] fn area(&self) -> u64 { 4 } const N: usize = 4; }
impl Shape for unsafe extern "C" fn(*const u8, *mut [u8]) -> ! { #[inline(never)] fn area(&self) -> u64 { 4 } const N: usize = 4; }
impl Shape for dyn Fn(&u8) -> u32 + Send { #[inline(never)] fn area(&self) -> u64 { 4 } const N: usize = 4; }
impl Shape for Box<dyn Iterator<Item = u8>> { #[inline(never)] fn area(&self) -> u64 { 4 } const N: usize = 4; }
impl<T> Sq<T, 7> { #[inline(never)] pub fn only(&self) -> usize { core::mem::size_of::<T>() } }
pub struct Flag<const B: bool, const C: char, const I: i32>;
impl<const B: bool, const C: char, const I: i32> Flag<B, C, I> { #[inline(never)] pub fn show(&self) -> u32 { C as u32 + B as u32 + I as u32 } }
#[inline(never)] pub fn generic<T: ?Sized + Shape>(t: &T) -> u64 { t.area() + t.twice() }
#[inline(never)] pub fn apply<F: Fn(u32) -> u32>(f: F) -> u32 { f(3) }
#[inline(never)] pub fn lots<A, B, C, D>(_: A, _: B, _: C, _: D) -> usize { core::mem::size_of::<(A, B, C, D)>() }
pub mod outer { pub mod inner { #[inline(never)] pub fn deep() -> u32 { #[inline(never)] fn nested() -> u32 { super::super::apply(|x| super::super::apply(|y| y + x)) } nested() } pub struct Größe; impl Größe { #[inline(never)] pub fn maß(&self) -> u32 { 5 } } #[inline(never)] pub fn 東京() -> u32 { 1 } } }
#[inline(never)] pub fn everything(n: u32, f: fn(u8, &str) -> bool, g: unsafe extern "C" fn(*const u8, *mut [u8]) -> !, d: &(dyn Fn(&u8) -> u32 + Send + 'static), b: Box<dyn Iterator<Item = u8>>) -> u64 {
    generic(&Sq([1u8; 3])) + generic(&"x") + generic(&(1u8, 2i16)) + generic(&[1i32; 4]) + generic(&f) + generic(&g) + generic(d) + generic(&b)
        + Sq([1.5f64; 7]).only() as u64 + Sq([(); 7]).only() as u64
        + Flag::<true, '∂', -5>.show() as u64 + Flag::<false, 'a', 0x7fffffff>.show() as u64 + Flag::<true, '\n', { i32::MIN }>.show() as u64
        + apply(|x| x + n) as u64 + apply(move |x| x ^ n) as u64 + outer::inner::deep() as u64 + outer::inner::Größe.maß() as u64 + outer::inner::東京() as u64
        + lots(1u8, 2i8, 'c', "s") as u64 + lots((), (1u16,), [0i64; 2], &[1u128][..]) as u64 + lots(1.0f32, 1isize, 1usize, true) as u64
        + lots(&mut 1i128, n as *const u8, Some(n), Ok::<u8, String>(1)) as u64 + lots(Vec::<Option<Box<u8>>>::new(), String::new(), n, f) as u64
}
