//! Whether a link says something of what it points at, without its page.

use url::Url;

/// Whether there is anything to go by besides an identifier: what a person wrote, or words in the link's path, such as
/// `/track/some-song`.
#[must_use]
pub fn says_something(url: &str, shared_text: Option<&str>) -> bool {
    let is_written = shared_text.is_some_and(|text| text.chars().any(char::is_alphabetic));
    is_written || url.parse::<Url>().is_ok_and(|url| url.path_segments().is_some_and(|mut path| path.any(has_words)))
}

/// At least two words, one of them of three letters. Other scripts than Latin are written in percent signs, and in words
/// nobody would make up an identifier of.
fn has_words(segment: &str) -> bool {
    if segment.contains('%') {
        return true;
    }
    let words =
        || segment.split(['-', '_', '+', '.']).filter(|word| word.chars().all(char::is_alphabetic) && word.len() > 1);
    words().count() > 1 && words().any(|word| word.len() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_a_link_say_something_and_identifiers_do_not() {
        for (url, says) in [
            ("https://ada-lane.bandcamp.com/track/harbour-lights", true),
            ("https://a.example/%E3%82%AA", true),
            ("https://open.spotify.com/track/4cOdK2wGLETKBW3PvgPWqT", false),
            ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", false),
            ("https://youtu.be/a-b_c-d9", false),
            ("https://a.example/", false),
        ] {
            assert_eq!(says_something(url, None), says, "{url}");
        }
    }

    #[test]
    fn so_does_what_a_person_wrote() {
        assert!(says_something("https://a.example/1", Some("Ada Lane, Harbour!")));
        assert!(!says_something("https://a.example/1", Some(" 🎵 ")));
    }
}
