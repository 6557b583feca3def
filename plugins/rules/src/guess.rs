//! A page without a title: what the sharer wrote, or what a speaking address says. Good for a hint, never for more.

use crate::evidence::Evidence;
use crate::roles::{self, Setting};
use crate::text::clean;
use crate::title::Title;
use liner_strategy::Track;

/// How sure a name made of an address is.
const BY_ADDRESS: f64 = 0.3;
/// The most that what somebody wrote beside a link is worth.
const BY_SHARER: f64 = 0.4;

/// A title, and an artist where one is named, with a low confidence.
pub fn read(track: &Track) -> Option<(String, Option<String>, f64)> {
    let shared = track.shared_text.as_deref().and_then(by_sharer);
    shared.or_else(|| by_address(&track.platform_name, track.url.as_deref()?))
}

/// `Artist - Title` and the link, if the text is no more than that.
fn by_sharer(text: &str) -> Option<(String, Option<String>, f64)> {
    let line = text.lines().map(clean).find(|line| !without_links(line).is_empty())?;
    let line = without_links(&line);
    let title = Title::read(&line, None);
    let (pieces, _) = title.pieces();
    let short = line.len() <= 120;
    let roles = roles::assign(&title, None, Setting::default());
    (short && pieces.len() == 2 && roles.evidence != Evidence::TitleAlone).then_some((
        roles.title,
        roles.artist,
        BY_SHARER,
    ))
}

fn without_links(line: &str) -> String {
    line.split(' ').filter(|word| !word.contains("://")).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// `artist.bandcamp.com/track/some-song`, `soundcloud.com/artist/some-song`.
fn by_address(platform: &str, url: &str) -> Option<(String, Option<String>, f64)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next()?;
    let mut path = rest.split('/');
    let host = path.next()?;
    let (artist, song) = match platform {
        "bandcamp" => {
            let kind = path.next()?;
            (matches!(kind, "track" | "album")).then_some(())?;
            (host.split('.').next()?, path.next()?)
        }
        "soundcloud" => {
            let artist = path.next()?;
            let song = path.next()?;
            (artist, if song == "sets" { path.next()? } else { song })
        }
        _ => return None,
    };
    let title = spoken(song)?;
    Some((title, spoken(artist), BY_ADDRESS))
}

/// `some-song` → `Some Song`.
fn spoken(slug: &str) -> Option<String> {
    let is_plain = slug.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let words = slug.split(['-', '_']).filter(|word| !word.is_empty()).map(|word| {
        let (head, tail) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{tail}", head.to_ascii_uppercase())
    });
    let spoken = words.collect::<Vec<_>>().join(" ");
    (is_plain && spoken.chars().any(char::is_alphabetic) && slug.len() <= 120).then_some(spoken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use liner_strategy::testing::track;

    fn read_shared(shared: Option<&str>, platform: &str, url: Option<&str>) -> Option<(String, Option<String>, f64)> {
        read(&Track {
            platform_name: platform.to_owned(),
            og_title: None,
            shared_text: shared.map(str::to_owned),
            url: url.map(str::to_owned),
            ..track("")
        })
    }

    #[test]
    fn what_the_sharer_wrote_is_a_hint() {
        let read = read_shared(Some("Ada Lane - Harbour https://youtu.be/abc"), "youtube", None);
        assert_eq!(read, Some(("Harbour".to_owned(), Some("Ada Lane".to_owned()), BY_SHARER)));
        assert_eq!(read_shared(Some("listen to this!"), "youtube", None), None);
        assert_eq!(read_shared(None, "youtube", Some("https://youtu.be/abc")), None);
    }

    #[test]
    fn a_speaking_address_is_a_hint() {
        let song = ("Night Harbour".to_owned(), Some("Ada Lane".to_owned()), BY_ADDRESS);
        assert_eq!(
            read_shared(None, "soundcloud", Some("https://soundcloud.com/ada-lane/night-harbour?in=x")),
            Some(song)
        );
        let song = ("Night Harbour".to_owned(), Some("Adalane".to_owned()), BY_ADDRESS);
        assert_eq!(read_shared(None, "bandcamp", Some("https://adalane.bandcamp.com/track/night-harbour")), Some(song));
        assert_eq!(read_shared(None, "bandcamp", Some("https://adalane.bandcamp.com/music")), None);
    }
}
