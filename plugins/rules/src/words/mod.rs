//! Vocabulary: tables of folded words, sorted by length and then by letters, so that a look-up halves instead of walking
//! and hardly ever compares letters.

pub mod labels;
pub mod other;
pub mod platforms;
pub mod remarks;
pub mod speech;
pub mod voices;

use crate::text::Folded;
use std::cmp::Ordering;

/// Whether a table has a word, which is folded for the look-up.
pub fn has(table: &[&str], word: &str) -> bool {
    has_folded(table, &Folded::of(word))
}

/// Whether a table has a folded word.
pub fn has_folded(table: &[&str], word: &Folded) -> bool {
    holds_bytes(table, word.bytes())
}

/// Whether a table has a word that is folded already.
pub fn holds(table: &[&str], folded: &str) -> bool {
    holds_bytes(table, folded.as_bytes())
}

fn holds_bytes(table: &[&str], folded: &[u8]) -> bool {
    table.binary_search_by(|word| order(word.as_bytes(), folded)).is_ok()
}

/// By length, then by letters; the first one decides nearly always.
fn order(one: &[u8], other: &[u8]) -> Ordering {
    let first = || one.first().cmp(&other.first());
    one.len().cmp(&other.len()).then_with(first).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn tables_are_sorted_and_folded_as_the_look_up_needs() {
        for table in [
            other::PROGRAMMES,
            platforms::LAST,
            platforms::TALK,
            platforms::TELLING,
            labels::LABELS,
            labels::LABEL_STRONG,
            labels::LABEL_WORDS,
            labels::SONG_FIRST,
            remarks::ALONE,
            remarks::CJK_PARTS,
            remarks::CREDITS,
            remarks::EDITIONS,
            remarks::FILLER,
            remarks::HEADS,
            remarks::LANGUAGES,
            remarks::MONTHS,
            remarks::OFFERS,
            remarks::RELEASES,
            remarks::VIDEOS,
            remarks::OFFICIAL,
            remarks::VIDEO_KINDS,
            remarks::TELLING,
            remarks::WEAK_START,
            remarks::WORKS,
            speech::SPEECH,
            voices::COMMON_VOICES,
            voices::VOICES,
        ] {
            assert!(table.windows(2).all(|pair| order(pair[0].as_bytes(), pair[1].as_bytes()).is_lt()));
            for word in table {
                assert_eq!(fold(word), *word);
                assert!(has(table, word));
            }
        }
        assert!(other::CLUES.windows(2).all(|pair| order(pair[0].0.as_bytes(), pair[1].0.as_bytes()).is_lt()));
        assert!(other::CLUES.iter().all(|(word, clue)| fold(word) == *word && other::clue(word) == Some(*clue)));
    }
}
