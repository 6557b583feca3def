//! What people state in a description, in the few forms that leave no doubt.

use crate::text::{clean, find_ignoring_case, starts_ignoring_case};
use crate::title::brackets::quoted_head;
use liner_strategy::release_date;

/// What a description states of a release.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Statements {
    /// The release.
    pub album: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub release_date: Option<String>,
}

/// How much of a description is read; what is stated stands at its beginning.
const LONGEST: usize = 4_000;

/// Reads a description that somebody wrote.
pub fn read(description: &str) -> Statements {
    let mut found = Statements::default();
    let end = description.char_indices().nth(LONGEST).map_or(description.len(), |(at, _)| at);
    for line in description.get(..end).unwrap_or_default().lines() {
        // No form begins otherwise.
        let labelled_line = line.trim_start().starts_with(['a', 'A', 'á', 'Á', 'f', 'F', 'а', 'А', 'r', 'R', 'd', 'D']);
        let value = |names: &[&str]| names.iter().filter(|_| labelled_line).find_map(|name| labelled(line, name));
        if found.album.is_none() {
            let stated = value(&["album:", "álbum:", "from the album:", "альбом:"]);
            found.album = stated.or_else(|| quoted_album(line)).filter(|album| album.chars().count() <= 100);
        }
        if found.release_date.is_none() {
            let stated = value(&["released on:", "release date:", "released:", "date de sortie:"]);
            found.release_date = stated.and_then(|date| release_date(&date));
        }
    }
    found
}

/// `Name: value` at the beginning of a line.
fn labelled(line: &str, name: &str) -> Option<String> {
    let line = line.trim_start();
    if !starts_ignoring_case(line, name) {
        return None;
    }
    let value = clean(line.get(name.len()..)?);
    let value =
        quoted_head(&value).filter(|(_, after)| after.trim().is_empty()).map_or(value.as_str(), |(inner, _)| inner);
    (!value.is_empty() && !value.contains("://")).then(|| value.to_owned())
}

/// `from the new album "Lights"`: quotes say where the name begins and ends.
fn quoted_album(line: &str) -> Option<String> {
    let at = find_ignoring_case(line, "from ")?;
    let rest = line.get(at + "from ".len()..)?;
    let album = find_ignoring_case(rest, "album")?;
    let between = rest.get(..album)?;
    let near = between.split(' ').count() <= 5 && !between.contains(['.', '!', '"', '“']);
    let after = rest.get(album + "album".len()..)?.trim_start_matches([' ', ',', ':']);
    let (name, _) = quoted_head(after).filter(|_| near)?;
    Some(clean(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn album(description: &str) -> Option<String> {
        read(description).album
    }

    #[test]
    fn an_album_is_read_where_it_is_named_or_quoted() {
        assert_eq!(album("My song.\nAlbum: Lights").as_deref(), Some("Lights"));
        assert_eq!(album("Taken from their debut album “Lights”, out now").as_deref(), Some("Lights"));
        assert_eq!(album("\"Harbour\" from the album 'Night Lights' on Quay Records").as_deref(), Some("Night Lights"));
        for vague in [
            "from the new album out now",
            "Album: https://example.com",
            "the album \"Lights\" is out",
            "from Kiel. The album \"Lights\"",
        ] {
            assert_eq!(album(vague), None, "{vague}");
        }
    }

    #[test]
    fn a_release_date_is_read_where_it_is_called_one() {
        let date = |text: &str| read(text).release_date;
        assert_eq!(date("Release date: 7 Sep 2018").as_deref(), Some("2018-09-07"));
        assert_eq!(date("Released: 2018-09-07").as_deref(), Some("2018-09-07"));
        assert_eq!(date("Recorded: 2018-09-07"), None);
        assert_eq!(date("Released: soon"), None);
    }
}
