//! How an entry's parts are shown wherever they are.

use crate::api::dashboard::frame::{Tone, tag};
use crate::api::dashboard::link;
use crate::store::LibraryEntry;
use maud::{Markup, html};

/// Its picture, from whoever has it; a note where there is none. Whoever has it is not told who looks.
pub fn cover(entry: &LibraryEntry, size: u32) -> Markup {
    html! {
        @match entry.og_image_url.as_deref().and_then(link::picture) {
            Some(picture) => img.cover src=(picture) alt="" width=(size) height=(size) loading="lazy" referrerpolicy="no-referrer" decoding="async";,
            None => span.cover.none aria-hidden="true" { "♪" }
        }
    }
}

/// Its state with how bad that is.
pub fn state_tag(state: &str) -> Markup {
    let tone = match state {
        "ai_completed" => Tone::Good,
        "failed" => Tone::Bad,
        _ => Tone::Plain,
    };
    tag(tone, state_name(state))
}

/// A state in words.
pub fn state_name(state: &str) -> &str {
    match state {
        "ai_completed" => "completed",
        "ai_processing" => "processing",
        "og_fetched" => "page read",
        "no_music" => "no music",
        other => other,
    }
}
