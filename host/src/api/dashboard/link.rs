//! Where links lead.

use crate::music::TrackKey;
use url::Url;

/// A link out of this host, if it is one that a browser may follow: what strangers wrote may be anything.
pub fn outward(link: &str) -> Option<&str> {
    let scheme = Url::parse(link).ok()?.scheme().to_owned();
    matches!(scheme.as_str(), "http" | "https").then_some(link)
}

/// A picture that a page may show: over TLS, as the policy says.
pub fn picture(link: &str) -> Option<&str> {
    Url::parse(link).is_ok_and(|url| url.scheme() == "https").then_some(link)
}

/// The page of an entry.
pub fn entry(key: &TrackKey) -> String {
    within(&["library", &key.platform_name, &key.platform_id])
}

/// A path of these segments, whatever they hold.
pub fn within(segments: &[&str]) -> String {
    let Ok(mut url) = Url::parse("http://localhost") else { return "/".to_owned() };
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend(segments);
    }
    url.path().to_owned()
}

/// A path with a query of whatever is given.
pub fn with_query(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            pairs.append_pair(name, value);
        }
    }
    let pairs = pairs.finish();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{pairs}") }
}

/// A field of a form that was filled in.
pub fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_linked_to() {
        for link in ["https://a.example/x?y=<z>", "http://a.example"] {
            assert_eq!(outward(link), Some(link));
        }
        for link in ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//a.example", "/x", ""] {
            assert_eq!(outward(link), None, "{link}");
        }
        assert_eq!((picture("https://a.example/x.jpg").is_some(), picture("http://a.example/x.jpg")), (true, None));
    }

    #[test]
    fn an_entrys_path_holds_whatever_its_identifier_does() {
        let key = TrackKey { platform_name: "web".into(), platform_id: "a.example/x?y=1#z ü+".into() };
        assert_eq!(entry(&key), "/library/web/a.example%2Fx%3Fy=1%23z%20%C3%BC+");
        assert_eq!(with_query("/failed", &[("search", Some("a&b")), ("platform", None)]), "/failed?search=a%26b");
    }
}
