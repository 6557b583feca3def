//! A whole strategy of contract 0.1: it uses every function, record field and case that the contract has.
//!
//! The first word of a track's title says what becomes of it: `song`, `album`, `playlist` and `artist` are decided, `noise`
//! is no music, `later` fails, `maybe` is passed on with a belief, `ignored` without one, and all others are asked about.

use liner_strategy::{
    Belief, Context, Description, Error, Extraction, Level, MusicType, Origin, Outcome, Prompt, Reply, Step, Stop,
    Strategy, Track, first_json_object, is_release_date, log, music_type_from,
};
use serde_json::Value;

const SCHEMA: &str = r#"{"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{
"type":"object","required":["index","title","artist"],"properties":{"index":{"type":"integer"},"title":{"type":"string"},
"artist":{"type":"string"}}}}}}"#;

const CONFIG_SCHEMA: &str = r#"{"type":"object","properties":{"fails":{"enum":["internally","otherwise","silently"]}},"additionalProperties":false}"#;

struct Frozen;

impl Strategy for Frozen {
    fn describe() -> Description {
        Description {
            name: "frozen".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "Speaks all of liner:extractor@0.1.0.".to_owned(),
            asks_model: true,
            config_schema: CONFIG_SCHEMA.to_owned(),
            default_config: "{}".to_owned(),
        }
    }

    fn check_config(config: &str) -> Result<(), Error> {
        let value: Value = serde_json::from_str(config).map_err(|error| Error::InvalidConfig(error.to_string()))?;
        let Some(fields) = value.as_object() else {
            return Err(Error::InvalidConfig("it is no object".to_owned()));
        };
        match fields.keys().find(|key| *key != "fails") {
            Some(key) => Err(Error::InvalidConfig(format!("{key} is not known"))),
            None => Ok(()),
        }
    }

    fn plan(context: &Context, tracks: &[Track]) -> Result<Step, Error> {
        Self::check_config(&context.config)?;
        let config: Value = serde_json::from_str(&context.config).unwrap_or_default();
        match config.get("fails").and_then(Value::as_str) {
            Some("internally") => return Err(Error::Internal("it was told to".to_owned())),
            Some("otherwise") => return Err(Error::Other(Some("it was told to".to_owned()))),
            Some(_) => return Err(Error::Other(None)),
            None => log(Level::Debug, &format!("round {} of {}", context.round, context.rounds_left)),
        }
        let (mut step, mut open) = (Step::default(), Vec::new());
        for (index, track) in (0..).zip(tracks) {
            let title = track.og_title.as_deref().unwrap_or_default();
            let (word, rest) = title.split_once(' ').unwrap_or((title, title));
            match (music_type_from(word), word) {
                (Some(music_type), _) => step.decide(index, entry(track, rest, music_type)),
                (None, "noise") => step.no_music(index, "its title says noise"),
                (None, "later") => step.fail(index, "its title says later"),
                (None, "maybe") => {
                    let extraction = Extraction { confidence: 0.5, ..entry(track, rest, MusicType::Song) };
                    step.hints.push(Belief { index, extraction });
                }
                (None, "ignored") => log(Level::Info, "one track is passed on as it came"),
                _ => open.push(index),
            }
        }
        step.prompts.extend(ask("first", tracks, &open));
        Ok(step)
    }

    fn interpret(context: &Context, tracks: &[Track], prompt: &Prompt, reply: &Reply) -> Result<Step, Error> {
        let mut step = Step::default();
        match reply.stop {
            Stop::Complete => read(&mut step, tracks, prompt, reply),
            Stop::Truncated if context.rounds_left > 0 && prompt.indexes.len() > 1 => {
                let (first, second) = prompt.indexes.split_at(prompt.indexes.len() / 2);
                step.prompts.extend(ask("half", tracks, first).into_iter().chain(ask("half", tracks, second)));
            }
            Stop::Truncated => fail_all(&mut step, prompt, "the reply was cut"),
            Stop::Refused => fail_all(&mut step, prompt, &format!("{} declined", reply.model)),
            Stop::Other => log(Level::Error, &format!("{} stopped over {:?}", reply.model, prompt.tag)),
        }
        Ok(step)
    }
}

/// What the page says of a track, under a title.
fn entry(track: &Track, title: &str, music_type: MusicType) -> Extraction {
    let page: Value = serde_json::from_str(&track.og_metadata).unwrap_or_default();
    let said = |field: &str| page.get(field).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let shared = || track.shared_text.as_deref().and_then(|text| text.strip_prefix("by "));
    let described = || track.og_description.as_deref().and_then(|text| text.strip_prefix("from "));
    let mut entry = Extraction::song(title, None, if track.url.is_some() { 1.0 } else { 0.9 });
    entry.music_type = music_type;
    entry.set_origin("title", Origin::Text);
    entry.set_origin("music-type", Origin::Rules);
    let artist = [
        (track.og_artist.as_deref(), Origin::Page),
        (track.hint.as_ref().and_then(|hint| hint.artist.as_deref()), Origin::Rules),
        (shared(), Origin::Text),
    ];
    if let Some((artist, origin)) = artist.into_iter().find_map(|(artist, origin)| Some((artist?, origin))) {
        entry.artist = Some(artist.to_owned());
        entry.set_origin("artist", origin);
    }
    let album = [(said("album"), Origin::Page), (described(), Origin::Text)];
    if let Some((album, origin)) = album.into_iter().find_map(|(album, origin)| Some((album?, origin))) {
        entry.album = Some(album.to_owned());
        entry.set_origin("album", origin);
    }
    if let Some(genre) = said("genre") {
        entry.genres = vec![genre.to_lowercase()];
        entry.set_origin("genres", Origin::Page);
    }
    if let Some(date) = said("date").filter(|date| is_release_date(date)) {
        entry.release_date = Some(date.to_owned());
        entry.set_origin("release-date", Origin::Page);
    }
    entry
}

fn ask(tag: &str, tracks: &[Track], indexes: &[u32]) -> Option<Prompt> {
    let asked = (0..).zip(tracks).filter(|(index, _)| indexes.contains(index));
    let lines: Vec<String> = asked
        .map(|(index, track)| {
            let title = track.og_title.as_deref().unwrap_or_default();
            format!("{index}: {title} ({} {})", track.platform_name, track.platform_id)
        })
        .collect();
    (!lines.is_empty()).then(|| Prompt {
        tag: tag.to_owned(),
        indexes: indexes.to_vec(),
        system: "Say title and artist of every line.".to_owned(),
        user: lines.join("\n"),
        response_schema: Some(SCHEMA.to_owned()),
        max_output_tokens: 1_000,
    })
}

/// Decides what the reply names and fails what it leaves out.
fn read(step: &mut Step, tracks: &[Track], prompt: &Prompt, reply: &Reply) {
    let answer = first_json_object(&reply.text).and_then(|json| serde_json::from_str::<Value>(json).ok());
    let items = answer.as_ref().and_then(|answer| answer.get("items")).and_then(Value::as_array);
    for (index, track) in (0..).zip(tracks).filter(|(index, _)| prompt.indexes.contains(index)) {
        let item = items.and_then(|items| items.iter().find(|item| item.get("index") == Some(&Value::from(index))));
        let text = |field: &str| item.and_then(|item| item.get(field)).and_then(Value::as_str);
        let Some(title) = text("title").filter(|title| !title.trim().is_empty()) else {
            log(Level::Warn, "the reply leaves a track out");
            step.fail(index, "the reply leaves it out");
            continue;
        };
        let mut extraction = entry(track, title, MusicType::Song);
        extraction.set_origin("title", Origin::Model);
        if let Some(artist) = text("artist").filter(|artist| !artist.trim().is_empty()) {
            extraction.artist = Some(artist.to_owned());
            extraction.set_origin("artist", Origin::Model);
        }
        step.decide(index, extraction);
    }
}

fn fail_all(step: &mut Step, prompt: &Prompt, reason: &str) {
    for index in &prompt.indexes {
        step.decisions.push(liner_strategy::Decision { index: *index, outcome: Outcome::Failed(reason.to_owned()) });
    }
}

liner_strategy::export_strategy!(Frozen);
