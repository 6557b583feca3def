//! Answers that stand under another track's id. A model that was fooled, or lost count, writes one track's answer for another;
//! an answer that reads like another track's text and not like its own is not taken.

use liner_strategy::text::{holds, words};
use liner_strategy::{Extraction, Track};
use std::cell::OnceCell;

/// The texts of the tracks that were asked about together.
pub struct Texts<'a> {
    tracks: Vec<(u32, &'a Track)>,
    words: OnceCell<Vec<String>>,
}

impl<'a> Texts<'a> {
    /// The texts of the tracks at some indexes.
    pub fn of(tracks: &'a [Track], indexes: &[u32]) -> Self {
        let at = |index: &u32| Some((*index, tracks.get(usize::try_from(*index).ok()?)?));
        Self { tracks: indexes.iter().filter_map(at).collect(), words: OnceCell::new() }
    }

    /// Whether an answer's title stands in another track's text, together with its artist, and not in the track's own. A title
    /// that is known from elsewhere, as a translated one, stands in neither.
    pub fn are_mixed_up(&self, index: u32, entry: &Extraction) -> bool {
        if self.tracks.len() < 2 {
            return false;
        }
        let texts = self.words.get_or_init(|| self.tracks.iter().map(|(_, track)| text(track)).collect());
        let title = words(&entry.title);
        let artist = entry.artist.as_deref().and_then(|artist| artist.split(", ").next()).map(words);
        let (mut own, mut others) = (false, false);
        for ((at, _), text) in self.tracks.iter().zip(texts) {
            if *at == index {
                own |= has_much_of(text, &title);
            } else {
                others |= holds(text, &title) && artist.as_ref().is_none_or(|artist| holds(text, artist));
            }
        }
        others && !own
    }
}

fn text(track: &Track) -> String {
    let hint = track.hint.as_ref();
    let texts = [
        track.og_title.as_deref(),
        track.og_artist.as_deref(),
        track.og_description.as_deref(),
        track.shared_text.as_deref(),
        track.url.as_deref(),
        hint.map(|hint| hint.title.as_str()),
        hint.and_then(|hint| hint.artist.as_deref()),
    ];
    texts.into_iter().flatten().map(words).collect()
}

/// Whether a text has half of some words, in any order.
fn has_much_of(text: &str, words: &str) -> bool {
    let all = words.split_whitespace().count();
    let known = words.split_whitespace().filter(|word| holds(text, &format!(" {word} "))).count();
    known * 2 >= all
}
