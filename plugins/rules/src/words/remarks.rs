//! Words of the remarks that uploaders add to a title.

use super::Table;
/// Words that make a remark decoration: they speak of the upload, not of the work.
#[rustfmt::skip]
pub static TELLING: Table = Table::new(&[
    "2k", "4k", "5k", "8k", "hd", "hq", "mv", "pv", "720", "amv", "dvd", "fhd", "hdv", "ncs", "ofc", "uhd", "144p",
    "240p", "360p", "480p", "4khd", "720p", "clip", "hdtv", "hifi", "klip", "sozu", "spot", "utau", "wshh", "1080i",
    "1080p", "1440p", "2160p", "4kuhd", "50fps", "60fps", "atmos", "audio", "clipe", "clips", "dolby", "hdver",
    "klibi", "klipe", "klipi", "klipo", "klips", "klipy", "letra", "lirik", "lyric", "lyrik", "muzik", "promo",
    "rasmi", "resmi", "sanat", "tekst", "testi", "testo", "video", "vidio", "vinyl", "audios", "bluray", "ceviri",
    "engsub", "fullhd", "hdclip", "klipas", "letras", "lletra", "lyrics", "napisy", "parole", "rasmiy", "teaser",
    "upload", "uradni", "videos", "visual", "公式", "官方", "가사", "공식", "리릭", "뮤비", "발음", "음원", "자막", "티저", "해석",
    "4kvideo", "altyazi", "ametlik", "hdvideo", "hudebni", "indosub", "lattext", "lyrical", "offcial", "offical",
    "oficial", "oficjal", "ofisyal", "opinber", "opisyal", "paroles", "sanremo", "sozleri", "stihovi", "subindo",
    "subthai", "tekstas", "tekstit", "thaisub", "ultrahd", "versuri", "videoni", "videosi", "videosu", "vietsub",
    "visuals", "zyrtare", "animated", "cassette", "censored", "explicit", "legendas", "liedtext", "official",
    "officiel", "oficiais", "oficiala", "oficiall", "ofitsial", "opinbert", "premiera", "premiere", "reupload",
    "sanoitus", "sluzbeni", "songtext", "teledysk", "traducao", "videolar", "vocaloid", "zvanican", "zvanicni",
    "κλιπ", "клип", "кліп", "спот", "קליפ", "רשמי", "حصري", "رسمي", "كليب", "altyazili", "animation", "chinhthuc",
    "dalszoveg", "hivatalos", "legendada", "legendado", "liriklagu", "officieel", "officiele", "officiell",
    "officiels", "officielt", "offisiell", "offiziell", "oficialas", "oficiales", "oficialne", "oficialni",
    "oficialny", "oficialus", "oficjalna", "oficjalne", "oficjalny", "sarkisozu", "songtekst", "songtexte",
    "subtitled", "subtitles", "subtitrat", "traducida", "ufficiale", "ufficiali", "videoclip", "videoklip",
    "videospot", "colorcoded", "dolbyatmos", "eurovision", "liricvideo", "lyricvideo", "musicvideo", "musikvideo",
    "officiella", "officielle", "offisielle", "offizielle", "oficialais", "oficijalni", "oficjalnie", "remastered",
    "reuploaded", "subespanol", "subtitulos", "terjemahan", "traduccion", "traduction", "traduzione", "uncensored",
    "videoclipe", "videoclips", "videoklipp", "videoklips", "videolyric", "virallinen", "visualiser", "visualizer",
    "аудио", "аудіо", "видео", "відео", "клипа", "кліпу", "слова", "текст", "הקליפ", "הרשמי", "וידאו", "מילים",
    "רשמית", "اغنية", "ترانه", "حصريا", "فيديو", "كلمات", "موزيك", "ويديو", "lyricsvideo", "lyricvideos",
    "musikkvideo", "offizieller", "offizielles", "remastering", "remasterise", "songteksten", "sottotitoli",
    "subtitulada", "subtitulado", "ubersetzung", "videoclipes", "videoclipul", "videolyrics", "visualizeur",
    "lyricsvideos", "musikkivideo", "muusikavideo", "visualizador", "βιντεο", "στιχοι", "лирика", "тексты", "الرسمي",
    "คลิป", "최초공개", "한글자막", "remasterizada", "remasterizado", "remasterizzato", "rimasterizzato", "visualizzatore",
    "επισημη", "επισημο", "перевод", "премєра", "الرسمية", "เอมวี", "리릭비디오", "뮤직비디오", "τραγουδι", "званични",
    "офіційна", "офіційне", "офіційно", "премиера", "премьера", "بالكلمات", "видеоклип", "відеокліп", "официален",
    "официално", "офіційний", "ทางการ", "βιντεοκλιπ", "видеоклипа", "официально", "текстпесни", "موزيكويديو",
    "eurovisionsongcontest", "официальная", "официальное", "официальный", "караокетекст", "เนือเพลง",
]);

/// Words that stand beside telling ones and say nothing by themselves.
#[rustfmt::skip]
pub static FILLER: Table = Table::new(&[
    "a", "e", "m", "v", "y", "an", "br", "da", "de", "do", "em", "en", "et", "ft", "hd", "in", "la", "le", "na", "of",
    "og", "on", "pt", "tv", "ze", "с", "and", "com", "con", "dir", "eng", "esp", "fan", "han", "hit", "hot", "jpn",
    "kan", "kor", "med", "met", "mit", "neu", "new", "now", "och", "out", "rom", "sub", "the", "und", "ver", "arab",
    "avec", "best", "film", "free", "full", "high", "hour", "lagu", "made", "mono", "neue", "nhac", "nova", "novo",
    "shot", "song", "sous", "subs", "thai", "tour", "urdu", "vevo", "with", "yeni", "из", "на", "по", "album",
    "arabe", "brano", "clean", "coded", "color", "degli", "dello", "extra", "greek", "hindi", "hours", "kanji",
    "latam", "music", "musik", "muzik", "neues", "nueva", "nuevo", "nuova", "nuovo", "sarki", "short", "songs",
    "sound", "tamil", "zenes", "aleman", "alemao", "arabic", "colour", "french", "german", "hangul", "hebrew",
    "ingles", "korean", "latest", "length", "lyrics", "musica", "musikk", "muziek", "pinyin", "polski", "romaji",
    "screen", "single", "stereo", "studio", "telugu", "titres", "turkce", "videos", "anglais", "bengali", "cancion",
    "canzone", "chanson", "chinese", "deutsch", "digital", "edition", "english", "espanol", "feature", "frances",
    "hudebni", "inglese", "italian", "italien", "kannada", "legenda", "marathi", "musical", "musique", "muzicki",
    "nouveau", "polskie", "punjabi", "quality", "release", "russian", "spanish", "tedesco", "turkish", "upgrade",
    "version", "bhojpuri", "completa", "complete", "completo", "download", "englisch", "enhanced", "francais",
    "francese", "glasbeni", "gujarati", "italiana", "italiano", "japanese", "musicale", "musicali", "muzyczne",
    "muzyczny", "nouvelle", "official", "original", "releases", "remaster", "restored", "tradotta", "traducao",
    "upgraded", "digitally", "exclusive", "indonesia", "malayalam", "portugues", "promotion", "romanized",
    "indonesian", "portuguese", "resolution", "reuploaded", "translated", "unofficial", "widescreen", "песни",
    "трека", "треку", "italienisch", "performance", "promotional", "translation", "translations", "сингла", "альбома",
]);

/// Telling words that a real title hardly ends with, so that one is enough to be cut off the end.
#[rustfmt::skip]
pub static ALONE: Table = Table::new(&[
    "4k", "8k", "hd", "hq", "mv", "pv", "uhd", "720p", "1080p", "1440p", "2160p", "letra", "engsub", "fullhd",
    "lyrics", "가사", "뮤비", "sozleri", "vietsub", "legendas", "songtext", "teledysk", "клип", "кліп", "dalszoveg",
    "legendada", "legendado", "videoclip", "videoklip", "lyricvideo", "musicvideo", "musikvideo", "videoclipe",
    "visualiser", "visualizer", "lyricsvideo", "subtitulado", "visualizador", "στιχοι", "뮤직비디오", "видеоклип",
]);

/// Words with which a cut tail cannot begin: they belong to what stands before.
#[rustfmt::skip]
pub static WEAK_START: Table = Table::new(&[
    "a", "e", "y", "an", "da", "de", "do", "em", "et", "ft", "in", "la", "le", "na", "on", "с", "and", "dir",
    "hit", "hot", "now", "out", "the", "avec", "best", "free", "song", "из", "на", "по", "short", "songs", "sound",
    "version",
]);

/// Words that by themselves fill a bracket at the head of a title.
#[rustfmt::skip]
pub static HEADS: Table = Table::new(&[
    "4k", "hd", "hq", "mv", "pv", "hot", "new", "uhd", "clip", "audio", "clipe", "lyric", "video", "latest", "lyrics",
    "teaser", "公式", "官方", "공식", "단독", "독점", "vietsub", "official", "premiera", "premiere", "exclusive", "최초공개",
    "премьера",
]);

/// Parts of remarks in the scripts that are written without spaces.
#[rustfmt::skip]
pub static CJK_PARTS: Table = Table::new(&[
    "4k", "hd", "hq", "mv", "pv", "ver", "付", "曲", "版", "full", "utau", "audio", "lyric", "music", "video", "lyrics",
    "フル", "中字", "中文", "中日", "付き", "公式", "公開", "动画", "動画", "動畫", "单曲", "原创", "原創", "双语", "單曲", "字幕", "完整", "官方", "影片",
    "拼音", "新曲", "新歌", "无损", "映像", "本家", "歌詞", "歌词", "正式", "無損", "版本", "独家", "獨家", "自作", "視頻", "视频", "試聽", "试听", "超清",
    "配信", "雙語", "音乐", "音樂", "音源", "音質", "音质", "首发", "首播", "首發", "高清", "가사", "공식", "노래", "뮤비", "뮤직", "발음", "음원", "자막",
    "티저", "한글", "official", "vocaloid", "アニメ", "ソング", "ビデオ", "ボカロ", "初公開", "初投稿", "原创曲", "原創曲", "完整版", "宣傳曲", "手描き",
    "推广曲", "推廣曲", "日本語", "歌詞付", "配信中", "高画質", "高畫質", "高音質", "비디오", "リリック", "中文字幕", "中英字幕", "动态歌词", "動態歌詞", "最高画質",
    "歌詞付き", "歌詞動画", "雙語字幕", "オリジナル", "リマスター", "オフィシャル", "オリジナル曲", "ボーカロイド", "ミュージック", "リリックビデオ", "ミュージックビデオ",
]);

/// Words that name kinds of music, as uploaders tag them in a square bracket.
#[rustfmt::skip]
pub static GENRES: Table = Table::new(&[
    "fi", "lo", "dnb", "edm", "hip", "hop", "bass", "deep", "drum", "lofi", "tech", "trap", "beats", "chill", "house",
    "indie", "future", "garage", "glitch", "hiphop", "jungle", "techno", "trance", "ambient", "dubstep", "electro",
    "jazzhop", "melodic", "triphop", "chillhop", "chillout", "drumstep", "hardcore", "relaxing", "breakbeat",
    "downtempo", "hardstyle", "psytrance", "synthwave", "electronic", "electronica", "progressive",
]);

/// Words for the languages and scripts in which lyrics are shown.
#[rustfmt::skip]
pub static LANGUAGES: Table = Table::new(&[
    "cc", "chn", "eng", "esp", "han", "ind", "jpn", "kan", "kor", "rom", "sub", "indo", "subs", "thai", "viet",
    "hindi", "kanji", "roman", "arabic", "french", "german", "hangul", "korean", "pinyin", "romaji", "turkce",
    "chinese", "english", "espanol", "russian", "spanish", "turkish", "francais", "furigana", "hiragana", "japanese",
    "portugues", "romanised", "romanized", "portuguese", "romanization",
]);

/// Words that say who uploads is entitled to.
#[rustfmt::skip]
pub static OFFICIAL: Table = Table::new(&[
    "ofc", "rasmi", "resmi", "rasmiy", "uradni", "公式", "官方", "공식", "ametlik", "oficial", "oficjal", "ofisyal",
    "opinber", "opisyal", "zyrtare", "official", "officiel", "oficiais", "oficiala", "ofitsial", "opinbert",
    "sluzbeni", "zvanican", "zvanicni", "רשמי", "رسمي", "chinhthuc", "hivatalos", "officieel", "officiele",
    "officiell", "officiels", "officielt", "offisiell", "offiziell", "oficialas", "oficiales", "oficialne",
    "oficialni", "oficialny", "oficialus", "oficjalna", "oficjalne", "oficjalny", "ufficiale", "ufficiali",
    "officiella", "officielle", "offisielle", "offizielle", "oficialais", "oficijalni", "oficjalnie", "virallinen",
    "הרשמי", "רשמית", "offizieller", "offizielles", "الرسمي", "επισημη", "επισημο", "الرسمية", "званични", "офіційна",
    "офіційне", "офіційно", "официален", "официално", "офіційний", "ทางการ", "официально", "официальная",
    "официальное", "официальный",
]);

/// Words that make the "video" behind them one of music.
#[rustfmt::skip]
pub static VIDEO_KINDS: Table = Table::new(&[
    "ofc", "lyric", "music", "rasmi", "resmi", "lyrics", "rasmiy", "uradni", "visual", "ametlik", "oficial",
    "oficjal", "ofisyal", "opinber", "opisyal", "zyrtare", "animated", "official", "officiel", "oficiais", "oficiala",
    "ofitsial", "opinbert", "sluzbeni", "zvanicni", "chinhthuc", "hivatalos", "officieel", "officiele", "officiell",
    "officiels", "officielt", "offisiell", "offiziell", "oficialas", "oficiales", "oficialni", "oficialus",
    "oficjalna", "oficjalne", "oficjalny", "ufficiale", "ufficiali", "officiella", "officielle", "offisielle",
    "offizielle", "oficialais", "oficijalni", "oficjalnie", "virallinen", "offizieller", "offizielles", "performance",
    "choreography",
]);

/// Words for what an upload is.
#[rustfmt::skip]
pub static VIDEOS: Table = Table::new(&[
    "mv", "clip", "klip", "audio", "video", "audios", "videoclip", "videoklip", "videoclipe", "visualiser",
    "visualizer",
]);

/// Names of months, in a date.
#[rustfmt::skip]
pub static MONTHS: Table = Table::new(&[
    "apr", "aug", "dec", "feb", "jan", "jul", "jun", "mar", "may", "nov", "oct", "sep", "july", "june", "sept",
    "april", "march", "august", "january", "october", "december", "february", "november", "september",
]);

/// Words that begin a remark about who made the recording or the video; a name follows.
#[rustfmt::skip]
pub static CREDITS: Table = Table::new(&[
    "dir", "pod", "beat", "prod", "shot", "mixed", "regie", "dirige", "edited", "filmed", "prodby", "shotby",
    "realise", "animated", "directed", "dirigido", "mastered", "produced", "producido", "produzido", "realizado",
    "choreography", "choreographed", "cinematography",
]);

/// Words that tell of another recording of the work; a remark with one of them is part of the title.
#[rustfmt::skip]
pub static EDITIONS: Table = Table::new(&[
    "8d", "dub", "mix", "vip", "demo", "edit", "flip", "live", "lofi", "show", "sped", "tour", "vivo", "cover",
    "piano", "radio", "refix", "remix", "mashup", "medley", "reverb", "rework", "slowed", "versao", "现场", "現場", "翻唱",
    "커버", "akustik", "bootleg", "capella", "concert", "covered", "daycore", "karaoke", "koncert", "konzert",
    "remixed", "remixes", "reprise", "session", "version", "acapella", "acoustic", "acustica", "acustico", "extended",
    "playback", "remaster", "sessions", "stripped", "versione", "acappella", "akoustisk", "akustisch", "concierto",
    "nightcore", "rendition", "symphonic", "unplugged", "カバー", "ライブ", "라이브", "리믹스", "acoustique", "orchestral",
    "живой", "кавер", "instrumental", "ремикс", "弾き語り", "instrumentala", "instrumentale", "концерт", "リミックス", "歌ってみた",
]);

/// Whole remarks that offer the recording, their words run together.
#[rustfmt::skip]
pub static OFFERS: Table = Table::new(&[
    "freedl", "nowout", "outnow", "newsong", "outsoon", "ausjetzt", "newmusic", "newtrack", "newvideo", "outtoday",
    "preorder", "randomdl", "buyfreedl", "freedwnld", "newsingle", "streamnow", "comingsoon", "disponible",
    "disponivel", "freedllink", "newrelease", "disponibile", "firstlisten", "juzdostepne", "newsong2024",
    "preordernow", "availablenow", "disponibleya", "freedownload", "jadisponivel", "justreleased", "nowavailable",
    "nowonspotify", "outonspotify", "yadisponible", "worldpremiere", "yaydisponible", "dejadisponible",
    "buyfreedownload", "dejasdisponible", "jetzterhaltlich", "outnowonspotify", "outnowonbeatport",
    "linkindescription", "preorderavailable", "supportedbytiesto", "dllinkindescription", "freedlinkindescription",
    "clickbuyforfreedownload", "freedownloadlinkindescription",
]);

/// Words with which a remark ends that names who put the recording out.
#[rustfmt::skip]
pub static RELEASES: Table = Table::new(&[
    "rec", "recs", "premier", "records", "release", "premiere", "releases", "exclusive", "exclusives", "recordings",
]);

/// Words of which the titles of classical works are made.
#[rustfmt::skip]
pub static WORKS: Table = Table::new(&[
    "kv", "op", "rv", "bwv", "dur", "hob", "hwv", "woo", "aria", "mass", "moll", "opus", "trio", "etude", "fugue",
    "largo", "major", "minor", "missa", "suite", "waltz", "adagio", "etudes", "minuet", "sonata", "sonate", "suites",
    "allegro", "andante", "ballade", "cantata", "konzert", "mazurka", "partita", "passion", "prelude", "quartet",
    "quintet", "requiem", "scherzo", "sonatas", "toccata", "concerto", "fantasia", "nocturne", "oratorio", "overture",
    "preludes", "rhapsody", "serenade", "sinfonia", "sinfonie", "symphony", "arabesque", "bagatelle", "capriccio",
    "concertos", "impromptu", "nocturnes", "ouverture", "polonaise", "symphonie", "gymnopedie", "intermezzo",
    "symphonies", "variations", "divertimento", "violinkonzert", "klavierkonzert",
]);
