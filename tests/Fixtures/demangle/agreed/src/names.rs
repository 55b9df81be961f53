// Functions whose v0 and legacy names cover the grammar: impls, closures, binders, backrefs, Punycode, constants of each type.
#![feature(adt_const_params, unsized_const_params, pattern_types, pattern_type_macro, never_type)]
#![allow(dead_code, incomplete_features, non_snake_case, unused, internal_features, uncommon_codepoints, improper_ctypes_definitions)]
#![crate_type="lib"]
use std::marker::ConstParamTy; use std::fmt::Debug;
#[derive(PartialEq,Eq,ConstParamTy)] pub enum Mode { Fast, Slow(u8), Cfg{a:bool, b:&'static str} }
#[derive(PartialEq,Eq,ConstParamTy)] pub struct Point { x:i32, y:i32 }
#[derive(PartialEq,Eq,ConstParamTy)] pub struct Pair(u8, char);
pub struct W<T: ?Sized>(std::marker::PhantomData<T>);
#[inline(never)] pub fn s<const S:&'static str>()->usize{ std::hint::black_box(S.len()) }
#[inline(never)] pub fn m<const M:Mode>(){ std::hint::black_box(1); }
#[inline(never)] pub fn p<const M:Point>(){ std::hint::black_box(2); }
#[inline(never)] pub fn q<const M:Pair>(){ std::hint::black_box(2); }
#[inline(never)] pub fn c<const C:char>(){ std::hint::black_box(3); }
#[inline(never)] pub fn b<const C:bool>(){ std::hint::black_box(3); }
#[inline(never)] pub fn i<const C:i64>(){ std::hint::black_box(3); }
#[inline(never)] pub fn u<const C:u128>(){ std::hint::black_box(3); }
#[inline(never)] pub fn n<const C:i128>(){ std::hint::black_box(3); }
#[inline(never)] pub fn arr<const A:[u8;3]>(){ std::hint::black_box(3); }
#[inline(never)] pub fn tup<const A:(u8,bool)>(){ std::hint::black_box(3); }
#[inline(never)] pub fn one<const A:(u8,)>(){ std::hint::black_box(3); }
#[inline(never)] pub fn unit<const A:()>(){ std::hint::black_box(3); }
#[inline(never)] pub fn slice<const A:&'static [u8]>(){ std::hint::black_box(3); }
#[inline(never)] pub fn opt<const A:Mode>(){ std::hint::black_box(3); }
#[inline(never)] pub fn t<T: ?Sized>(){ std::hint::black_box(std::any::type_name::<T>()); }
pub trait Tr<'a,X> { type Out; fn run(&self, _:&'a X)->usize { 1 } }
pub struct Имя; impl Имя { #[inline(never)] pub fn größe(&self)->usize{ t::<Имя>(); 1 } }
pub mod 模块 { #[inline(never)] pub fn 函数(){ super::t::<u8>(); } }
pub unsafe fn go() {
 s::<"">(); s::<"abc">(); s::<"q\"'\\\n\0\u{7f}é🦀\u{301}">(); m::<{Mode::Fast}>(); m::<{Mode::Slow(7)}>(); m::<{Mode::Cfg{a:true,b:"x y"}}>();
 p::<{Point{x:-1,y:2}}>(); q::<{Pair(1,'"')}>(); c::<'\''>(); c::<'"'>(); c::<'\u{202e}'>(); c::<'é'>(); c::<'\u{301}'>(); c::<'\u{a0}'>(); c::<'\0'>(); b::<true>(); b::<false>();
 i::<{i64::MIN}>(); i::<-1>(); u::<{u128::MAX}>(); u::<5>(); u::<{1<<64}>(); n::<{i128::MIN}>(); n::<-3>();
 arr::<{[1,2,3]}>(); tup::<{(1,true)}>(); one::<{(1,)}>(); unit::<{()}>(); slice::<{&[1,2]}>(); slice::<{&[]}>(); 
 t::<dyn Debug>(); t::<dyn Debug+Send+'static>(); t::<dyn for<'a> Fn(&'a u8)->&'a u8>(); t::<dyn Iterator<Item=u8>>(); t::<dyn for<'a> Tr<'a,u8,Out=i8>>();
 t::<for<'a,'b> fn(&'a u8,&'b mut u16)->&'a u8>(); t::<unsafe extern "C" fn(i32, ...)->!>(); t::<extern "C-unwind" fn()>(); t::<extern "sysv64" fn(u8)>();
 t::<fn(fn(&u8)->&u8)>(); t::<for<'a> fn(&'a dyn for<'b> Fn(&'a u8,&'b u8))>();
 t::<*const u8>(); t::<*mut str>(); t::<&mut [u8]>(); t::<[u16;4]>(); t::<()>(); t::<(u8,)>(); t::<(u8,i8)>(); t::<!>(); t::<W<[f32]>>(); t::<(f64,char,bool,isize)>();
 t::<std::pat::pattern_type!(u32 is 1..=9)>();
 let k=3; let cl=move|x:u8|{ let inner=move||x as i32+k; t::<W<fn()>>(); call(inner) }; call2(cl);
 Имя.größe(); 模块::函数(); inner::deep::<Vec<Option<Box<dyn Debug>>>>();
 fn local(){ struct L; impl L{ #[inline(never)] fn f(){ t::<L>() } } L::f() } local();
}
#[inline(never)] fn call(f: impl Fn()->i32)->i32 { std::hint::black_box(f()) }
#[inline(never)] fn call2(f: impl Fn(u8)->i32)->i32 { std::hint::black_box(f(1)) }
pub mod inner { #[inline(never)] pub fn deep<T>() { super::t::<T>(); let _:Vec<T>=Vec::new(); } 
 pub struct G<T,const N:usize>([T;N]); impl<T:Clone,const N:usize> G<T,N>{ #[inline(never)] pub fn get(&self)->T{ std::hint::black_box(self.0[0].clone()) } } impl<T,const N:usize> Drop for G<T,N>{ fn drop(&mut self){ super::t::<T>() } }
 pub fn useg(){ let g=G([String::new(),String::new()]); g.get(); } 
 pub static TABLE:[u8;2]=[1,2]; pub const F:fn()=useg; }
pub async fn fut(x:u8)->u8{ std::future::ready(x).await }
pub fn poll(){ let mut f=Box::pin(fut(1)); let _=f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())); }
use std::future::Future;
