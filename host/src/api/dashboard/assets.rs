//! The stylesheet, the script and the icon. Their names hold their digests, so that they are kept for ever and a new version
//! is a new name.

use crate::digest::Digest;
use axum::extract::Path;
use axum::http::{StatusCode, header};
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
pub async fn file(Path(name): Path<String>) -> Response {
    let Some(asset) = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.file() == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = [(header::CACHE_CONTROL, "public, max-age=31536000, immutable"), (header::CONTENT_TYPE, asset.kind)];
    (kept, asset.text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Texts on what is behind them.
    const TEXTS: [(&str, &str); 23] = [
        ("ink", "ground"),
        ("ink", "sheet"),
        ("ink", "plain-ground"),
        ("ink", "good-ground"),
        ("ink", "wary-ground"),
        ("ink", "bad-ground"),
        ("soft", "ground"),
        ("soft", "sheet"),
        ("soft", "plain-ground"),
        ("soft", "wary-ground"),
        ("soft", "bad-ground"),
        ("accent", "ground"),
        ("accent", "sheet"),
        ("accent-deep", "ground"),
        ("accent-deep", "sheet"),
        ("on-accent", "accent"),
        ("on-accent", "accent-deep"),
        ("good", "good-ground"),
        ("wary", "wary-ground"),
        ("bad", "bad-ground"),
        ("bad", "sheet"),
        ("bad", "ground"),
        ("sheet", "bad"),
    ];
    /// Signs, edges and curves on what is behind them.
    const SIGNS: [(&str, &str); 9] = [
        ("edge", "sheet"),
        ("edge", "ground"),
        ("focus", "sheet"),
        ("focus", "ground"),
        ("waiting", "sheet"),
        ("accent", "sheet"),
        ("wary", "sheet"),
        ("bad", "sheet"),
        ("wary", "wary-ground"),
    ];

    /// The colours of the stylesheet's n-th list of them.
    fn colours(n: usize) -> BTreeMap<&'static str, [f64; 3]> {
        let list = STYLE.text.split(":root {").nth(n).unwrap().split('}').next().unwrap();
        let part = |hex: &str, at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        list.lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"))
            .map(|(name, hex)| (name, [part(hex, 0), part(hex, 2), part(hex, 4)]))
            .collect()
    }

    /// As WCAG defines it.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let linear = |part: f64| match part / 255.0 {
            part if part <= 0.04045 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        };
        let light = |[r, g, b]: [f64; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (one, other) = (light(one), light(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn texts_stand_out_by_four_and_a_half_and_signs_by_three_in_both_schemes() {
        assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 0.01);
        let light = colours(1);
        for (scheme, colours) in [("light", light.clone()), ("dark", light.into_iter().chain(colours(2)).collect())] {
            for (pairs, least) in [(&TEXTS[..], 4.5), (&SIGNS, 3.0)] {
                for (one, other) in pairs {
                    let contrast = contrast(colours[one], colours[other]);
                    assert!(contrast >= least, "{one} on {other} in {scheme}: {contrast:.2}");
                }
            }
        }
    }

    #[test]
    fn the_stylesheet_and_the_script_fetch_nothing() {
        for asset in [&STYLE, &SCRIPT] {
            for from in ["@import", "url(", "http://", "https://", "//cdn"] {
                assert!(!asset.text.contains(from), "{} has {from}", asset.file());
            }
        }
    }
}
