//! Any bytes as a page: it says the same whether it comes whole or in pieces, and no more than there is room for.
//!
//! The first line is its content type, the second byte by byte the sizes of the pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use liner::ingest::fetch::{Appetite, Sink};
use liner::ingest::page::{Page, Reader};

/// The most bytes of what a page says besides its title and description.
const MAX_METADATA: usize = 16 * 1024;

fn read(content_type: Option<&str>, pieces: &mut dyn Iterator<Item = &[u8]>) -> Result<Page, String> {
    let mut reader = Reader::default();
    reader.begin(content_type);
    for piece in pieces {
        if reader.push(piece) == Appetite::Enough {
            break;
        }
    }
    reader.page(&"https://a.example/page".parse().expect("a link"))
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let (Some(kind), Some(sizes), Some(body)) = (parts.next(), parts.next(), parts.next()) else { return };
    let kind = std::str::from_utf8(kind).ok().filter(|kind| !kind.is_empty());
    let whole = read(kind, &mut std::iter::once(body));
    let mut rest = body;
    let mut sizes = sizes.iter().cycle();
    let mut pieces = std::iter::from_fn(|| {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size).max(1)).min(rest.len());
        let (piece, after) = rest.split_at(size);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    });
    let pieced = read(kind, &mut pieces);
    assert_eq!(whole, pieced);
    if let Ok(page) = whole {
        assert!(page.og_title.iter().all(|title| title.chars().count() <= 1_000));
        let metadata = serde_json::to_string(&page.metadata).expect("JSON").len();
        assert!(metadata <= MAX_METADATA, "{metadata} bytes of metadata");
    }
});
