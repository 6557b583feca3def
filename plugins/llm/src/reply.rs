//! From a model's reply to decisions: every valid item is kept, whatever became of the others; what is missing or
//! invalid is asked again; a cut reply is asked again in halves; nothing is guessed.

use crate::config::Config;
use crate::prompt::{self, Question};
use liner_strategy::{
    Context, Extraction, MusicType, Origin, Prompt, Reply, Step, Stop, Track, first_json_object, is_release_date,
    music_type_from,
};
use serde_json::Value;
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
        let mut answers = items.iter().filter(|(id, _)| *id == Some(index)).map(|(_, item)| item);
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
    if context.rounds_left == 0 || hopeless {
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

/// The items of a reply with the index each echoes; complete items of a cut reply too.
fn items(text: &str) -> Vec<(Option<u32>, Value)> {
    let whole = first_json_object(text).and_then(|json| serde_json::from_str::<Value>(json).ok());
    let list = match whole {
        Some(Value::Array(list)) => list,
        Some(Value::Object(mut map)) => match map.remove("items") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(map)],
        },
        _ => salvage(text),
    };
    list.into_iter().map(|item| (item.get("id").and_then(Value::as_str).and_then(prompt::index_of), item)).collect()
}

/// The whole objects inside a list that was cut.
fn salvage(text: &str) -> Vec<Value> {
    let mut list = Vec::new();
    let mut rest = text.find('[').and_then(|at| text.get(at + 1..)).unwrap_or_default();
    while let Some(at) = rest.find('{') {
        let Some(json) = rest.get(at..).and_then(first_json_object) else { break };
        if let Ok(item) = serde_json::from_str::<Value>(json) {
            list.push(item);
        }
        rest = rest.get(at + json.len()..).unwrap_or_default();
    }
    list
}

fn read_entry(config: &Config, item: &Value) -> Result<Answer, String> {
    match item.get("music").and_then(Value::as_bool) {
        Some(false) => return Ok(Answer::NotMusic),
        Some(true) => {}
        None => return Err("the model's item lacks `music`".to_owned()),
    }
    let title = text(item, "t").ok_or("the model's item has no title")?;
    let music_type = item
        .get("y")
        .and_then(Value::as_str)
        .and_then(music_type_from)
        .ok_or_else(|| format!("the model's item has the music type {}", shown(item.get("y"))))?;
    let artist = text(item, "a");
    if artist.is_none() && !matches!(music_type, MusicType::Playlist | MusicType::Album) {
        return Err("the model's item has no artist".to_owned());
    }
    let confidence = item
        .get("c")
        .and_then(Value::as_f64)
        .filter(|c| (0.0..=1.0).contains(c))
        .ok_or_else(|| format!("the model's item has the confidence {}", shown(item.get("c"))))?;
    let genres = genres(config, item)?;
    let mut entry = Extraction::song(&title, artist.as_deref(), confidence);
    entry.music_type = music_type;
    entry.album = text(item, "al");
    entry.genres = genres;
    // A date that is no date is dropped, not asked again: it is not worth a call.
    entry.release_date = text(item, "d").filter(|date| is_release_date(date));
    for (field, present) in [
        ("title", true),
        ("artist", entry.artist.is_some()),
        ("album", entry.album.is_some()),
        ("genres", true),
        ("release-date", entry.release_date.is_some()),
        ("music-type", true),
    ] {
        if present {
            entry.set_origin(field, Origin::Model);
        }
    }
    Ok(Answer::Entry(entry))
}

fn read_genres(config: &Config, track: &Track, item: &Value) -> Result<Answer, String> {
    let mut entry = track.hint.clone().ok_or("a track without a hint was asked for its genres only")?;
    entry.genres = genres(config, item)?;
    entry.set_origin("genres", Origin::Model);
    Ok(Answer::Entry(entry))
}

/// One to `max_genres` known genres, each once; more are cut, unknown ones dropped.
fn genres(config: &Config, item: &Value) -> Result<Vec<String>, String> {
    let answered = item.get("g").and_then(Value::as_array).ok_or("the model's item has no list of genres")?;
    let mut genres: Vec<String> = Vec::new();
    for genre in answered.iter().filter_map(Value::as_str).filter_map(|genre| config.genre(genre)) {
        if !genres.contains(genre) && genres.len() < config.max_genres {
            genres.push(genre.clone());
        }
    }
    if genres.is_empty() {
        return Err(format!("the model's item has no known genre in {}", shown(item.get("g"))));
    }
    Ok(genres)
}

fn text(item: &Value, key: &str) -> Option<String> {
    item.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A value for an error message, cut to 60 characters.
fn shown(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string().chars().take(60).collect())
}
