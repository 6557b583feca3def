//! The stylesheet, the script and the icon. Their names hold their digests, so that they are kept for ever and a new version
//! is a new name.

use crate::digest::Digest;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

/// A file that pages refer to.
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    kind: &'static str,
    text: &'static str,
    digest: LazyLock<Digest>,
}

macro_rules! asset {
    ($stem:literal, $extension:literal, $kind:literal) => {{
        const TEXT: &str = include_str!(concat!("assets/", $stem, ".", $extension));
        let (stem, extension, kind) = ($stem, $extension, $kind);
        Asset { stem, extension, kind, text: TEXT, digest: LazyLock::new(|| Digest::of(TEXT.as_bytes())) }
    }};
}

pub static STYLE: Asset = asset!("dashboard", "css", "text/css; charset=utf-8");
pub static SCRIPT: Asset = asset!("dashboard", "js", "text/javascript; charset=utf-8");
pub static ICON: Asset = asset!("icon", "svg", "image/svg+xml");

impl Asset {
    fn file(&self) -> String {
        format!("{}-{}.{}", self.stem, self.digest.short(), self.extension)
    }

    /// Where it is.
    pub fn path(&self) -> String {
        format!("/assets/{}", self.file())
    }
}

/// A file by its name.
pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.file() == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", asset.digest.short());
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let kept = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_TYPE, asset.kind),
    ];
    if is_known { (StatusCode::NOT_MODIFIED, kept).into_response() } else { (kept, asset.text).into_response() }
}
