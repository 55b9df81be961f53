//! Generics, closures, traits and inlined iterators, as a driver would have them.
#![no_std]
#![no_main]
use core::sync::atomic::{AtomicU32, Ordering};

static SINK: AtomicU32 = AtomicU32::new(0);

pub trait Weigh {
    fn weigh(&self) -> u32;
}

pub struct Packet<const N: usize> {
    bytes: [u8; N],
    mark: u32,
}

impl<const N: usize> Weigh for Packet<N> {
    #[inline(never)]
    fn weigh(&self) -> u32 {
        self.bytes.iter().map(|b| *b as u32).fold(self.mark, |a, b| a ^ b.rotate_left(3))
    }
}

mod flow {
    use super::*;

    #[inline(always)]
    fn mix(a: u32, b: u32) -> u32 {
        SINK.store(a, Ordering::SeqCst);
        a.wrapping_mul(0x9e37_79b1) ^ b
    }

    #[inline(never)]
    pub fn total<T: Weigh>(items: &[T], extra: impl Fn(u32) -> u32) -> u32 {
        let mut sum = 0;
        for item in items {
            sum = mix(sum, extra(item.weigh()));
        }
        sum
    }
}

#[inline(never)]
fn dynamic(items: &[&dyn Weigh]) -> u32 {
    items.iter().map(|w| w.weigh()).max().unwrap_or(0)
}

#[no_mangle]
pub extern "C" fn start() -> ! {
    let bias = SINK.load(Ordering::SeqCst);
    let packets = [Packet::<5> { bytes: [1; 5], mark: bias }, Packet::<5> { bytes: [2; 5], mark: 2 }];
    let sum = flow::total(&packets, |w| w.wrapping_add(bias));
    let most = dynamic(&[&packets[0], &packets[1]]);
    loop {
        SINK.store(sum ^ most, Ordering::SeqCst);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
