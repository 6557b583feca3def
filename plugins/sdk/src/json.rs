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
}
