//! Words that tell of films, games, lessons and talk rather than music.

/// Words that titles of music hardly have.
#[rustfmt::skip]
pub const NOT_MUSIC: &[&str] = &[
    "android", "asmr", "championship", "coding", "css", "documental", "documentario", "documentary",
    "entrevista", "esports", "fifa", "gameplay", "howto", "html", "ios", "iphone", "javascript", "keynote",
    "lecture", "lectures", "lesson", "letsplay", "mukbang", "nba", "nfl", "nintendo", "olympic", "olympics",
    "photoshop", "playstation", "playthrough", "podcast", "programming", "recipe", "smartphone", "speedrun",
    "speedrunning", "sql", "tournament", "tutorial", "tutorials", "uefa", "unboxing", "vlog", "walkthrough",
    "webinar", "xbox",
];

/// Words that titles of music seldom have, telling only beside another clue.
#[rustfmt::skip]
pub const BESIDE: &[&str] = &[
    "benchmark", "challenge", "console", "course", "debate", "diy", "ep", "episode", "excel", "highlights",
    "interview", "java", "league", "marathon", "maraton", "match", "news", "prank", "pranks", "python",
    "reaction", "reacts", "review", "trailer", "vs",
];

/// Words that titles of music have.
#[rustfmt::skip]
pub const MUSIC: &[&str] = &[
    "acoustic", "album", "audio", "beat", "beats", "bgm", "cancion", "concert", "concerto", "cover", "dj",
    "ending", "epsingle", "feat", "ft", "guitar", "instrumental", "karaoke", "live", "lyric", "lyrics", "mix",
    "mixtape", "music", "musica", "mv", "opening", "orchestra", "ost", "piano", "playlist", "remix", "single",
    "sonata", "song", "songs", "soundtrack", "symphony", "theme",
];
