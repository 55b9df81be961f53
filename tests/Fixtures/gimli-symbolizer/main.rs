//! Prints what gimli's addr2line crate says about each address: `gimli-symbolizer FILE [SUPPLEMENTARY] < addresses`.

use std::fs::File;
use std::io::{stdin, BufRead};

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let maps: Vec<_> = paths
        .iter()
        .map(|p| unsafe { memmap2::Mmap::map(&File::open(p).expect("cannot open")).expect("cannot map") })
        .collect();
    let objects: Vec<object::File> = maps.iter().map(|m| object::File::parse(&**m).expect("not an object file")).collect();
    let context = addr2line::Context::new_with_sup(&objects[0], objects.get(1)).expect("unreadable debug information");
    for line in stdin().lock().lines() {
        let line = line.expect("cannot read standard input");
        let text = line.trim().trim_start_matches("0x");
        let address = u64::from_str_radix(text, 16).expect("an address is hexadecimal");
        println!("0x{address:x}");
        let mut any = false;
        let mut frames = match context.find_frames(address) {
            Ok(frames) => frames,
            Err(_) => continue,
        };
        while let Ok(Some(frame)) = frames.next() {
            any = true;
            match frame.function.as_ref().and_then(|f| f.raw_name().ok().map(|n| n.into_owned())) {
                Some(name) => println!("{name}"),
                None => println!("??"),
            }
            match frame.location {
                Some(l) => println!("{}:{}:{}", l.file.unwrap_or("??"), l.line.unwrap_or(0), l.column.unwrap_or(0)),
                None => println!("??:0:0"),
            }
        }
        if !any {
            println!("??\n??:0:0");
        }
    }
}
