//! Links on their way in: the same link twice in one list is one row, shared twice.

use super::{Enqueued, NewLink};
use crate::music::TrackKey;
use serde::Serialize;
use std::collections::HashMap;

/// The highest priority.
const HIGHEST: u8 = 10;

/// One track of a list of links. What one mention of it lacks, a later one may give.
#[derive(Debug, Clone)]
pub struct Incoming<'a> {
    pub key: &'a TrackKey,
    pub url: Option<&'a str>,
    pub og_title: Option<&'a str>,
    pub og_artist: Option<&'a str>,
    pub og_description: Option<&'a str>,
    pub og_image_url: Option<&'a str>,
    pub og_metadata: &'a str,
    pub shared_text: Option<&'a str>,
    /// Whether a strategy has anything to go by.
    pub has_metadata: bool,
    /// How often it is mentioned.
    pub shares: i64,
    /// Each mention after the first raises it.
    pub priority: u8,
}

impl<'a> Incoming<'a> {
    fn first(link: &'a NewLink) -> Self {
        let track = &link.track;
        Self {
            key: &track.key,
            url: track.url.as_deref(),
            og_title: track.og_title.as_deref(),
            og_artist: track.og_artist.as_deref(),
            og_description: track.og_description.as_deref(),
            og_image_url: link.og_image_url.as_deref(),
            og_metadata: &track.og_metadata,
            shared_text: track.shared_text.as_deref(),
            has_metadata: track.has_metadata(),
            shares: 1,
            priority: link.priority.min(HIGHEST),
        }
    }

    fn again(&mut self, link: &'a NewLink) {
        let other = Self::first(link);
        self.url = self.url.or(other.url);
        self.og_title = self.og_title.or(other.og_title);
        self.og_artist = self.og_artist.or(other.og_artist);
        self.og_description = self.og_description.or(other.og_description);
        self.og_image_url = self.og_image_url.or(other.og_image_url);
        self.shared_text = self.shared_text.or(other.shared_text);
        if self.og_metadata == "{}" {
            self.og_metadata = other.og_metadata;
        }
        self.has_metadata |= other.has_metadata;
        self.shares += 1;
        self.priority = (self.priority + 1).max(other.priority).min(HIGHEST);
    }
}

/// The columns of an [`Incoming`] as SQLite reads them: an array, without its priority.
#[derive(Serialize)]
pub struct Columns<'a>(
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
    Option<&'a str>,
    bool,
    i64,
);

impl<'a> From<&Incoming<'a>> for Columns<'a> {
    fn from(row: &Incoming<'a>) -> Self {
        Self(
            &row.key.platform_name,
            &row.key.platform_id,
            row.url,
            row.og_title,
            row.og_artist,
            row.og_description,
            row.og_image_url,
            row.og_metadata,
            row.shared_text,
            row.has_metadata,
            row.shares,
        )
    }
}

/// The tracks of a list of links, each once.
pub struct List<'a> {
    /// In the order of their first mention.
    pub rows: Vec<Incoming<'a>>,
    /// For each link, its row if it is the first mention of it.
    firsts: Vec<Option<usize>>,
}

impl<'a> List<'a> {
    pub fn of(links: &'a [NewLink]) -> Self {
        let mut list = Self { rows: Vec::with_capacity(links.len()), firsts: Vec::with_capacity(links.len()) };
        let mut places: HashMap<&TrackKey, usize> = HashMap::with_capacity(links.len());
        for link in links {
            let place = *places.entry(&link.track.key).or_insert(list.rows.len());
            match list.rows.get_mut(place) {
                Some(row) => {
                    row.again(link);
                    list.firsts.push(None);
                }
                None => {
                    list.rows.push(Incoming::first(link));
                    list.firsts.push(Some(place));
                }
            }
        }
        list
    }

    /// What became of each link, when these rows were known before.
    pub fn results(&self, known: &[i64]) -> Vec<Enqueued> {
        let mut is_new = vec![true; self.rows.len()];
        for row in known.iter().filter_map(|row| usize::try_from(*row).ok()) {
            if let Some(new) = is_new.get_mut(row) {
                *new = false;
            }
        }
        let result = |first: &Option<usize>| match first.and_then(|row| is_new.get(row)) {
            Some(true) => Enqueued::Queued,
            _ => Enqueued::Known,
        };
        self.firsts.iter().map(result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Track;

    fn link(id: &str, title: Option<&str>, priority: u8) -> NewLink {
        let key = TrackKey { platform_name: "youtube".into(), platform_id: id.into() };
        let og_title = title.map(str::to_owned);
        let track = Track {
            key,
            url: None,
            og_title,
            og_artist: None,
            og_description: None,
            og_metadata: "{}".into(),
            shared_text: None,
        };
        NewLink { track, og_image_url: None, priority }
    }

    #[test]
    fn a_link_that_is_mentioned_again_is_one_row_that_is_more_urgent_and_knows_more() {
        let links = [link("a", None, 0), link("b", Some("B"), 0), link("a", Some("A"), 5), link("a", Some("no"), 0)];
        let list = List::of(&links);
        let rows: Vec<_> = list.rows.iter().map(|row| (row.og_title, row.shares, row.priority)).collect();
        assert_eq!(rows, [(Some("A"), 3, 6), (Some("B"), 1, 0)]);
        assert_eq!(list.results(&[1]), [Enqueued::Queued, Enqueued::Known, Enqueued::Known, Enqueued::Known]);
    }
}
