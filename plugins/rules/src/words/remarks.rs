//! Words of the remarks that uploaders add to a title.

/// Words that make a remark decoration: they speak of the upload, not of the work.
#[rustfmt::skip]
pub const TELLING: &[&str] = &[
    "1080i", "1080p", "1440p", "2160p", "240p", "360p", "480p", "4k", "50fps", "60fps", "720p", "8k", "amv",
    "animated", "animation", "audio", "audios", "clip", "clipe", "clips", "colorcoded", "engsub", "explicit",
    "fhd", "fullhd", "hd", "hdtv", "hifi", "hq", "klibi", "klip", "legendada", "legendado", "legendas", "letra",
    "letras", "lirik", "lyric", "lyrical", "lyrics", "lyricvideo", "lyrik", "musicvideo", "musikvideo", "muzik",
    "mv", "ncs", "ofc", "offcial", "offical", "official", "officieel", "officiel", "officielle", "offiziell",
    "offizieller", "offizielles", "oficiais", "oficial", "oficiall", "oficjalne", "oficjalny", "paroles",
    "premiera", "premiere", "promo", "pv", "remastered", "resmi", "reupload", "reuploaded", "sottotitoli",
    "sozleri", "subtitled", "subtitles", "subtitulada", "subtitulado", "subtitulos", "teaser", "tekst",
    "teledysk", "testi", "testo", "traduzione", "ufficiale", "uhd", "uncensored", "upload", "utau", "video",
    "videoclip", "videoclipe", "videoclips", "videoclipul", "videolyric", "videos", "videosu", "vidio",
    "vietsub", "virallinen", "visual", "visualiser", "visualizador", "visualizer", "visuals", "vocaloid",
    "vocarap", "wshh", "аудио", "видео", "видеоклип", "караокетекст", "клип", "лирика", "премьера", "текст",
    "حصريا", "فيديو", "كلمات", "كليب", "คลป", "เนอเพลง", "가사", "공식", "뮤비", "뮤직비디오", "자막", "최초공개",
];

/// Words that stand beside telling ones and say nothing by themselves.
#[rustfmt::skip]
pub const FILLER: &[&str] = &[
    "10", "a", "album", "an", "and", "avec", "best", "br", "clean", "coded", "color", "colour", "completa",
    "complete", "completo", "con", "da", "de", "digital", "digitally", "dir", "do", "download", "e", "edition",
    "em", "eng", "english", "esp", "espanol", "et", "exclusive", "extra", "fan", "feature", "film", "free",
    "french", "ft", "full", "han", "hangul", "high", "hindi", "hit", "hot", "hour", "hours", "in", "ingles",
    "jpn", "kan", "kanji", "kor", "la", "latam", "latest", "le", "legenda", "length", "m", "made", "micro",
    "mono", "music", "musica", "musical", "musik", "musique", "na", "new", "not", "now", "on", "original",
    "out", "performance", "promotion", "promotional", "pt", "punjabi", "quality", "reimagined", "release",
    "releases", "remaster", "rom", "romaji", "romanized", "screen", "short", "shot", "single", "song", "songs",
    "sound", "sous", "spanish", "starring", "stereo", "studio", "sub", "subs", "the", "titres", "tour",
    "tradotta", "traducao", "tv", "unofficial", "v", "ver", "version", "vevo", "with", "y", "из", "на", "песни",
    "по", "с",
];

/// Telling words that a real title hardly ends with, so that one is enough to be cut off the end.
#[rustfmt::skip]
pub const ALONE: &[&str] = &[
    "1080p", "4k", "720p", "8k", "engsub", "hd", "hq", "legendado", "letra", "lyrics", "lyricvideo", "mv", "pv",
    "subtitulado", "teledysk", "videoclip", "videoclipe", "vietsub", "visualiser", "visualizer", "가사", "뮤비",
];

/// Words with which a cut tail cannot begin: they belong to what stands before.
#[rustfmt::skip]
pub const WEAK_START: &[&str] = &[
    "10", "a", "all", "an", "and", "avec", "best", "da", "de", "dir", "do", "e", "em", "et", "free", "ft",
    "hit", "hot", "in", "la", "le", "na", "not", "now", "on", "out", "short", "song", "songs", "sound", "the",
    "version", "y", "из", "на", "по", "с",
];

/// Words that by themselves fill a bracket at the head of a title.
#[rustfmt::skip]
pub const HEADS: &[&str] = &[
    "4k", "audio", "clip", "clipe", "exclusive", "hd", "hq", "lyric", "lyrics", "mv", "new", "official",
    "premiere", "pv", "teaser", "video", "vietsub", "公式", "최초공개",
];

/// Parts of remarks in the scripts that are written without spaces.
#[rustfmt::skip]
pub const CJK_PARTS: &[&str] = &[
    "4k", "audio", "full", "hd", "hq", "lyric", "music", "mv", "official", "pv", "utau", "ver", "video",
    "vocaloid", "vocarap", "アニメ", "オリジナル", "ソング", "ビデオ", "フル", "ボカラップ", "ボカロ", "ボーカロイド", "ミュージック", "リリック", "中文",
    "中日", "付", "付き", "公式", "公開", "初投稿", "動画", "原创", "原創", "字幕", "完整", "官方", "手描き", "新曲", "日本語", "映像", "曲", "歌詞",
    "歌词", "正式", "版", "自作", "配信中", "音源", "首播", "高清", "高画質", "高音質",
];

/// Words that begin a remark about who made the recording or the video; a name follows.
#[rustfmt::skip]
pub const CREDITS: &[&str] = &[
    "animated", "dir", "directed", "edited", "filmed", "mastered", "mixed", "prod", "produced", "produzido",
    "realise", "shot",
];

/// Words that tell of another recording of the work; a remark with one of them is part of the title.
#[rustfmt::skip]
pub const EDITIONS: &[&str] = &[
    "acoustic", "acustica", "acustico", "bootleg", "concert", "concierto", "cover", "demo", "dub", "edit",
    "extended", "instrumental", "karaoke", "live", "mashup", "mix", "nightcore", "orchestral", "piano", "radio",
    "remaster", "remix", "reprise", "reverb", "rework", "session", "sessions", "show", "slowed", "sped",
    "unplugged", "version", "vip", "vivo",
];
