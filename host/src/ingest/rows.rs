//! From a row to a link for the queue.

use super::platform::identify;
use super::row::{RawRow, RowError, RowText};
use super::splitter::Splitter;
use crate::digest::hex;
use crate::music::{Platform, Track, TrackKey};
use crate::nearest;
use crate::store::NewLink;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The most bytes of one text.
const MAX_TEXT: usize = 16 << 10;
/// The most bytes of `og_metadata`.
const MAX_METADATA: usize = 32 << 10;

/// The fields of a row, by the names it is documented with.
const FIELDS: &str = "url, platform, platform_id, id, og_title, og_artist, og_description, og_image_url, og_metadata, \
                      shared_text and priority";

/// What happens with fields that no row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are an error, so that a misspelt one is noticed.
    Refuse,
    /// They are nobody's business: other programs' rows have more fields.
    Ignore,
}

/// Reads all rows of some bytes, each with the line where it begins.
#[must_use]
pub fn read_all(bytes: &[u8], unknown: Unknown) -> Vec<(u64, Result<NewLink, RowError>)> {
    let mut splitter = Splitter::new();
    let mut rows = splitter.push(bytes);
    rows.extend(splitter.finish());
    rows.into_iter().map(|row| (row.line, parse(row, unknown))).collect()
}

/// Reads a row.
///
/// # Errors
/// [`RowError`] naming the field.
pub fn parse(row: RawRow, unknown: Unknown) -> Result<NewLink, RowError> {
    let line = row.line;
    let link = match row.content? {
        RowText::Url(url) => from_url(Value::String(url)),
        RowText::Json(text) => from_json(&text, unknown),
        RowText::Cells(cells) => from_cells(cells, unknown),
    };
    link.map_err(|reason| RowError::new(line, reason))
}

fn from_url(url: Value) -> Result<NewLink, String> {
    Fields { url: text("url", url)?, ..Fields::default() }.into_link()
}

fn from_json(text: &str, unknown: Unknown) -> Result<NewLink, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        format!("this is not JSON (column {}); wanted is an object or a link in quotes", error.column())
    })?;
    match value {
        url @ Value::String(_) => from_url(url),
        Value::Object(fields) => Fields::read(fields, unknown)?.into_link(),
        _ => Err("wanted is an object or a link in quotes".to_owned()),
    }
}

/// Cells are texts; those that JSON would write otherwise are read from theirs.
fn from_cells(cells: Vec<(String, String)>, unknown: Unknown) -> Result<NewLink, String> {
    let value = |name: &str, cell: String| match name {
        _ if cell.trim().is_empty() => Value::Null,
        "priority" | "og_metadata" => serde_json::from_str(&cell).unwrap_or(Value::String(cell)),
        _ => Value::String(cell),
    };
    let fields = cells.into_iter().map(|(name, cell)| {
        let value = value(&name, cell);
        (name, value)
    });
    Fields::read(fields.collect(), unknown)?.into_link()
}

#[derive(Debug, Default)]
struct Fields {
    url: Option<String>,
    platform: Option<String>,
    platform_id: Option<String>,
    id: Option<String>,
    og_title: Option<String>,
    og_artist: Option<String>,
    og_description: Option<String>,
    og_image_url: Option<String>,
    og_metadata: Option<String>,
    shared_text: Option<String>,
    priority: u8,
}

impl Fields {
    fn read(fields: Map<String, Value>, unknown: Unknown) -> Result<Self, String> {
        let mut read = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "og_metadata" => read.og_metadata = metadata(value)?,
                "priority" => read.priority = priority(&value)?,
                name => match read.text_of(name) {
                    // One of two spellings may be null.
                    Some(field) => *field = text(name, value)?.or_else(|| field.take()),
                    None if unknown == Unknown::Refuse => return Err(no_field(name)),
                    None => {}
                },
            }
        }
        Ok(read)
    }

    fn text_of(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "url" | "link" => &mut self.url,
            "platform" | "platform_name" => &mut self.platform,
            "platform_id" => &mut self.platform_id,
            "id" => &mut self.id,
            "og_title" => &mut self.og_title,
            "og_artist" => &mut self.og_artist,
            "og_description" => &mut self.og_description,
            "og_image_url" => &mut self.og_image_url,
            "shared_text" => &mut self.shared_text,
            _ => return None,
        })
    }

    fn into_link(self) -> Result<NewLink, String> {
        let (key, url) = self.identity()?;
        let track = Track {
            key,
            url,
            og_title: self.og_title,
            og_artist: self.og_artist,
            og_description: self.og_description,
            og_metadata: self.og_metadata.unwrap_or_else(|| "{}".to_owned()),
            shared_text: self.shared_text,
        };
        Ok(NewLink { track, og_image_url: self.og_image_url, priority: self.priority })
    }

    /// The link tells who it is, unless the row says so itself; without a link the row must.
    fn identity(&self) -> Result<(TrackKey, Option<String>), String> {
        let named = self.platform.as_deref().map(Platform::canonical);
        let Some(url) = &self.url else {
            let platform_name = named.ok_or("url is missing; a row without one needs platform")?;
            let platform_id = match self.platform_id.clone().or_else(|| self.id.clone()) {
                Some(id) => id,
                None => self
                    .digest(&platform_name)
                    .ok_or("url is missing; a row without one needs platform_id or an og_ text")?,
            };
            return Ok((TrackKey { platform_name, platform_id }, None));
        };
        let link = match (identify(url), &named) {
            (Ok(link), _) => link,
            // Some programs write a platform's own identifier where the link belongs.
            (Err(_), Some(platform)) if is_identifier(url) => {
                let platform_id = self.platform_id.clone().unwrap_or_else(|| url.clone());
                return Ok((TrackKey { platform_name: platform.clone(), platform_id }, None));
            }
            (Err(error), _) => return Err(format!("url: {error}")),
        };
        let key = match (named, self.platform_id.clone()) {
            (Some(platform_name), Some(platform_id)) => TrackKey { platform_name, platform_id },
            (Some(platform_name), None) if link.key.platform_name == Platform::WEB.name() => {
                TrackKey { platform_name, ..link.key }
            }
            _ => link.key,
        };
        Ok((key, Some(link.url)))
    }

    /// An identifier made of what the page says, if it says something.
    fn digest(&self, platform: &str) -> Option<String> {
        let texts = [&self.og_title, &self.og_artist, &self.og_description].map(Option::as_deref);
        texts.iter().any(Option::is_some).then(|| {
            let mut digest = Sha256::new();
            for text in [Some(platform)].into_iter().chain(texts) {
                digest.update(text.unwrap_or_default());
                digest.update([0]);
            }
            hex(&digest.finalize()).chars().take(32).collect()
        })
    }
}

fn is_identifier(text: &str) -> bool {
    text.len() <= 200 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn no_field(name: &str) -> String {
    let shown: String = name.chars().take(60).collect();
    let meant = nearest::question(name, FIELDS.split([',', ' ']));
    format!("{shown:?} is no field of a link; its fields are {FIELDS}{meant}")
}

fn text(name: &str, value: Value) -> Result<Option<String>, String> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        // Identifiers of some platforms are numbers.
        Value::Number(number) if matches!(name, "id" | "platform_id") => number.to_string(),
        other => return Err(format!("{name} is {}; wanted is a text or null", kind(&other))),
    };
    if text.len() > MAX_TEXT {
        return Err(format!("{name} is longer than {MAX_TEXT} bytes"));
    }
    let plain: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let plain = plain.trim();
    Ok((!plain.is_empty()).then(|| plain.to_owned()))
}

fn metadata(value: Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Object(_) => {
            let text = value.to_string();
            if text.len() > MAX_METADATA {
                Err(format!("og_metadata is longer than {MAX_METADATA} bytes"))
            } else {
                Ok(Some(text))
            }
        }
        other => Err(format!("og_metadata is {}; wanted is an object or null", kind(&other))),
    }
}

fn priority(value: &Value) -> Result<u8, String> {
    let given = match value {
        Value::Null => return Ok(0),
        Value::Number(number) => number.to_string(),
        other => kind(other).to_owned(),
    };
    let priority = value.as_u64().and_then(|priority| u8::try_from(priority).ok()).filter(|priority| *priority <= 10);
    priority.ok_or_else(|| format!("priority is {given}; allowed: whole numbers from 0 to 10"))
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(value: &Value) -> Result<NewLink, RowError> {
        let content = Ok(RowText::Json(value.to_string()));
        parse(RawRow { line: 7, content }, Unknown::Refuse)
    }

    #[test]
    fn a_link_alone_is_enough() {
        let link = row(&json!("https://youtu.be/dQw4w9WgXcQ?si=x")).unwrap();
        assert_eq!(link.track.key.to_string(), "youtube/dQw4w9WgXcQ");
        assert!(!link.track.has_metadata());
    }

    #[test]
    fn what_the_page_says_comes_along() {
        let link = row(&json!({
            "url": "https://youtu.be/dQw4w9WgXcQ", "og_title": " Title\u{0} ", "og_artist": "", "og_metadata": {"duration": 3},
            "priority": 4, "shared_text": null
        }))
        .unwrap();
        assert_eq!((link.track.og_title.as_deref(), link.track.og_artist.as_deref()), (Some("Title"), None));
        assert_eq!((link.track.og_metadata.as_str(), link.priority), (r#"{"duration":3}"#, 4));
    }

    #[test]
    fn a_row_without_a_link_names_its_platform() {
        let link = row(&json!({"platform": "YouTube-Music", "id": "g1", "og_title": "x", "url": null})).unwrap();
        assert_eq!(link.track.key.to_string(), "youtube/g1");
        let link = row(&json!({"platform": "niconico", "og_title": "x"})).unwrap();
        assert_eq!((link.track.key.platform_name.as_str(), link.track.key.platform_id.len()), ("niconico", 32));
    }

    #[test]
    fn the_same_texts_are_one_track_however_the_platform_is_spelt() {
        let of = |platform: &str| row(&json!({"platform": platform, "og_title": "x"})).unwrap().track.key;
        assert_eq!(of("Apple Music"), of("itunes"));
        assert_ne!(of("spotify").platform_id, of("tidal").platform_id);
    }

    #[test]
    fn a_null_in_one_spelling_of_a_field_leaves_the_other() {
        for fields in [
            json!({"url": null, "link": "https://a.example/x", "platform": "niconico", "platform_name": null}),
            json!({"url": "https://a.example/x", "link": null, "platform": null, "platform_name": "niconico"}),
        ] {
            assert_eq!(row(&fields).unwrap().track.key.platform_name, "niconico");
        }
    }

    #[test]
    fn platform_and_identifier_given_together_win_over_the_link() {
        let explicit = json!({"url": "https://youtu.be/dQw4w9WgXcQ", "platform": "iTunes", "platform_id": 7});
        assert_eq!(row(&explicit).unwrap().track.key.to_string(), "apple_music/7");
        let partly = json!({"url": "https://youtu.be/dQw4w9WgXcQ", "platform": "iTunes", "id": "z"});
        assert_eq!(row(&partly).unwrap().track.key.to_string(), "youtube/dQw4w9WgXcQ");
    }

    #[test]
    fn all_rows_are_read_with_their_lines() {
        let rows = read_all(b"[\"https://a.example/1\",\n{\"url\": 1},\n\"https://a.example/2\"]", Unknown::Refuse);
        let read: Vec<_> = rows.iter().map(|(line, link)| (*line, link.is_ok())).collect();
        assert_eq!(read, [(1, true), (2, false), (3, true)]);
    }

    #[test]
    fn fields_that_are_nobodys_business_are_refused_or_ignored() {
        let bytes = br#"{"url": "https://a.example", "colour": 1}"#;
        assert!(read_all(bytes, Unknown::Ignore)[0].1.is_ok() && read_all(bytes, Unknown::Refuse)[0].1.is_err());
    }

    #[test]
    fn a_platform_liner_does_not_know_keeps_its_name() {
        let link = row(&json!({"url": "https://www.nicovideo.jp/watch/sm9", "platform": "niconico"})).unwrap();
        assert_eq!(link.track.key.platform_name, "niconico");
    }

    #[test]
    fn an_identifier_in_the_links_place_is_one_when_the_platform_is_named() {
        let link = row(&json!({"url": "cBvYw8_A0vQ", "platform": "youtube"})).unwrap();
        assert_eq!((link.track.key.to_string().as_str(), link.track.url), ("youtube/cBvYw8_A0vQ", None));
        assert!(row(&json!({"url": "cBvYw8_A0vQ"})).is_err());
    }

    #[test]
    fn a_bad_row_names_its_line_and_field() {
        for (value, named) in [
            (json!({"url": 7}), "url is a number"),
            (json!({"url": "ftp://x"}), "url: "),
            (json!({"og_title": "x"}), "url is missing"),
            (json!({"platform": "spotify"}), "platform_id"),
            (json!({"url": "https://a.example", "colour": 1}), "colour"),
            (json!({"url": "https://a.example", "priority": 11}), "priority is 11"),
            (json!({"url": "https://a.example", "priority": "high"}), "priority is a text"),
            (json!(""), "url is missing"),
            (json!({"platform": "x", "og_metadata": {"x": "x".repeat(MAX_METADATA)}}), "og_metadata is longer"),
            (json!({"url": "https://a.example", "og_metadata": "x"}), "og_metadata is a text"),
            (json!({"url": "https://a.example", "og_title": "x".repeat(MAX_TEXT + 1)}), "og_title is longer"),
            (json!([1]), "object"),
        ] {
            let error = row(&value).unwrap_err().to_string();
            assert!(error.starts_with("line 7: ") && error.contains(named), "{error}");
        }
    }

    #[test]
    fn cells_are_read_like_json() {
        let cells = [("url", "https://a.example/x"), ("priority", "3"), ("og_title", "T"), ("og_artist", "")];
        let cells = cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).to_vec();
        let link = parse(RawRow { line: 2, content: Ok(RowText::Cells(cells)) }, Unknown::Refuse).unwrap();
        assert_eq!((link.priority, link.track.og_title.as_deref(), link.track.og_artist), (3, Some("T"), None));
    }
}
