//! What is shown of what strangers wrote: it reaches logs, terminals and tables.

use crate::music::name;
use url::Url;

/// The most characters that are shown.
const LONGEST: usize = 300;

/// A text on one line, without control characters and what else is not seen, of at most 300 characters; where it was
/// longer it ends in `…`.
#[must_use]
pub fn shown(text: &str) -> String {
    let seen = name(text);
    match seen.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", seen.get(..end).unwrap_or_default()),
        None => seen,
    }
}

/// A URL without a user, a query and a fragment, and not without end.
#[must_use]
pub fn shown_url(url: &Url) -> String {
    match url.host_str() {
        Some(host) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            shown(&format!("{}://{host}{port}{}", url.scheme(), url.path()))
        }
        None => format!("{}:…", shown(url.scheme())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_moves_no_cursor_breaks_no_line_and_has_an_end() {
        assert_eq!(shown("\u{1b}[2Jred\u{9b}1m\r\nand \u{0}\u{202e}so on"), "[2Jred 1m and so on");
        assert_eq!(shown(&"x".repeat(300)), "x".repeat(300));
        let long = shown(&"ö".repeat(1 << 20));
        assert_eq!((long.chars().count(), long.chars().last()), (301, Some('…')));
    }

    #[test]
    fn what_is_shown_of_a_url_holds_no_user_no_query_and_no_fragment() {
        let show = |url: &str| shown_url(&Url::parse(url).unwrap());
        assert_eq!(show("https://me:secret@a.example:8080/x/y?token=1#z"), "https://a.example:8080/x/y");
        assert_eq!(show("mailto:me@a.example?subject=x"), "mailto:…");
        assert_eq!(show(&format!("http://a.example/{}", "x".repeat(999))).chars().count(), 301);
    }
}
