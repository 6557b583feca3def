//! What uploaders add to a title that is not part of it: "(Official Video)", "[HD]", "Lyrics", "【MV】".
//!
//! A remark is decoration when every word of it is in a table and at least one of them is telling on its own. A remark
//! that names another work (live, remix, acoustic, …) has a word that is in no table, so it stays.

use crate::text::words;

/// Words that mark a remark as decoration by themselves.
const TELLING: &[&str] = &[
    "official",
    "officiel",
    "oficial",
    "ufficiale",
    "offiziell",
    "offizielles",
    "officieel",
    "resmi",
    "video",
    "videoclip",
    "videoclipe",
    "videolyric",
    "clip",
    "klip",
    "mv",
    "pv",
    "audio",
    "lyric",
    "lyrics",
    "lyrical",
    "letra",
    "letras",
    "paroles",
    "testo",
    "visualizer",
    "visualiser",
    "visual",
    "hd",
    "hq",
    "4k",
    "8k",
    "uhd",
    "1080p",
    "720p",
    "480p",
    "360p",
    "60fps",
    "hdtv",
    "legendado",
    "subtitulado",
    "subtitulos",
    "karaokelyrics",
    "explicit",
    "uncensored",
    "premiere",
    "trailer",
    "teaser",
    "teledysk",
    "muzik",
    "videosu",
    "remastered",
    "ncs",
    "公式",
    "歌詞",
    "歌詞付き",
    "字幕",
    "原创曲",
    "原創曲",
    "オリジナル",
    "オリジナル曲",
    "オリジナルmv",
    "アニメmv",
    "オリジナルpv",
    "手描きpv",
    "動画",
    "뮤직비디오",
    "뮤비",
    "최초공개",
    "가사",
    "клип",
    "видео",
    "премьера",
    "คลิป",
    "vietsub",
    "engsub",
    "colorcoded",
];

/// Words that stand beside telling ones and say nothing by themselves.
const FILLER: &[&str] = &[
    "the",
    "music",
    "full",
    "song",
    "new",
    "in",
    "with",
    "on",
    "screen",
    "original",
    "and",
    "color",
    "coded",
    "version",
    "promo",
    "promotional",
    "musical",
    "de",
    "la",
    "con",
    "le",
    "quality",
    "high",
    "best",
    "sound",
    "studio",
    "free",
    "download",
    "out",
    "now",
    "exclusive",
    "m",
    "v",
    "eng",
    "sub",
    "han",
    "rom",
    "kan",
    "esp",
    "español",
    "espanol",
    "ingles",
    "english",
    "french",
    "br",
    "pt",
    "tv",
    "vevo",
    "album",
    "tour",
    "short",
    "film",
    "dir",
    "complete",
    "completo",
    "y",
    "e",
    "et",
    "hit",
    "latest",
    "release",
    "releases",
    "musica",
    "musik",
    "ver",
    "wshh",
    "ft",
    "performance",
    "legenda",
    "tradução",
    "traducao",
    "latam",
    "feature",
    "starring",
    "shot",
    "edition",
    "color",
    "mono",
    "stereo",
    "remaster",
    "digital",
    "digitally",
    "clean",
    "10",
    "hours",
    "hour",
    "extra",
    "upload",
];

/// Words that by themselves fill a bracket at the head of a title.
const HEADS: &[&str] = &["mv", "pv", "vietsub", "official", "audio", "teaser", "lyrics", "hd", "公式", "최초공개"];

/// Whether a remark (a bracket's content, or a part behind a separator) is decoration.
pub fn is_decoration(remark: &str) -> bool {
    let words = words(remark);
    if words.is_empty() {
        return true;
    }
    if let [year] = words.as_slice()
        && is_year(year)
    {
        return true;
    }
    if remark.to_lowercase().starts_with("prod")
        && matches!(words.first().map(String::as_str), Some("prod" | "produced"))
    {
        return true;
    }
    let slashed_mv = words.windows(2).any(|pair| pair == ["m", "v"]);
    let telling = slashed_mv || words.iter().any(|word| TELLING.contains(&word.as_str()));
    telling && words.iter().all(|word| is_noise(word))
}

/// Whether a remark says that the link is a whole album.
pub fn is_album_remark(remark: &str) -> bool {
    let words = words(remark);
    let has = |word: &str| words.iter().any(|known| known == word);
    has("album") && (has("full") || has("complete") || has("stream")) || words == ["disco", "completo"]
}

/// A title without decoration that hangs on its end outside brackets: `Song Official Video`, `Song (HD) Lyrics`.
pub fn strip_tail(title: &str) -> &str {
    let mut best = title;
    for (at, _) in title.char_indices().filter(|(_, c)| c.is_whitespace()) {
        let (head, tail) = title.split_at(at);
        if !head.trim().is_empty() && is_decoration(tail) && is_strong_tail(tail) {
            best = head;
            break;
        }
    }
    best.trim_end_matches([' ', '-', '–', '—', '|', '/', '_', ','])
}

/// A head such as `[MV]` or `MV ` that says nothing of the work.
pub fn is_head(remark: &str) -> bool {
    let words = words(remark);
    words.len() <= 2 && words.iter().all(|word| HEADS.contains(&word.as_str()))
}

/// Outside brackets one word must not be enough to cut a real title ("Video", "The Audio"), unless it is never a title's end.
fn is_strong_tail(tail: &str) -> bool {
    let words = words(tail);
    match words.as_slice() {
        [word] => matches!(
            word.as_str(),
            "mv" | "hd" | "hq" | "lyrics" | "4k" | "1080p" | "720p" | "visualizer" | "videoclip" | "letra" | "pv"
        ),
        [first, ..] => {
            !matches!(
                first.as_str(),
                "the"
                    | "in"
                    | "with"
                    | "on"
                    | "and"
                    | "de"
                    | "la"
                    | "le"
                    | "y"
                    | "e"
                    | "new"
                    | "song"
                    | "10"
                    | "version"
                    | "now"
                    | "out"
                    | "free"
                    | "best"
                    | "sound"
            ) || words.len() == 2 && matches!(first.as_str(), "with" | "con")
        }
        [] => false,
    }
}

fn is_noise(word: &str) -> bool {
    TELLING.contains(&word) || FILLER.contains(&word) || is_year(word)
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse::<u32>().is_ok_and(|year| (1900..2100).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_of_uploaders_are_decoration_and_other_works_are_not() {
        for noise in [
            "Official Video",
            "OFFICIAL MUSIC VIDEO",
            "HD",
            "Clip officiel",
            "Video Oficial",
            "M/V",
            "公式",
            "2019",
            "Lyric Video",
        ] {
            assert!(is_decoration(noise), "{noise}");
        }
        for work in ["Live", "Remix", "Acoustic Version", "Ao Vivo", "feat. Dido", "Pt. 2", "Radio Edit", "From \"Up\""]
        {
            assert!(!is_decoration(work), "{work}");
        }
    }

    #[test]
    fn a_tail_is_cut_only_where_it_cannot_be_the_title() {
        assert_eq!(strip_tail("Nightcall Official Video"), "Nightcall");
        assert_eq!(strip_tail("Wonderwall Lyrics"), "Wonderwall");
        assert_eq!(strip_tail("Video Killed The Radio Star"), "Video Killed The Radio Star");
        assert_eq!(strip_tail("Pop Video"), "Pop Video");
    }
}
