//! Telling others what happens.

pub mod stream;
