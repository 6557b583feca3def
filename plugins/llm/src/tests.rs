//! The strategy as the host sees it, natively.

mod hostile;
mod known;

use crate::Llm;
use liner_strategy::{Extraction, Outcome, Prompt, Reply, Step, Stop, Strategy, Track, testing};
use serde_json::{Value, json};

fn tracks(count: usize) -> Vec<Track> {
    (0..count).map(|n| testing::track(&format!("Page {n}"))).collect()
}

fn asked(tracks: &[Track]) -> Prompt {
    testing::plan::<Llm>("{}", tracks).unwrap().prompts.remove(0)
}

fn item(n: u32) -> Value {
    json!({"id": format!("t{n}"), "music": true, "t": format!("Song {n}"), "a": "Ada", "al": null, "g": ["Rock"], "d": null, "y": "song", "c": 0.9})
}

fn answer(tracks: &[Track], items: Vec<Value>) -> Step {
    let text = json!({ "items": items }).to_string();
    testing::interpret::<Llm>("{}", tracks, &asked(tracks), &testing::reply(&text)).unwrap()
}

fn decided(step: &Step) -> Vec<u32> {
    step.decisions.iter().map(|decision| decision.index).collect()
}

/// The tracks of a prompt, as the model sees them.
fn lines(prompt: &Prompt) -> Vec<Value> {
    prompt.user.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_system_text_is_the_same_for_every_batch() {
    assert_eq!(asked(&tracks(1)).system, asked(&tracks(7)).system);
    assert_ne!(asked(&tracks(1)).user, asked(&tracks(7)).user);
}

#[test]
fn valid_items_are_kept_and_missing_ones_asked_again() {
    let tracks = tracks(4);
    let step = answer(&tracks, vec![item(2), item(0)]);
    assert_eq!(decided(&step), [0, 2]);
    assert_eq!(step.prompts.len(), 1);
    assert_eq!(step.prompts[0].indexes, [1, 3]);
}

#[test]
fn invalid_items_are_asked_again_one_by_one() {
    let tracks = tracks(6);
    let mut bad: Vec<Value> = (0..6).map(item).collect();
    bad[1]["c"] = json!(1.5);
    bad[2]["y"] = json!("opera");
    bad[3]["g"] = json!(["polka"]);
    bad[4]["t"] = json!("  ");
    bad[5]["a"] = json!("  ");
    let step = answer(&tracks, bad);
    assert_eq!(decided(&step), [0]);
    assert_eq!(step.prompts[0].indexes, [1, 2, 3, 4, 5]);
}

#[test]
fn an_artist_that_nobody_knows_is_none_and_makes_the_entry_unsure() {
    let mut honest = item(0);
    honest["a"] = json!(null);
    let step = answer(&tracks(1), vec![honest]);
    let Outcome::Extracted(entry) = &step.decisions[0].outcome else { panic!("decided: {step:?}") };
    assert_eq!((entry.title.as_str(), &entry.artist), ("Song 0", &None));
    assert!(entry.confidence <= 0.5 && step.prompts.is_empty());
}

#[test]
fn genres_are_compared_without_case_and_cut_to_three() {
    let tracks = tracks(1);
    let mut one = item(0);
    one["g"] = json!(["R&B", "soul", "SOUL", "polka", "Funk", "disco"]);
    one["d"] = json!("13 November");
    let step = answer(&tracks, vec![one]);
    let Outcome::Extracted(entry) = &step.decisions[0].outcome else { panic!("decided") };
    assert_eq!(entry.genres, ["r&b", "soul", "funk"]);
    assert_eq!(entry.release_date, None);
}

#[test]
fn a_cut_reply_keeps_its_whole_items_and_splits_the_rest() {
    let tracks = tracks(5);
    let whole = json!({ "items": [item(0), item(1)] }).to_string();
    let text = format!("{},{{\"id\":\"t2\",\"mus", whole.strip_suffix("]}").unwrap());
    let reply = Reply { text, stop: Stop::Truncated, model: "m".into() };
    let step = testing::interpret::<Llm>("{}", &tracks, &asked(&tracks), &reply).unwrap();
    assert_eq!(decided(&step), [0, 1]);
    assert_eq!(step.prompts.iter().map(|p| p.indexes.clone()).collect::<Vec<_>>(), [vec![2, 3], vec![4]]);
}

#[test]
fn a_reply_that_is_not_json_decides_nothing_and_asks_again() {
    let tracks = tracks(2);
    let step = testing::interpret::<Llm>("{}", &tracks, &asked(&tracks), &testing::reply("I am sorry")).unwrap();
    assert!(step.decisions.is_empty());
    assert_eq!(step.prompts[0].indexes, [0, 1]);
}

#[test]
fn without_rounds_left_open_tracks_fail_alone() {
    let tracks = tracks(2);
    let text = json!({ "items": [item(0)] }).to_string();
    let context = testing::context("{}", testing::ROUNDS);
    let step = Llm::interpret(&context, &tracks, &asked(&tracks), &testing::reply(&text)).unwrap();
    assert!(step.prompts.is_empty());
    assert!(matches!(&step.decisions[1].outcome, Outcome::Failed(reason) if reason.contains("left it out")));
}

#[test]
fn a_refusal_of_one_track_fails_it_and_of_many_is_halved() {
    let refused = Reply { text: String::new(), stop: Stop::Refused, model: "m".into() };
    let one = tracks(1);
    let step = testing::interpret::<Llm>("{}", &one, &asked(&one), &refused).unwrap();
    assert!(matches!(&step.decisions[0].outcome, Outcome::Failed(reason) if reason.contains("refused")));
    let four = tracks(4);
    let step = testing::interpret::<Llm>("{}", &four, &asked(&four), &refused).unwrap();
    assert_eq!(step.prompts.len(), 2);
}

#[test]
fn a_settled_hint_is_asked_for_genres_only() {
    let mut tracks = tracks(2);
    tracks[1].hint = Some(Extraction::song("Harbour", Some("Ada"), 0.95));
    let step = testing::plan::<Llm>("{}", &tracks).unwrap();
    let tags: Vec<_> = step.prompts.iter().map(|p| (p.tag.as_str(), p.indexes.clone())).collect();
    assert_eq!(tags, [("extract", vec![0]), ("complete", vec![1])]);
    let text = json!({ "items": [{"id": "t1", "g": ["Folk"]}] }).to_string();
    let done = testing::interpret::<Llm>("{}", &tracks, &step.prompts[1], &testing::reply(&text)).unwrap();
    let Outcome::Extracted(entry) = &done.decisions[0].outcome else { panic!("decided") };
    assert_eq!((entry.title.as_str(), entry.genres.as_slice()), ("Harbour", &["folk".to_owned()][..]));
}

#[test]
fn a_model_may_object_to_what_was_settled_and_is_asked_for_all_of_it_then() {
    let mut tracks = tracks(3);
    for track in &mut tracks {
        track.hint = Some(Extraction::song("Harbour", Some("Ada"), 0.95));
    }
    let prompt = asked(&tracks);
    assert_eq!(prompt.tag, "complete");
    let items =
        json!({"items": [{"id": "t0", "g": ["Folk"]}, {"id": "t1", "music": false, "g": []}, {"id": "t2", "g": []}]});
    let step = testing::interpret::<Llm>("{}", &tracks, &prompt, &testing::reply(&items.to_string())).unwrap();
    assert_eq!(decided(&step), [0], "it is not final");
    let again: Vec<_> = step.prompts.iter().map(|prompt| (prompt.tag.as_str(), prompt.indexes.clone())).collect();
    assert_eq!(again, [("complete", vec![2]), ("extract", vec![1])]);

    let talk = json!({"items": [{"id": "t1", "music": false, "t": null, "a": null, "al": null, "g": [], "d": null, "y": "song", "c": 0.9}]});
    let last = testing::interpret::<Llm>("{}", &tracks, &step.prompts[1], &testing::reply(&talk.to_string())).unwrap();
    assert!(matches!(last.decisions[0].outcome, Outcome::NoMusic(_)) && last.prompts.is_empty());
}

#[test]
fn a_wrong_configuration_names_the_field() {
    for (config, named) in
        [(r#"{"genres":[]}"#, "genres"), (r#"{"max_genres":0}"#, "max_genres"), (r#"{"genre":1}"#, "genre")]
    {
        let error = Llm::check_config(config).unwrap_err();
        assert!(format!("{error:?}").contains(named), "{error:?}");
    }
    Llm::check_config(&Llm::describe().default_config).unwrap();
}
