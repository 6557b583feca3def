//! What platforms call a work, in the languages their pages come in.

use crate::text::{fold, words};
use liner_strategy::MusicType;

/// The kind of work that a platform's word names, such as `Song`, `Álbum`, `Lied`.
pub fn kind(word: &str) -> Option<MusicType> {
    Some(match fold(word).as_str() {
        "album" | "albume" | "albumen" | "albumi" | "ep" | "single" | "compilation" | "sencillo" | "singel"
        | "recopilatorio" | "compilacion" | "kompilation" | "raccolta" | "альбом" | "сингл" | "アルバム"
        | "シングル" | "专辑" | "專輯" | "앨범" | "싱글" => MusicType::Album,
        "song" | "track" | "titre" | "chanson" | "cancion" | "canzone" | "brano" | "musica" | "lied" | "titel"
        | "nummer" | "lat" | "sang" | "utwor" | "piosenka" | "sarki" | "lagu" | "baihat" | "kappale" | "pisen"
        | "skladba" | "песня" | "трек" | "пісня" | "曲" | "歌曲" | "노래" | "곡" => MusicType::Song,
        "playlist" | "плейлист" | "プレイリスト" | "歌单" | "歌單" => MusicType::Playlist,
        _ => return None,
    })
}

/// Words for "by", as a platform's phrase has them.
pub const BY: &[&str] =
    &["by", "von", "de", "par", "di", "van", "av", "af", "från", "od", "przez", "от", "oleh", "của"];

/// Words that stand between the kind and "by": `song and lyrics by`.
const BESIDE: &[&str] = &[
    "and",
    "lyrics",
    "y",
    "letra",
    "e",
    "et",
    "paroles",
    "und",
    "songtext",
    "testo",
    "en",
    "songtekst",
    "text",
    "och",
    "i",
    "tekst",
];

/// `song and lyrics by Artist`, `Album de Artist`: the kind of work and the artist.
pub fn credited_kind(form: &str) -> Option<(MusicType, &str)> {
    let mut parts = words(form);
    let found = kind(parts.next()?)?;
    let by = parts.find(|word| !BESIDE.iter().any(|known| word.eq_ignore_ascii_case(known)))?;
    if !BY.contains(&by) {
        return None;
    }
    let end = (by.as_ptr() as usize).saturating_sub(form.as_ptr() as usize) + by.len();
    let artist = form.get(end..)?.trim();
    (!artist.is_empty()).then_some((found, artist))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_work_and_its_artist_are_read_in_many_languages() {
        for (form, kind, artist) in [
            ("song and lyrics by Ada Lane", MusicType::Song, "Ada Lane"),
            ("canción y letra de Ada, Bo", MusicType::Song, "Ada, Bo"),
            ("Lied und Lyrics von Ada", MusicType::Song, "Ada"),
            ("Album by Ada Lane", MusicType::Album, "Ada Lane"),
            ("Альбом от Ада", MusicType::Album, "Ада"),
        ] {
            assert_eq!(credited_kind(form), Some((kind, artist)), "{form}");
        }
        for other in ["song", "Song for Ada", "by Ada", "Lights by Ada"] {
            assert_eq!(credited_kind(other), None, "{other}");
        }
    }
}
