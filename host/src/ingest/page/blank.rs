//! Pages that answer but say nothing of what was linked.

use super::Page;

/// What such a page is instead, in words that follow «is».
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blank {
    /// There is nothing to go by.
    #[error("a page that says nothing about itself")]
    Silent,
    /// Somebody wants to know whether a person is reading.
    #[error("a check whether a person reads it, not the page")]
    Check,
    /// Consent comes first.
    #[error("a question for consent, not the page")]
    Consent,
    /// An account does.
    #[error("a login, not the page")]
    Login,
    /// It says in words that it is not there.
    #[error("a page that says that there is none")]
    Gone,
    /// The same for every link: what it shows is fetched by its scripts.
    #[error("a shell that its scripts would fill")]
    Shell,
}

impl Blank {
    /// Whether the same page may say more later.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Check)
    }
}

/// How the titles of such pages begin, in lower case.
const BEGINNINGS: &[(&str, Blank)] = &[
    ("just a moment...", Blank::Check),
    ("attention required!", Blank::Check),
    ("are you a robot", Blank::Check),
    ("are you human", Blank::Check),
    ("verify you are human", Blank::Check),
    ("verifying you are human", Blank::Check),
    ("human verification", Blank::Check),
    ("robot check", Blank::Check),
    ("security check", Blank::Check),
    ("checking your browser", Blank::Check),
    ("ddos-guard", Blank::Check),
    ("client challenge", Blank::Check),
    ("captcha", Blank::Check),
    ("before you continue", Blank::Consent),
    ("bevor sie zu", Blank::Consent),
    ("avant d'accéder à", Blank::Consent),
    ("antes de continuar", Blank::Consent),
    ("voordat je verdergaat", Blank::Consent),
    ("log in to ", Blank::Login),
    ("log into ", Blank::Login),
    ("login •", Blank::Login),
    ("sign in to ", Blank::Login),
    ("404 ", Blank::Gone),
    ("error 404", Blank::Gone),
    ("page not found", Blank::Gone),
    ("file not found", Blank::Gone),
    ("video unavailable", Blank::Gone),
    ("this page isn't available", Blank::Gone),
    ("this page isn’t available", Blank::Gone),
];

/// Titles that are no more than that.
const TITLES: &[(&str, Blank)] = &[
    ("access denied", Blank::Check),
    ("forbidden", Blank::Check),
    ("403 forbidden", Blank::Check),
    ("request blocked", Blank::Check),
    ("login", Blank::Login),
    ("log in", Blank::Login),
    ("sign in", Blank::Login),
    ("404", Blank::Gone),
    ("not found", Blank::Gone),
    ("- youtube", Blank::Gone),
    ("something went wrong", Blank::Gone),
    ("error", Blank::Gone),
    ("youtube", Blank::Shell),
    ("youtube music", Blank::Shell),
    ("spotify", Blank::Shell),
    ("spotify – web player", Blank::Shell),
    ("spotify - web player", Blank::Shell),
    ("spotify - web player: music for everyone", Blank::Shell),
    ("soundcloud", Blank::Shell),
    ("soundcloud - hear the world’s sounds", Blank::Shell),
    ("apple music", Blank::Shell),
    ("apple music - web player", Blank::Shell),
    ("apple music – web player", Blank::Shell),
    ("apple music web player", Blank::Shell),
    ("tidal", Blank::Shell),
    ("deezer", Blank::Shell),
    ("bandcamp", Blank::Shell),
    ("audius", Blank::Shell),
    ("mixcloud", Blank::Shell),
    ("beatport", Blank::Shell),
    ("tiktok - make your day", Blank::Shell),
    ("loading", Blank::Shell),
    ("loading...", Blank::Shell),
    ("redirecting", Blank::Shell),
    ("redirecting...", Blank::Shell),
    ("untitled", Blank::Shell),
];

/// What a page is when it says nothing of what was linked.
pub(super) fn blank(page: &Page) -> Option<Blank> {
    if page.og_title.is_none() && page.og_description.is_none() && page.og_artist.is_none() {
        return Some(Blank::Silent);
    }
    // A song may be called «404», and who says that it is one means it.
    let kind = page.metadata.get("og:type").and_then(|kind| kind.as_str()).unwrap_or_default();
    let is_media = ["music", "video", "song", "album"].iter().any(|media| kind.starts_with(media));
    if is_media || page.metadata.contains_key("json_ld") || page.og_artist.is_some() {
        return None;
    }
    told(&page.og_title.as_deref()?.to_lowercase())
}

fn told(title: &str) -> Option<Blank> {
    let whole = TITLES.iter().find(|(known, _)| title == *known);
    let begun = BEGINNINGS.iter().find(|(known, _)| title.starts_with(known));
    whole.or(begun).map(|(_, blank)| *blank)
}
