//! The genres of a library that was given none of its own.

use crate::text::words;

/// The genres that a strategy names unless its configuration names others, in lower case.
pub const GENRES: [&str; 28] = [
    "ambient",
    "bluegrass",
    "blues",
    "christian rap",
    "classic rock",
    "classical",
    "country",
    "disco",
    "drum-and-bass",
    "electronic",
    "folk",
    "funk",
    "hip-hop",
    "house",
    "indie",
    "jazz",
    "k-pop",
    "lo-fi",
    "metal",
    "old school hip-hop",
    "pop",
    "pop punk",
    "punk",
    "r&b",
    "reggae",
    "rock",
    "soul",
    "synthwave",
];

/// The genre of [`GENRES`] that a page means, in any case and with or without dashes: `Hip Hop` is `hip-hop`.
#[must_use]
pub fn genre_from(written: &str) -> Option<&'static str> {
    let written = words(written);
    GENRES.into_iter().find(|known| words(known) == written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_genre_is_known_however_it_is_written_and_nothing_else_is_one() {
        for (written, genre) in [
            ("Hip Hop", Some("hip-hop")),
            ("R&B", Some("r&b")),
            (" FOLK ", Some("folk")),
            ("Drum and Bass", Some("drum-and-bass")),
            ("keep going", None),
            ("Music", None),
            ("", None),
        ] {
            assert_eq!(genre_from(written), genre, "{written}");
        }
    }
}
