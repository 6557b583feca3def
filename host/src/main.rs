//! The `liner` binary.

fn main() {}
