//! Words of the remarks that uploaders add to a title.

/// Words that make a remark decoration: they speak of the upload, not of the work.
#[rustfmt::skip]
pub const TELLING: &[&str] = &[
    "4k", "8k", "hd", "hq", "mv", "pv", "amv", "fhd", "ncs", "ofc", "uhd", "240p", "360p", "480p", "720p",
    "clip", "hdtv", "hifi", "klip", "utau", "wshh", "1080i", "1080p", "1440p", "2160p", "50fps", "60fps",
    "audio", "clipe", "clips", "klibi", "letra", "lirik", "lyric", "lyrik", "muzik", "promo", "resmi", "tekst",
    "testi", "testo", "video", "vidio", "audios", "engsub", "fullhd", "letras", "lyrics", "teaser", "upload",
    "videos", "visual", "가사", "공식", "뮤비", "자막", "lyrical", "offcial", "offical", "oficial", "paroles",
    "sozleri", "videosu", "vietsub", "visuals", "vocarap", "animated", "censored", "explicit", "legendas",
    "official", "officiel", "oficiais", "oficiall", "premiera", "premiere", "reupload", "teledysk", "vocaloid",
    "клип", "كليب", "animation", "legendada", "legendado", "officieel", "offiziell", "oficjalne", "oficjalny",
    "subtitled", "subtitles", "ufficiale", "videoclip", "คลป", "colorcoded", "lyricvideo", "musicvideo",
    "musikvideo", "officielle", "remastered", "reuploaded", "subtitulos", "traduzione", "uncensored",
    "videoclipe", "videoclips", "videolyric", "virallinen", "visualiser", "visualizer", "аудио", "видео",
    "текст", "حصريا", "فيديو", "كلمات", "offizieller", "offizielles", "sottotitoli", "subtitulada",
    "subtitulado", "videoclipul", "visualizador", "лирика", "최초공개", "뮤직비디오", "премьера", "видеоклип", "เนอเพลง",
    "караокетекст",
];

/// Words that stand beside telling ones and say nothing by themselves.
#[rustfmt::skip]
pub const FILLER: &[&str] = &[
    "a", "e", "m", "v", "y", "10", "an", "br", "da", "de", "do", "em", "et", "ft", "in", "la", "le", "na", "of",
    "on", "pt", "tv", "с", "and", "con", "dir", "eng", "esp", "fan", "han", "hit", "hot", "jpn", "kan", "kor",
    "new", "not", "now", "out", "rom", "sub", "the", "ver", "avec", "best", "film", "free", "full", "high",
    "hour", "made", "mono", "shot", "song", "sous", "subs", "tour", "vevo", "with", "из", "на", "по", "album",
    "clean", "coded", "color", "extra", "hindi", "hours", "kanji", "latam", "music", "musik", "short", "songs",
    "sound", "colour", "french", "hangul", "ingles", "latest", "length", "musica", "romaji", "screen", "single",
    "stereo", "studio", "titres", "digital", "edition", "english", "espanol", "feature", "legenda", "musical",
    "musique", "punjabi", "quality", "release", "spanish", "version", "completa", "complete", "completo",
    "download", "original", "releases", "remaster", "starring", "tradotta", "traducao", "digitally",
    "exclusive", "promotion", "romanized", "unofficial", "песни", "performance", "promotional",
];

/// Telling words that a real title hardly ends with, so that one is enough to be cut off the end.
#[rustfmt::skip]
pub const ALONE: &[&str] = &[
    "4k", "8k", "hd", "hq", "mv", "pv", "720p", "1080p", "letra", "engsub", "lyrics", "가사", "뮤비", "vietsub",
    "teledysk", "legendado", "videoclip", "lyricvideo", "videoclipe", "visualiser", "visualizer", "subtitulado",
];

/// Words with which a cut tail cannot begin: they belong to what stands before.
#[rustfmt::skip]
pub const WEAK_START: &[&str] = &[
    "a", "e", "y", "10", "an", "da", "de", "do", "em", "et", "ft", "in", "la", "le", "na", "on", "с", "all",
    "and", "dir", "hit", "hot", "not", "now", "out", "the", "avec", "best", "free", "song", "из", "на", "по",
    "short", "songs", "sound", "version",
];

/// Words that by themselves fill a bracket at the head of a title.
#[rustfmt::skip]
pub const HEADS: &[&str] = &[
    "4k", "hd", "hq", "mv", "pv", "new", "clip", "audio", "clipe", "lyric", "video", "lyrics", "teaser", "公式",
    "vietsub", "official", "premiere", "exclusive", "최초공개",
];

/// Parts of remarks in the scripts that are written without spaces.
#[rustfmt::skip]
pub const CJK_PARTS: &[&str] = &[
    "4k", "hd", "hq", "mv", "pv", "ver", "付", "曲", "版", "full", "utau", "audio", "lyric", "music", "video",
    "フル", "中文", "中日", "付き", "公式", "公開", "動画", "原创", "原創", "字幕", "完整", "官方", "新曲", "映像", "歌詞", "歌词", "正式", "自作",
    "音源", "首播", "高清", "vocarap", "official", "vocaloid", "アニメ", "ソング", "ビデオ", "ボカロ", "初投稿", "手描き", "日本語", "配信中",
    "高画質", "高音質", "リリック", "オリジナル", "ボカラップ", "ボーカロイド", "ミュージック",
];

/// Words for the languages and scripts in which lyrics are shown.
#[rustfmt::skip]
pub const LANGUAGES: &[&str] = &[
    "eng", "esp", "han", "jpn", "kan", "kor", "rom", "sub", "subs", "kanji", "hangul", "romaji", "english",
    "romanized",
];

/// Words that say who uploads is entitled to.
#[rustfmt::skip]
pub const OFFICIAL: &[&str] = &[
    "oficial", "official", "officiel", "ufficiale", "officielle",
];

/// Words that make the "video" behind them one of music.
#[rustfmt::skip]
pub const VIDEO_KINDS: &[&str] = &[
    "lyric", "music", "lyrics", "animated", "official",
];

/// Words for what an upload is.
#[rustfmt::skip]
pub const VIDEOS: &[&str] = &[
    "clip", "audio", "video",
];

/// Names of months, in a date.
#[rustfmt::skip]
pub const MONTHS: &[&str] = &[
    "apr", "aug", "dec", "feb", "jan", "jul", "jun", "mar", "may", "nov", "oct", "sep", "july", "june", "sept",
    "april", "march", "august", "january", "october", "december", "february", "november", "september",
];

/// Words that begin a remark about who made the recording or the video; a name follows.
#[rustfmt::skip]
pub const CREDITS: &[&str] = &[
    "dir", "prod", "shot", "mixed", "edited", "filmed", "realise", "animated", "directed", "mastered",
    "produced", "produzido",
];

/// Words that tell of another recording of the work; a remark with one of them is part of the title.
#[rustfmt::skip]
pub const EDITIONS: &[&str] = &[
    "dub", "mix", "vip", "demo", "edit", "live", "show", "sped", "vivo", "cover", "piano", "radio", "remix",
    "mashup", "reverb", "rework", "slowed", "bootleg", "concert", "karaoke", "reprise", "session", "version",
    "acoustic", "acustica", "acustico", "extended", "remaster", "sessions", "concierto", "nightcore",
    "unplugged", "orchestral", "instrumental",
];
