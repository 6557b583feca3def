//! A strategy for liner: it splits `Artist - Title`, and passes on everything else.

use liner_strategy::{Context, Description, Error, Extraction, Step, Strategy, Track};

/// What the host calls.
pub struct Template;

impl Strategy for Template {
    fn describe() -> Description {
        Description::new("template", "0.1.0", "Splits `Artist - Title`, and passes on everything else.")
    }

    fn plan(_: &Context, tracks: &[Track]) -> Result<Step, Error> {
        let mut step = Step::default();
        for (index, track) in (0..).zip(tracks) {
            if let Some((artist, title)) = track.og_title.as_deref().and_then(|title| title.split_once(" - ")) {
                step.decide(index, Extraction::song(title, Some(artist), 0.6));
            }
        }
        Ok(step)
    }
}

liner_strategy::export_strategy!(Template);

#[cfg(test)]
mod tests {
    use super::*;
    use liner_strategy::Outcome;
    use liner_strategy::testing::{plan, track};

    #[test]
    fn a_title_with_a_dash_is_split_and_any_other_is_passed_on() {
        let step = plan::<Template>("{}", &[track("Ada Lane - Harbour"), track("Harbour")]).unwrap();
        let [decision] = step.decisions.as_slice() else { panic!("{step:?}") };
        let Outcome::Extracted(entry) = &decision.outcome else { panic!("{decision:?}") };
        assert_eq!((decision.index, entry.artist.as_deref(), entry.title.as_str()), (0, Some("Ada Lane"), "Harbour"));
    }
}
