//! What is fetched from outside: the pages of links that came without what they say.

mod outcome;
mod pages;

pub use pages::PageReader;
