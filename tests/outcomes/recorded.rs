//! Every exchange that was recorded with a real provider, replayed to the client of its API.

use crate::client::Client;
use crate::expected::Expected;
use crate::recordings::{Case, cases};
use crate::replay::{Recording, Replay, folder, listing};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn there() -> Option<PathBuf> {
    let folder = folder();
    if folder.is_none() {
        eprintln!("skipped: the recorded exchanges are not beside this project");
    }
    folder
}

#[test]
fn every_recording_is_classified() {
    let Some(folder) = there() else { return };
    let classified: BTreeSet<String> = cases().iter().flat_map(|case| case.files.clone()).map(str::to_owned).collect();
    let there = listing(&folder);
    let unclassified: Vec<_> = there.difference(&classified).collect();
    let missing: Vec<_> = classified.difference(&there).collect();
    assert!(unclassified.is_empty(), "tests/outcomes/recordings.rs does not say what these come to: {unclassified:?}");
    assert!(missing.is_empty(), "these are not there any more: {missing:?}");
}

#[tokio::test]
async fn every_recording_lands_in_its_outcome() {
    let Some(folder) = there() else { return };
    let mut wrong = Vec::new();
    for case in cases() {
        wrong.extend(played(&folder, &case).await.map(|wrong| format!("{:?} {:?}: {wrong}", case.call, case.files)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// How a case went wrong, if it did.
async fn played(folder: &Path, case: &Case) -> Option<String> {
    let recordings: Vec<_> = case.files.iter().map(|file| Recording::read(folder, file)).collect();
    let last = recordings.last().unwrap();
    let replay = Replay::of(&recordings).await;
    let client = Client::of(last.wire(), &replay.url, recordings[0].model());
    let came = client.make(case.call).await;
    let expected = match (&case.expected, case.text_at) {
        (Expected::Reply(reply), Some(place)) => reply.clone().of_text(last.text_at(place)).into(),
        (expected, _) => expected.clone(),
    };
    let wrong: Vec<String> = expected.differs(&came).into_iter().chain(replay.amiss()).collect();
    (!wrong.is_empty()).then(|| wrong.join("\n     "))
}
