//! The library as people read and correct it.

use crate::fixture::{Fixture, by, completed, entry, key};
use liner::music::Field;
use liner::store::{Correction, LibraryQuery, Verdict};

pub async fn a_correction_stands_against_later_extractions_and_history_keeps_what_was_replaced(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    f.settle_all(&claim, &completed("Harbor")).await;
    let correction = Correction { title: Some("Harbour".into()), ..Correction::default() };
    let corrected = f.store.correct(&key(0), &correction).await.unwrap().unwrap();
    assert_eq!(corrected.corrected_fields, ["title"]);
    assert_eq!(f.store.requeue_missing(Field::Genres).await.unwrap(), 1);
    let claim = f.claim(1).await.unwrap();
    let mut better = entry("HARBOR");
    better.genres = vec!["folk".into()];
    f.settle_all(&claim, &Verdict::Completed(better, by())).await;
    let (entry, changes) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!((entry.title.as_deref(), entry.genres.as_slice()), (Some("Harbour"), ["folk".to_owned()].as_slice()));
    let changes: Vec<_> = changes.iter().map(|c| (c.field.as_str(), c.old.as_deref(), c.by.as_str())).collect();
    assert_eq!(changes, [("title", Some("Harbor"), "operator"), ("genres", Some("[]"), "d1")]);
    assert!(f.store.correct(&key(5), &correction).await.unwrap().is_none());
    assert_eq!(entry.origins["title"], "operator");
    let examples = f.store.corrected(0, 10).await.unwrap();
    let [example] = examples.as_slice() else { panic!("{examples:?}") };
    assert_eq!((example.title.as_deref(), example.artist.as_deref()), (Some("Harbour"), entry.artist.as_deref()));
    assert_eq!(
        (example.track.og_title.as_deref(), example.fields.as_slice()),
        (Some("Title 0"), ["title".to_owned()].as_slice())
    );
    assert!(f.store.corrected(example.mark, 10).await.unwrap().is_empty());
}

pub async fn the_library_is_searched_and_paged(f: Fixture) {
    f.enqueue(0..5).await;
    let page = |before| LibraryQuery { limit: 2, before, ..LibraryQuery::default() };
    let first = f.store.library(&page(None)).await.unwrap();
    let second = f.store.library(&page(Some(first[1].mark))).await.unwrap();
    let titles: Vec<_> = first.iter().chain(&second).map(|e| e.og_title.clone().unwrap()).collect();
    assert_eq!(titles, ["Title 4", "Title 3", "Title 2", "Title 1"]);
    let search = |text: &str| LibraryQuery { search: Some(text.into()), limit: 10, ..LibraryQuery::default() };
    assert_eq!(f.store.library(&search("title 3")).await.unwrap().len(), 1);
    assert_eq!(f.store.library(&search("%")).await.unwrap().len(), 0, "a percent sign is a percent sign");
}

pub async fn what_is_being_worked_on_says_so(f: Fixture) {
    f.enqueue(0..2).await;
    f.claim(1).await.unwrap();
    let status = |status: &str| LibraryQuery { status: Some(status.into()), limit: 10, ..LibraryQuery::default() };
    let worked_on = f.store.library(&status("ai_processing")).await.unwrap();
    assert_eq!((worked_on.len(), worked_on[0].key.clone()), (1, key(0)));
    assert_eq!(f.store.library(&status("og_fetched")).await.unwrap().len(), 1);
}
