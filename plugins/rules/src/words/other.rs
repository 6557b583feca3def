//! Words that tell what a video is about: music, or films, games, lessons and talk.

use self::Clue::{Against, Beside, Music};
use super::order;
use crate::text::Folded;

/// What a word tells of the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clue {
    /// Titles and channels of music have it.
    Music,
    /// Titles of music hardly have it.
    Against,
    /// Titles of music seldom have it; it tells only beside another clue.
    Beside,
}

/// The clues.
#[rustfmt::skip]
pub const CLUES: &[(&str, Clue)] = &[
    ("dj", Music), ("ep", Beside), ("ft", Music), ("mv", Music), ("vs", Beside), ("bgm", Music),
    ("css", Against), ("diy", Beside), ("ios", Against), ("mix", Music), ("nba", Against), ("nfl", Against),
    ("ost", Music), ("sql", Against), ("asmr", Against), ("beat", Music), ("feat", Music), ("fifa", Against),
    ("hits", Music), ("html", Against), ("java", Beside), ("live", Music), ("news", Beside), ("song", Music),
    ("uefa", Against), ("vlog", Against), ("xbox", Against), ("audio", Music), ("beats", Music),
    ("cover", Music), ("excel", Beside), ("howto", Against), ("letra", Music), ("lyric", Music),
    ("match", Beside), ("music", Music), ("musik", Music), ("muzik", Music), ("piano", Music),
    ("prank", Beside), ("remix", Music), ("songs", Music), ("theme", Music), ("coding", Against),
    ("course", Beside), ("debate", Beside), ("ending", Music), ("guitar", Music), ("iphone", Against),
    ("league", Beside), ("lesson", Against), ("letras", Music), ("lyrics", Music), ("musica", Music),
    ("oldies", Music), ("pranks", Beside), ("python", Beside), ("reacts", Beside), ("recipe", Against),
    ("review", Beside), ("single", Music), ("sonata", Music), ("sounds", Music), ("android", Against),
    ("cancion", Music), ("concert", Music), ("console", Beside), ("episode", Beside), ("esports", Against),
    ("jukebox", Music), ("karaoke", Music), ("keynote", Against), ("lecture", Against), ("maraton", Beside),
    ("mixtape", Music), ("mukbang", Against), ("musique", Music), ("olympic", Against), ("opening", Music),
    ("paroles", Music), ("podcast", Against), ("trailer", Beside), ("webinar", Against), ("acoustic", Music),
    ("concerto", Music), ("epsingle", Music), ("gameplay", Against), ("lectures", Against),
    ("letsplay", Against), ("marathon", Beside), ("nintendo", Against), ("olympics", Against),
    ("playlist", Music), ("reaction", Beside), ("speedrun", Against), ("symphony", Music),
    ("tutorial", Against), ("unboxing", Against), ("benchmark", Beside), ("challenge", Beside),
    ("interview", Beside), ("orchestra", Music), ("photoshop", Against), ("tutorials", Against),
    ("documental", Against), ("entrevista", Against), ("highlights", Beside), ("javascript", Against),
    ("smartphone", Against), ("soundtrack", Music), ("tournament", Against), ("documentary", Against),
    ("playstation", Against), ("playthrough", Against), ("programming", Against), ("soundtracks", Music),
    ("walkthrough", Against), ("championship", Against), ("documentario", Against), ("instrumental", Music),
    ("speedrunning", Against),
];

/// What a word tells.
pub fn clue(word: &str) -> Option<Clue> {
    let folded = Folded::of(word);
    let at = CLUES.binary_search_by(|(known, _)| order(known.as_bytes(), folded.bytes())).ok()?;
    CLUES.get(at).map(|(_, clue)| *clue)
}
