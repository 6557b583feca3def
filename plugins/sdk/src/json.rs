//! Small readers for what models and pages write.

use crate::MusicType;

/// The first balanced JSON object or array in a text, without the fence or the words around it.
#[must_use]
pub fn first_json_object(text: &str) -> Option<&str> {
    let start = text.find(['{', '['])?;
    let body = text.get(start..)?;
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return body.get(..=at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a text is `YYYY`, `YYYY-MM` or `YYYY-MM-DD` with a year from 1860, when recording began, to 2199.
#[must_use]
pub fn is_release_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let part = |text: Option<&str>, width: usize| {
        text.filter(|t| t.len() == width && t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse::<u32>().ok())
    };
    let Some(year) = part(parts.next(), 4) else { return false };
    let (month, day, rest) = (parts.next(), parts.next(), parts.next());
    let month_number = part(month, 2);
    let days = match month_number {
        Some(2) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        Some(2) => 28,
        Some(4 | 6 | 9 | 11) => 30,
        Some(_) => 31,
        None => 0,
    };
    (1860..2200).contains(&year)
        && rest.is_none()
        && (month.is_none() || month_number.is_some_and(|m| (1..=12).contains(&m)))
        && (day.is_none() || part(day, 2).is_some_and(|d| (1..=days).contains(&d)))
}

/// The music type a text names, in any case.
#[must_use]
pub fn music_type_from(text: &str) -> Option<MusicType> {
    [MusicType::Song, MusicType::Album, MusicType::Playlist, MusicType::Artist]
        .into_iter()
        .find(|kind| music_type_name(*kind).eq_ignore_ascii_case(text.trim()))
}

/// The name of a music type as the contract writes it.
#[must_use]
pub fn music_type_name(kind: MusicType) -> &'static str {
    match kind {
        MusicType::Song => "song",
        MusicType::Album => "album",
        MusicType::Playlist => "playlist",
        MusicType::Artist => "artist",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_inside_a_fence_and_talk() {
        assert_eq!(first_json_object("Sure!\n```json\n{\"a\":\"}\\\"\"}\n```"), Some("{\"a\":\"}\\\"\"}"));
        assert_eq!(first_json_object("[1,[2]] and more"), Some("[1,[2]]"));
        assert_eq!(first_json_object("{\"a\": [1, 2"), None);
        assert_eq!(first_json_object("no json"), None);
    }

    #[test]
    fn release_dates_are_real_days() {
        for good in ["1999", "1999-12", "2024-02-29"] {
            assert!(is_release_date(good), "{good}");
        }
        for bad in ["", "99", "1999-13", "2023-02-29", "1999-1", "1999-01-01-01", "1999-01-01T00", "0000", "+999"] {
            assert!(!is_release_date(bad), "{bad}");
        }
    }
}
