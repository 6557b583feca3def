//! The description that YouTube writes for what distributors deliver.

use super::Facts;
use crate::text::{clean, lines};
use liner_strategy::text::{holds, words};
use liner_strategy::{MusicType, release_date};

/// What the description says, if it is the platform's own: it begins with the template, and names the page's work. Anybody may
/// quote one further down, or another's. `artist` is the name of a channel generated for one.
pub fn read(og_title: &str, artist: Option<&str>, description: &str) -> Option<Facts> {
    let description = description.trim_start();
    let facts = provided(og_title, artist, description).or_else(|| performing(description))?;
    let (page, named) = (words(og_title), words(facts.title.as_deref()?));
    (og_title.is_empty() || holds(&page, &named) || holds(&named, &page)).then_some(facts)
}

/// `Provided to YouTube by LABEL`, then `Title · Artist · Artist`, the album, `℗ year label`, `Released on: date`.
fn provided(og_title: &str, artist: Option<&str>, description: &str) -> Option<Facts> {
    let block = description.strip_prefix("Provided to YouTube by ")?;
    let mut facts = by_lines(block).or_else(|| in_one_line(og_title, artist, block))?;
    let date = block.split_once("Released on: ").and_then(|(_, date)| date.get(..10));
    facts.release_date = date.and_then(release_date);
    Some(facts)
}

/// `Music video by Artist performing Title. (C) 2018 Label`, as VEVO describes its videos.
fn performing(description: &str) -> Option<Facts> {
    let starts = ["Music video by ", "Official video by "];
    let rest = starts.iter().find_map(|start| description.strip_prefix(start))?;
    let line = rest.lines().next()?;
    let (artist, rest) = line.split_once(" performing ")?;
    let end = [". (C)", ". ©", ". (P)", ". ℗", ". ("].iter().filter_map(|end| rest.find(end)).min();
    let title = clean(rest.get(..end.unwrap_or(rest.len()))?.trim_end_matches('.'));
    let mut facts = Facts::new(MusicType::Song);
    facts.title = Some(title).filter(|title| !title.is_empty() && title.len() <= 150);
    facts.artist = Some(clean(artist)).filter(|artist| !artist.is_empty());
    (facts.title.is_some() && facts.artist.is_some()).then_some(facts)
}

fn by_lines(block: &str) -> Option<Facts> {
    let mut lines = lines(block).skip(1);
    let credit = lines.next()?;
    let (title, artists) = credit.split_once(" · ")?;
    let mut facts = Facts::new(MusicType::Song);
    facts.title = Some(title.to_owned());
    facts.artist = Some(artists.replace(" · ", ", "));
    facts.album = lines.next().filter(|line| !is_rights(line) && !line.starts_with("Released on"));
    Some(facts)
}

/// The page's own description has the block without line ends, and often without spaces in their place. The title is
/// known, so the credit begins behind it; where it ends is known only of the artist the channel is named after.
fn in_one_line(og_title: &str, artist: Option<&str>, block: &str) -> Option<Facts> {
    let block = clean(block);
    let mark = format!("{og_title} · ");
    let (_, credit) = block.split_once(&mark)?;
    let artist = artist?;
    let after = credit.strip_prefix(artist)?;
    let mut facts = Facts::new(MusicType::Song);
    facts.title = Some(og_title.to_owned());
    facts.artist = Some(artist.to_owned());
    let end = after.find(is_rights_mark)?;
    let album = after.get(..end)?.trim();
    facts.album = (!album.is_empty() && !album.starts_with('·')).then(|| album.to_owned());
    Some(facts)
}

fn is_rights(line: &str) -> bool {
    line.starts_with(is_rights_mark)
}

fn is_rights_mark(c: char) -> bool {
    matches!(c, '℗' | '©')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provided_to_youtube_block_is_read_whole() {
        let text = "Provided to YouTube by A Label\n\nTime Machine · The Pilots · Ada\n\nDeparture\n\n℗ 2007 A Label\n\nReleased on: 2006-01-01";
        let facts = provided("Time Machine", None, text).unwrap();
        assert_eq!(facts.title.as_deref(), Some("Time Machine"));
        assert_eq!(facts.artist.as_deref(), Some("The Pilots, Ada"));
        assert_eq!(facts.album.as_deref(), Some("Departure"));
        assert_eq!(facts.release_date.as_deref(), Some("2006-01-01"));
    }

    #[test]
    fn vevos_own_description_names_both() {
        let facts = performing("Music video by Ada Lane performing Harbour. (C) 2018 Quay Records\n#AdaLane").unwrap();
        assert_eq!((facts.title.as_deref(), facts.artist.as_deref()), (Some("Harbour"), Some("Ada Lane")));
        assert_eq!(performing("Music video by Ada Lane"), None);
    }

    #[test]
    fn a_block_without_line_ends_is_read_by_the_title_and_the_channel() {
        let text = "Provided to YouTube by A LabelTime Machine · The PilotsDeparture℗ 2007 A LabelReleased on: 2006-01-01Producer: Bo";
        let facts = provided("Time Machine", Some("The Pilots"), text).unwrap();
        assert_eq!(facts.artist.as_deref(), Some("The Pilots"));
        assert_eq!(facts.album.as_deref(), Some("Departure"));
        assert_eq!(facts.release_date.as_deref(), Some("2006-01-01"));
        assert_eq!(provided("Time Machine", None, text), None);
    }

    #[test]
    fn a_template_counts_at_the_beginning_and_of_the_pages_own_work() {
        let block = "Provided to YouTube by Quay Records\n\nHarbour · Ada Lane\n\nLights";
        let video = "Music video by Ada Lane performing Harbour. (C) 2018 Quay Records";
        for (og_title, description, is_read) in [
            ("Harbour", format!(" {block}"), true),
            ("Ada Lane - Harbour (Live)", video.to_owned(), true),
            ("Reacting to new releases", format!("My opinion.\n\n{block}"), false),
            ("Reacting to new releases", block.to_owned(), false),
            ("Reacting to new releases", video.to_owned(), false),
        ] {
            assert_eq!(read(og_title, None, &description).is_some(), is_read, "{og_title}: {description}");
        }
    }
}
