//! An operator's correction of an entry, in its place.

use super::entry;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Visit, saying};
use crate::api::dashboard::link::{self, given};
use crate::api::problem::Problem;
use crate::api::{Api, library};
use crate::music::MusicType;
use crate::store::{Correction, LibraryEntry};
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A correction as the form sends it: each field, changed or not, and under `was.` and its name what it said when the form
/// was made.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub struct Corrected(BTreeMap<String, String>);

impl Corrected {
    /// What a field was changed to: what was left as the form showed it is no change, whatever an extraction wrote since
    /// then. What was emptied stays as it is.
    fn changed(&self, field: &str) -> Option<String> {
        let of = |name: &str| given(self.0.get(name).cloned());
        of(field).filter(|sent| Some(sent) != of(&format!("was.{field}")).as_ref())
    }

    fn correction(&self) -> Result<Correction, Problem> {
        let genres = self.changed("genres");
        let unknown = |name: &str| Problem::bad_request(format!("{name:?} is no kind of release"));
        let kind = self.changed("music_type");
        let kind = kind.map(|name| MusicType::from_name(&name).ok_or_else(|| unknown(&name)));
        Ok(Correction {
            title: self.changed("title"),
            artist: self.changed("artist"),
            album: self.changed("album"),
            genres: genres.map(|genres| genres.split(',').filter_map(|genre| given(Some(genre.to_owned()))).collect()),
            release_date: self.changed("release_date"),
            music_type: kind.transpose()?,
        })
    }
}

/// Writes a correction down. What cannot be is shown again with the reason.
pub async fn correct(
    State(api): State<Arc<Api>>,
    visit: Visit,
    Path(named): Path<library::Named>,
    form: Result<Form<Corrected>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = form?;
    let key = library::key(named);
    let there = link::entry(&key);
    let written = match sent.correction() {
        Ok(correction) if correction == Correction::default() => {
            return Ok(Redirect::to(&saying(&there, "unchanged", None)).into_response());
        }
        Ok(correction) => library::write(&api, &key, correction).await,
        Err(problem) => Err(problem),
    };
    match written {
        Ok(()) => Ok(Redirect::to(&saying(&there, "corrected", None)).into_response()),
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            let page = entry::shown(&api, visit, &key, Some((problem.sentence(), &sent))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The form, with what was refused and why.
pub fn form(entry: &LibraryEntry, refused: Option<(&str, &Corrected)>) -> Markup {
    let genres = entry.genres.join(", ");
    let fields = [
        ("title", "Title", entry.title.as_deref(), ""),
        ("artist", "Artist", entry.artist.as_deref(), ""),
        ("album", "Album", entry.album.as_deref(), ""),
        ("genres", "Genres", Some(genres.as_str()), "At most three, with commas between them"),
        ("release_date", "Release date", entry.release_date.as_deref(), "YYYY, YYYY-MM or YYYY-MM-DD"),
    ];
    let of = |name: &str, is: Option<&str>| {
        let sent = refused.and_then(|(_, Corrected(sent))| sent.get(name).cloned());
        sent.or_else(|| is.map(str::to_owned))
    };
    let was = |name: &str, is: Option<&str>| {
        let name = format!("was.{name}");
        let value = of(&name, is);
        html! { input type="hidden" name=(name) value=[value]; }
    };
    let kind = of("music_type", entry.music_type.as_deref());
    html! {
        details.sheet #correct open[refused.is_some()] {
            summary { "Correct this entry" }
            @if let Some((reason, _)) = refused { p.need.bad role="alert" { "Not corrected: " (reason) } }
            form.fields method="post" action=(link::entry(&entry.key)) {
                @for (name, label, is, hint) in fields {
                    label for={ "correct-" (name) } { (label) }
                    input id={ "correct-" (name) } name=(name) value=[of(name, is)] maxlength="1000" autocomplete="off"
                        aria-describedby=[(!hint.is_empty()).then(|| format!("hint-{name}"))];
                    @if !hint.is_empty() { p.quiet id={ "hint-" (name) } { (hint) } }
                    (was(name, is))
                }
                label for="correct-music_type" { "Kind" }
                select #correct-music_type name="music_type" {
                    option value="" { "not known" }
                    @for name in MusicType::ALL.map(MusicType::name) { option value=(name) selected[kind.as_deref() == Some(name)] { (name) } }
                }
                (was("music_type", entry.music_type.as_deref()))
                p.quiet { "No later extraction overwrites what you change here. A field cannot be emptied." }
                div.actions { button.main { "Correct" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fields: &[(&str, &str)]) -> Corrected {
        Corrected(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn only_what_the_operator_changed_is_a_correction() {
        let form = [
            ("title", "A"),
            ("was.title", "A"),
            ("album", " Harbour "),
            ("was.album", ""),
            ("artist", ""),
            ("was.artist", "B"),
        ];
        let correction = sent(&form).correction().unwrap();
        assert_eq!(correction, Correction { album: Some("Harbour".into()), ..Correction::default() });
    }

    #[test]
    fn genres_are_taken_apart_and_a_kind_that_there_is_not_is_refused() {
        let correction = sent(&[("genres", "pop, jazz,"), ("was.genres", "pop")]).correction().unwrap();
        assert_eq!(correction.genres, Some(vec!["pop".to_owned(), "jazz".to_owned()]));
        assert!(sent(&[("music_type", "opera")]).correction().is_err());
    }
}
