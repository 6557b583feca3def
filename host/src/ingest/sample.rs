//! Some sixty well-known links with what their pages say: what `serve --sample` shows.

use super::{RawRow, Splitter, Unknown, parse};
use crate::store::NewLink;

const ROWS: &str = include_str!("sample.ndjson");

/// The sample's links.
#[must_use]
pub fn links() -> Vec<NewLink> {
    rows().into_iter().filter_map(|row| parse(row, Unknown::Refuse).ok()).collect()
}

fn rows() -> Vec<RawRow> {
    let mut splitter = Splitter::new();
    let mut rows = splitter.push(ROWS.as_bytes());
    rows.extend(splitter.finish());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_of_the_sample_is_a_link_of_its_own() {
        let links: Vec<NewLink> = rows().into_iter().map(|row| parse(row, Unknown::Refuse).unwrap()).collect();
        let keys: HashSet<_> = links.iter().map(|link| &link.track.key).collect();
        assert_eq!(keys.len(), links.len());
        assert!((55..=70).contains(&links.len()), "{}", links.len());
        assert!(links.iter().any(|link| !link.track.has_metadata()), "a bare link shows what waiting is");
    }
}
