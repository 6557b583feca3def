//! Any text as a link: it has one identity in its usual spelling, or is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use liner::ingest::{identify, says_something};

fuzz_target!(|text: &str| {
    let Ok(link) = identify(text) else { return };
    assert!(!link.key.platform_name.is_empty() && !link.key.platform_id.is_empty());
    assert!(link.url.starts_with("http://") || link.url.starts_with("https://"), "{}", link.url);
    let again = identify(&link.url).unwrap_or_else(|error| panic!("{error}: {}", link.url));
    assert_eq!(again.key, link.key, "{} is another track than {text}", link.url);
    let _ = says_something(&link.url, None);
});
