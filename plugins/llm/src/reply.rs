//! From a model's reply to decisions: every valid item is kept, whatever became of the others; what is missing, invalid or
//! another track's is asked again; a cut reply is asked again in halves; nothing is guessed.

use crate::clean;
use crate::config::Config;
use crate::given::Given;
use crate::items::{Item, Text, items};
use crate::mixup::Texts;
use crate::prompt::{self, Question};
use liner_strategy::{
    Context, Extraction, FieldOrigin, MusicType, Origin, Prompt, Reply, Step, Stop, Track, is_release_date,
    music_type_from,
};
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
    let mut answers: BTreeMap<u32, Vec<&Item<'_>>> = BTreeMap::new();
    items
        .iter()
        .for_each(|item| item.index().into_iter().for_each(|index| answers.entry(index).or_default().push(item)));
    let texts = Texts::of(tracks, &prompt.indexes);
    for index in prompt.indexes.iter().copied() {
        let Some(track) = usize::try_from(index).ok().and_then(|at| tracks.get(at)) else { continue };
        let answer = match answers.get(&index).map(Vec::as_slice) {
            None | Some([]) => Err(absence(reply)),
            Some([item]) => match question {
                Question::Extract => read_entry(config, track, item).and_then(|answer| unmixed(&texts, index, answer)),
                Question::Complete => read_genres(config, track, item),
            },
            Some(_) => Err("the model answered it more than once".to_owned()),
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

fn unmixed(texts: &Texts<'_>, index: u32, answer: Answer) -> Result<Answer, String> {
    match answer {
        Answer::Entry(entry) if texts.are_mixed_up(index, &entry) => {
            Err("the model's answer is about another track".to_owned())
        }
        answer => Ok(answer),
    }
}

fn read_entry(config: &Config, track: &Track, item: &Item<'_>) -> Result<Answer, String> {
    match item.music {
        Some(false) => return Ok(Answer::NotMusic),
        Some(true) => {}
        None => return Err("the model's item lacks `music`".to_owned()),
    }
    let given = Given::of(config, track);
    let title = given.title.clone().or_else(|| name(item.t.as_ref()));
    let title = title.ok_or("the model's item has no title, or one that is too long")?;
    let kind = item.y.as_ref().map_or("nothing", |kind| &kind.0);
    let music_type = given.music_type.or_else(|| music_type_from(kind));
    let music_type = music_type.ok_or_else(|| format!("the model's item has the music type {}", shown(kind)))?;
    let artist = given.artist.clone().or_else(|| name(item.a.as_ref()));
    if artist.is_none() && !matches!(music_type, MusicType::Playlist | MusicType::Album) {
        return Err("the model's item has no artist".to_owned());
    }
    let confidence = item.c.ok_or("the model's item has no confidence")?;
    if !(0.0..=1.0).contains(&confidence) {
        return Err(format!("the model's item has the confidence {confidence}"));
    }
    let mut entry = Extraction::song(&title, artist.as_deref(), confidence);
    entry.music_type = music_type;
    entry.album = name(item.al.as_ref());
    entry.genres = if given.genres.is_empty() { genres(config, item)? } else { given.genres.clone() };
    // A date that is no date is dropped, not asked again: it is not worth a call.
    entry.release_date =
        item.d.as_ref().map(|date| date.0.trim()).filter(|date| is_release_date(date)).map(str::to_owned);
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
    given.overrule(&mut entry);
    Ok(Answer::Entry(entry))
}

fn read_genres(config: &Config, track: &Track, item: &Item<'_>) -> Result<Answer, String> {
    let known = Given::of(config, track).settled(track);
    let mut entry = known.ok_or("a track of which too little is known was asked for its genres only")?;
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

fn name(text: Option<&Text<'_>>) -> Option<String> {
    text.and_then(|text| clean::name(&text.0))
}

/// A value for an error message, cut to 60 characters.
fn shown(value: &str) -> String {
    format!("{:?}", value.chars().take(60).collect::<String>())
}
