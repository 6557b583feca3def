//! From a model's reply to decisions: every valid item is kept, whatever became of the others; what is missing, invalid or
//! another track's is asked again; a cut reply is asked again in halves; nothing is guessed. That a track is not music is final, so
//! where something speaks for music it is not believed of one among others: a text of another may have said it.

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
    let mut open: BTreeMap<u32, Open> = BTreeMap::new();
    let items = items(&reply.text);
    let mut answers: BTreeMap<u32, Vec<&Item<'_>>> = BTreeMap::new();
    items
        .iter()
        .for_each(|item| item.index().into_iter().for_each(|index| answers.entry(index).or_default().push(item)));
    let texts = Texts::of(tracks, &prompt.indexes);
    for index in prompt.indexes.iter().copied() {
        let Some(track) = usize::try_from(index).ok().and_then(|at| tracks.get(at)) else { continue };
        let answer = match answers.get(&index).map(Vec::as_slice) {
            None | Some([]) => Err(absence(reply).into()),
            Some([item]) => match question {
                Question::Extract => read_entry(config, track, item)
                    .map_err(Open::from)
                    .and_then(|answer| own(&texts, prompt, index, track, answer)),
                Question::Complete => read_genres(config, track, item),
            },
            Some(_) => Err("the model answered it more than once".to_owned().into()),
        };
        match answer {
            Ok(Answer::Entry(entry)) => step.decide(index, entry),
            Ok(Answer::NotMusic) => step.no_music(index, "the model says that it is not music"),
            Err(why) => {
                open.insert(index, why);
            }
        }
    }
    ask_again(config, context, tracks, question, reply, &open, &mut step);
    step
}

enum Answer {
    Entry(Extraction),
    NotMusic,
}

/// Why a track is open still, and what of it is asked next.
struct Open {
    problem: String,
    next: Next,
}

/// What is asked of an open track.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The same question.
    Same,
    /// The whole entry, as what was settled is doubted.
    Whole,
    /// The whole entry, with no other track beside it.
    Alone,
}

impl From<String> for Open {
    fn from(problem: String) -> Self {
        Self { problem, next: Next::Same }
    }
}

/// Open tracks: asked again while rounds are left, in halves when the reply was cut; otherwise they fail this attempt.
fn ask_again(
    config: &Config,
    context: &Context,
    tracks: &[Track],
    question: Question,
    reply: &Reply,
    open: &BTreeMap<u32, Open>,
    step: &mut Step,
) {
    let next = |next: Next| open.iter().filter(move |(_, open)| open.next == next).map(|(index, _)| *index);
    let same: Vec<u32> = next(Next::Same).collect();
    let is_of_no_use = step.decisions.is_empty() && same.len() == open.len();
    // Alone, a refused or cut track would be refused or cut again.
    let hopeless = matches!(reply.stop, Stop::Refused | Stop::Truncated) && same.len() == 1 && is_of_no_use;
    // What was of no use twice would be paid for a third time.
    let useless = matches!(reply.stop, Stop::Complete | Stop::Other) && is_of_no_use && context.round > 1;
    if context.rounds_left == 0 || hopeless || useless {
        for (index, open) in open {
            step.fail(*index, open.problem.clone());
        }
        return;
    }
    let is_cut = matches!(reply.stop, Stop::Truncated | Stop::Refused);
    let part = if is_cut { same.len().div_ceil(2) } else { same.len() };
    for part in same.chunks(part.max(1)) {
        step.prompts.extend(prompt::ask(config, question, tracks, part));
    }
    let whole: Vec<u32> = next(Next::Whole).collect();
    step.prompts.extend(prompt::ask(config, Question::Extract, tracks, &whole));
    for index in next(Next::Alone) {
        step.prompts.extend(prompt::ask(config, Question::Extract, tracks, &[index]));
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

/// How sure rules must be of a work for a model's word, among answers to other tracks, not to be enough against it.
const GUESSED: f64 = 0.5;

/// An answer that is the track's own and no other's.
fn own(texts: &Texts<'_>, prompt: &Prompt, index: u32, track: &Track, answer: Answer) -> Result<Answer, Open> {
    let is_guessed = || track.hint.as_ref().is_some_and(|hint| hint.confidence >= GUESSED);
    match answer {
        Answer::Entry(entry) if texts.are_mixed_up(index, &entry) => {
            Err("the model's answer is about another track".to_owned().into())
        }
        Answer::NotMusic if prompt.indexes.len() > 1 && is_guessed() => Err(Open {
            problem: "the model says among other answers that it is not music, and the page that it is".to_owned(),
            next: Next::Alone,
        }),
        answer => Ok(answer),
    }
}

/// How sure an entry is at most whose artist nobody knows.
const UNCREDITED: f64 = 0.5;

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
    let is_uncredited = artist.is_none() && !matches!(music_type, MusicType::Playlist | MusicType::Album);
    if is_uncredited && item.a.is_some() {
        return Err("the model's item has an artist that is no name".to_owned());
    }
    let confidence = item.c.ok_or("the model's item has no confidence")?;
    if !(0.0..=1.0).contains(&confidence) {
        return Err(format!("the model's item has the confidence {confidence}"));
    }
    // It was told that unknown is null.
    let confidence = if is_uncredited { confidence.min(UNCREDITED) } else { confidence };
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

fn read_genres(config: &Config, track: &Track, item: &Item<'_>) -> Result<Answer, Open> {
    if item.music == Some(false) {
        let problem = "the model says that it is not the music it was taken for".to_owned();
        return Err(Open { problem, next: Next::Whole });
    }
    let known = Given::of(config, track).settled(track);
    let known = known.ok_or_else(|| "a track of which too little is known was asked for its genres only".to_owned());
    let mut entry = known?;
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
