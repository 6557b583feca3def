//! Words that tell of films, games, lessons and talk rather than music.

/// Words that titles of music hardly have.
#[rustfmt::skip]
pub const NOT_MUSIC: &[&str] = &[
    "css", "ios", "nba", "nfl", "sql", "asmr", "fifa", "html", "uefa", "vlog", "xbox", "howto", "coding",
    "iphone", "lesson", "recipe", "android", "esports", "keynote", "lecture", "mukbang", "olympic", "podcast",
    "webinar", "gameplay", "lectures", "letsplay", "nintendo", "olympics", "speedrun", "tutorial", "unboxing",
    "photoshop", "tutorials", "documental", "entrevista", "javascript", "smartphone", "tournament",
    "documentary", "playstation", "playthrough", "programming", "walkthrough", "championship", "documentario",
    "speedrunning",
];

/// Words that titles of music seldom have, telling only beside another clue.
#[rustfmt::skip]
pub const BESIDE: &[&str] = &[
    "ep", "vs", "diy", "java", "news", "excel", "match", "prank", "course", "debate", "league", "pranks",
    "python", "reacts", "review", "console", "episode", "maraton", "trailer", "marathon", "reaction",
    "benchmark", "challenge", "interview", "highlights",
];

/// Words that titles and channels of music have.
#[rustfmt::skip]
pub const MUSIC: &[&str] = &[
    "dj", "ft", "mv", "bgm", "mix", "ost", "beat", "feat", "hits", "live", "song", "album", "audio", "beats",
    "cover", "letra", "lyric", "music", "musik", "muzik", "piano", "remix", "songs", "theme", "ending",
    "guitar", "letras", "lyrics", "musica", "oldies", "single", "sonata", "sounds", "cancion", "concert",
    "jukebox", "karaoke", "mixtape", "musique", "opening", "paroles", "acoustic", "concerto", "epsingle",
    "playlist", "symphony", "orchestra", "soundtrack", "soundtracks", "instrumental",
];
