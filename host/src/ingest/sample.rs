//! Some sixty well-known links with what their pages say: what `serve --sample` shows.

use super::{RowError, Unknown, read_all};
use crate::store::NewLink;

const ROWS: &str = include_str!("sample.ndjson");

/// The sample's links.
#[must_use]
pub fn links() -> Vec<NewLink> {
    let report = |error: &RowError| tracing::error!(%error, "a row of the sample cannot be read");
    rows().filter_map(|row| row.inspect_err(report).ok()).collect()
}

fn rows() -> impl Iterator<Item = Result<NewLink, RowError>> {
    read_all(ROWS.as_bytes(), Unknown::Refuse).into_iter().map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_of_the_sample_is_a_link_of_its_own() {
        let links: Vec<NewLink> = rows().map(Result::unwrap).collect();
        let keys: HashSet<_> = links.iter().map(|link| &link.track.key).collect();
        assert_eq!(keys.len(), links.len());
        assert!((55..=70).contains(&links.len()), "{}", links.len());
        assert!(links.iter().any(|link| !link.track.has_metadata()), "a bare link shows what waiting is");
    }
}
