//! What does not come back.

use std::hint::black_box;

/// Runs for longer than anybody waits.
pub fn spin() {
    let mut n = 0u64;
    while black_box(n) < u64::MAX {
        n = n.wrapping_add(1);
    }
}

/// Takes memory and gives none back.
pub fn grow() {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(black_box(vec![1; 1 << 20]));
    }
}

/// Calls itself until the stack is used up.
pub fn recurse() {
    black_box(deeper(0));
}

/// Each call still has to multiply when the inner one returns, so that no compiler can make a loop of it.
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if black_box(depth) == u64::MAX {
        return depth;
    }
    deeper(depth.wrapping_add(1)).wrapping_mul(black_box(depth) | 1)
}

/// Panics in these words.
#[allow(clippy::panic)]
pub fn panic_with(message: &str) {
    panic!("{message}");
}
