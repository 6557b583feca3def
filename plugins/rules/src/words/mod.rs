//! Vocabulary: tables of folded words, sorted by length and then by letters, so that a look-up halves instead of walking
//! and hardly ever compares letters.

pub mod labels;
pub mod other;
pub mod platforms;
pub mod remarks;
pub mod speech;
pub mod voices;

use crate::text::Folded;
#[cfg(test)]
use std::cmp::Ordering;

/// A table of folded words.
pub struct Table {
    words: &'static [&'static str],
    /// Where the words of each length begin.
    starts: [u16; LONGEST + 2],
    /// What first and last letters the words of each length have together, so that most others are told at a glance.
    edges: [u128; LONGEST + 2],
}

/// The most bytes that a word of a table has.
const LONGEST: usize = 39;

impl Table {
    /// A table of words that are in order.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, where an index out of range is an error")]
    pub const fn new(words: &'static [&'static str]) -> Self {
        let mut starts = [0; LONGEST + 2];
        let mut edges = [0; LONGEST + 2];
        let (mut at, mut length) = (0, 0);
        while length < LONGEST + 2 {
            starts[length] = at as u16;
            while at < words.len() && words[at].len() == length {
                edges[length] |= edge(words[at].as_bytes());
                at += 1;
            }
            length += 1;
        }
        assert!(at == words.len(), "a word is out of order or too long");
        Self { words, starts, edges }
    }

    /// The words of the length of a word, unless none of them begins and ends as it does.
    fn like(&self, word: &[u8]) -> &'static [&'static str] {
        let length = word.len();
        if self.edges.get(length).is_none_or(|edges| edges & edge(word) == 0) {
            return &[];
        }
        let (Some(from), Some(to)) = (self.starts.get(length), self.starts.get(length + 1)) else { return &[] };
        self.words.get(usize::from(*from)..usize::from(*to)).unwrap_or_default()
    }
}

/// One bit for the first and the last letter of a word.
const fn edge(word: &[u8]) -> u128 {
    match (word.first(), word.last()) {
        (Some(first), Some(last)) => 1 << ((*first ^ (*last << 2)) & 127),
        _ => 0,
    }
}

/// Whether a table has a word, which is folded for the look-up.
pub fn has(table: &Table, word: &str) -> bool {
    has_folded(table, &Folded::of(word))
}

/// Whether a table has a folded word.
pub fn has_folded(table: &Table, word: &Folded) -> bool {
    holds_bytes(table, word.bytes())
}

/// Whether a table has a word that is folded already.
pub fn holds(table: &Table, folded: &str) -> bool {
    holds_bytes(table, folded.as_bytes())
}

/// The words of a table with which a text begins, longest first; the text is folded.
pub fn heads<'a>(table: &Table, text: &'a str) -> impl Iterator<Item = &'a str> {
    let longest = table.words.last().map_or(0, |word| word.len().min(text.len()));
    let lengths = table.edges.iter().enumerate().take(longest + 1).rev().filter(|(_, edges)| **edges != 0);
    lengths.filter_map(|(length, _)| text.get(..length)).filter(|head| holds(table, head))
}

fn holds_bytes(table: &Table, folded: &[u8]) -> bool {
    table.like(folded).binary_search_by(|word| word.as_bytes().cmp(folded)).is_ok()
}

/// The order of a table: by length, then by letters.
#[cfg(test)]
fn order(one: &[u8], other: &[u8]) -> Ordering {
    let first = || one.first().cmp(&other.first());
    one.len().cmp(&other.len()).then_with(first).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;

    #[test]
    fn a_word_with_which_no_tail_begins_is_one_that_a_tail_may_have() {
        for word in remarks::WEAK_START.words {
            assert!(has(&remarks::TELLING, word) || has(&remarks::FILLER, word), "{word}");
        }
    }

    #[test]
    fn who_writes_the_song_first_is_a_label() {
        let rooted = |name: &str| labels::SONG_FIRST_ROOTS.iter().any(|root| name.starts_with(root));
        for name in labels::SONG_FIRST.words {
            assert!(has(&labels::LABELS, name) && !rooted(name), "{name}");
        }
    }

    #[test]
    fn tables_are_sorted_and_folded_as_the_look_up_needs() {
        for table in [
            &other::AGAINST,
            &other::BESIDE,
            &other::CHAPTERS,
            &other::COVERS,
            &other::NAMELESS,
            &other::MUSIC,
            &other::NUMBERED,
            &other::PARTS,
            &other::PROGRAMMES,
            &other::SERIES,
            &other::SPOKEN,
            &other::SURE,
            &platforms::LAST,
            &platforms::TALK,
            &platforms::TELLING,
            &labels::LABELS,
            &labels::LABEL_STRONG,
            &labels::LABEL_WORDS,
            &labels::SONG_FIRST,
            &remarks::ALONE,
            &remarks::CJK_PARTS,
            &remarks::CREDITS,
            &remarks::EDITIONS,
            &remarks::FILLER,
            &remarks::GENRES,
            &remarks::HEADS,
            &remarks::LANGUAGES,
            &remarks::MONTHS,
            &remarks::OFFERS,
            &remarks::RELEASES,
            &remarks::VIDEOS,
            &remarks::OFFICIAL,
            &remarks::VIDEO_KINDS,
            &remarks::TELLING,
            &remarks::WEAK_START,
            &remarks::WORKS,
            &speech::SPEECH,
            &voices::COMMON_VOICES,
            &voices::VOICES,
        ] {
            assert!(table.words.windows(2).all(|pair| order(pair[0].as_bytes(), pair[1].as_bytes()).is_lt()));
            assert!(table.words.iter().all(|word| word.len() <= LONGEST));
            for word in table.words {
                assert_eq!(fold(word), *word);
                assert!(has(table, &word.to_uppercase()), "{word} is not found in capitals");
                // What begins and ends as a word does, or goes on, is another word.
                let other = format!("{word}q{}", word.chars().next_back().unwrap_or_default());
                assert!(!has(table, &other), "{other}");
            }
        }
    }
}
