//! From a model's reply to decisions: every valid item is kept, whatever became of the others; what is missing or
//! invalid is asked again; a cut reply is asked again in halves; nothing is guessed.

use crate::config::Config;
use crate::prompt::{self, Question};
use liner_strategy::{
    Context, Extraction, FieldOrigin, MusicType, Origin, Prompt, Reply, Step, Stop, Track, first_json_object,
    is_release_date, music_type_from,
};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Maps a reply to the prompt that it answers.
pub fn interpret(
    config: &Config,
    context: &Context,
    tracks: &[Track],
    prompt: &Prompt,
    question: Question,
    reply: &Reply,
) -> Step {
    let mut step = Step::default();
    let mut problems: BTreeMap<u32, String> = BTreeMap::new();
    let items = items(&reply.text);
    for index in prompt.indexes.iter().copied() {
        let Some(track) = usize::try_from(index).ok().and_then(|at| tracks.get(at)) else { continue };
        let mut answers = items.iter().filter(|item| item.index() == Some(index));
        let answer = match (answers.next(), answers.next()) {
            (Some(item), None) => match question {
                Question::Extract => read_entry(config, item),
                Question::Complete => read_genres(config, track, item),
            },
            (Some(_), Some(_)) => Err("the model answered it more than once".to_owned()),
            (None, _) => Err(absence(reply)),
        };
        match answer {
            Ok(Answer::Entry(entry)) => step.decide(index, entry),
            Ok(Answer::NotMusic) => step.no_music(index, "the model says that it is not music"),
            Err(problem) => {
                problems.insert(index, problem);
            }
        }
    }
    ask_again(config, context, tracks, question, reply, &problems, &mut step);
    step
}

enum Answer {
    Entry(Extraction),
    NotMusic,
}

/// Open tracks: asked again while rounds are left, in halves when the reply was cut; otherwise they fail this attempt.
fn ask_again(
    config: &Config,
    context: &Context,
    tracks: &[Track],
    question: Question,
    reply: &Reply,
    problems: &BTreeMap<u32, String>,
    step: &mut Step,
) {
    let open: Vec<u32> = problems.keys().copied().collect();
    if open.is_empty() {
        return;
    }
    // Alone, a refused or cut track would be refused or cut again.
    let hopeless =
        matches!(reply.stop, Stop::Refused | Stop::Truncated) && open.len() == 1 && step.decisions.is_empty();
    // What was of no use twice would be paid for a third time.
    let useless = matches!(reply.stop, Stop::Complete | Stop::Other) && step.decisions.is_empty() && context.round > 1;
    if context.rounds_left == 0 || hopeless || useless {
        for (index, problem) in problems {
            step.fail(*index, problem.clone());
        }
        return;
    }
    if matches!(reply.stop, Stop::Truncated | Stop::Refused) {
        let half = open.len().div_ceil(2);
        for part in open.chunks(half) {
            step.prompts.extend(prompt::ask(config, question, tracks, part));
        }
    } else {
        step.prompts.extend(prompt::ask(config, question, tracks, &open));
    }
}

fn absence(reply: &Reply) -> String {
    match reply.stop {
        Stop::Complete => "the model left it out".to_owned(),
        Stop::Truncated => "the model's reply was cut before it".to_owned(),
        Stop::Refused => "the model refused the question".to_owned(),
        Stop::Other => "the model stopped before it".to_owned(),
    }
}

/// A text that is taken out of the reply without a copy where it can be.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// One item of a reply, as far as it is what was asked for.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Item<'a> {
    id: Option<Text<'a>>,
    music: Option<bool>,
    t: Option<Text<'a>>,
    a: Option<Text<'a>>,
    al: Option<Text<'a>>,
    g: Option<Vec<Text<'a>>>,
    d: Option<Text<'a>>,
    y: Option<Text<'a>>,
    c: Option<f64>,
}

/// What a reply is when it is what was asked for.
#[derive(Deserialize)]
struct Items<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

impl Item<'_> {
    /// The index that it echoes.
    fn index(&self) -> Option<u32> {
        self.id.as_ref().and_then(|id| prompt::index_of(&id.0))
    }

    /// What can be used of an item that is not quite what was asked for.
    fn of(mut item: Value) -> Self {
        let mut text = |key: &str| match item.get_mut(key).map(Value::take) {
            Some(Value::String(text)) => Some(Text(Cow::Owned(text))),
            _ => None,
        };
        let (id, t, a, al, d, y) = (text("id"), text("t"), text("a"), text("al"), text("d"), text("y"));
        let genres =
            |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(|g| Text(Cow::Owned(g.to_owned()))).collect();
        Self {
            id,
            music: item.get("music").and_then(Value::as_bool),
            t,
            a,
            al,
            g: item.get("g").and_then(Value::as_array).map(genres),
            d,
            y,
            c: item.get("c").and_then(Value::as_f64),
        }
    }
}

/// The items of a reply; complete items of a cut reply too.
fn items(text: &str) -> Vec<Item<'_>> {
    let Some(json) = first_json_object(text) else { return salvage(text) };
    if let Ok(Items { items }) = serde_json::from_str(json) {
        return items;
    }
    let list = match serde_json::from_str::<Value>(json) {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(mut map)) => match map.remove("items") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(map)],
        },
        _ => return salvage(text),
    };
    list.into_iter().map(Item::of).collect()
}

/// The whole objects inside a list that was cut.
fn salvage(text: &str) -> Vec<Item<'_>> {
    let mut list = Vec::new();
    let mut rest = text.find('[').and_then(|at| text.get(at + 1..)).unwrap_or_default();
    while let Some(at) = rest.find('{') {
        let Some(json) = rest.get(at..).and_then(first_json_object) else { break };
        if let Ok(item) = serde_json::from_str::<Value>(json) {
            list.push(Item::of(item));
        }
        rest = rest.get(at + json.len()..).unwrap_or_default();
    }
    list
}

fn read_entry(config: &Config, item: &Item<'_>) -> Result<Answer, String> {
    match item.music {
        Some(false) => return Ok(Answer::NotMusic),
        Some(true) => {}
        None => return Err("the model's item lacks `music`".to_owned()),
    }
    let title = text(&item.t).ok_or("the model's item has no title")?;
    let kind = item.y.as_ref().map_or("nothing", |kind| &kind.0);
    let music_type =
        music_type_from(kind).ok_or_else(|| format!("the model's item has the music type {}", shown(kind)))?;
    let artist = text(&item.a);
    if artist.is_none() && !matches!(music_type, MusicType::Playlist | MusicType::Album) {
        return Err("the model's item has no artist".to_owned());
    }
    let confidence = item.c.ok_or("the model's item has no confidence")?;
    if !(0.0..=1.0).contains(&confidence) {
        return Err(format!("the model's item has the confidence {confidence}"));
    }
    let mut entry = Extraction::song(title, artist, confidence);
    entry.music_type = music_type;
    entry.album = text(&item.al).map(str::to_owned);
    entry.genres = genres(config, item)?;
    // A date that is no date is dropped, not asked again: it is not worth a call.
    entry.release_date = text(&item.d).filter(|date| is_release_date(date)).map(str::to_owned);
    let fields = [
        ("title", true),
        ("artist", entry.artist.is_some()),
        ("album", entry.album.is_some()),
        ("genres", true),
        ("release-date", entry.release_date.is_some()),
        ("music-type", true),
    ];
    let present = fields.into_iter().filter(|(_, present)| *present);
    entry.origins = present.map(|(field, _)| FieldOrigin { field: field.to_owned(), origin: Origin::Model }).collect();
    Ok(Answer::Entry(entry))
}

fn read_genres(config: &Config, track: &Track, item: &Item<'_>) -> Result<Answer, String> {
    let mut entry = track.hint.clone().ok_or("a track without a hint was asked for its genres only")?;
    entry.genres = genres(config, item)?;
    entry.set_origin("genres", Origin::Model);
    Ok(Answer::Entry(entry))
}

/// One to `max_genres` known genres, each once; more are cut, unknown ones dropped.
fn genres(config: &Config, item: &Item<'_>) -> Result<Vec<String>, String> {
    let answered = item.g.as_deref().ok_or("the model's item has no list of genres")?;
    let mut genres: Vec<String> = Vec::new();
    for genre in answered.iter().filter_map(|genre| config.genre(&genre.0)) {
        if !genres.contains(genre) && genres.len() < config.max_genres {
            genres.push(genre.clone());
        }
    }
    if genres.is_empty() {
        let answered: Vec<&str> = answered.iter().map(|genre| &*genre.0).collect();
        return Err(format!("the model's item has no known genre in {}", shown(&answered.join(", "))));
    }
    Ok(genres)
}

fn text<'a>(text: &'a Option<Text<'_>>) -> Option<&'a str> {
    text.as_ref().map(|text| text.0.trim()).filter(|text| !text.is_empty())
}

/// A value for an error message, cut to 60 characters.
fn shown(value: &str) -> String {
    format!("{:?}", value.chars().take(60).collect::<String>())
}
