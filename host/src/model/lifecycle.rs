//! What a provider says of its model and of the time without being asked anything that costs money: a look, for whoever wants
//! to know whether asking would work.

use super::AskError;
use super::http::{Read, header};
use super::pricing::is_version_of;
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::header::HeaderMap;

/// Retirements that are announced, for providers that do not say: from
/// <https://platform.claude.com/docs/en/about-claude/model-deprecations>, as of 2026-11.
const RETIREMENTS: [(&str, &str); 2] = [("claude-3-5-haiku", "2026-02-19"), ("claude-sonnet-4-5", "2026-11-30")];

/// What came of a look.
#[derive(Debug, Clone)]
pub struct Look {
    /// The provider's clock, to a second.
    pub at: Option<Timestamp>,
    /// The model, or why it could not be asked.
    pub model: Result<Lifecycle, AskError>,
}

/// How a model is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lifecycle {
    /// It is offered, and no end of it is known.
    Offered,
    /// It is to be retired on a day, or was.
    Retires(Date),
    /// It is deprecated or retired, and nobody says when.
    Ending(String),
    /// The provider lists its models, and this one is not among them.
    Unlisted,
    /// The provider does not say.
    Unsaid,
}

impl Look {
    /// A look that came to no answer.
    pub(super) const fn failed(error: AskError) -> Self {
        Self { at: None, model: Err(error) }
    }

    /// What an answer says, as somebody understood it.
    pub(super) fn of(read: &Read, model: Result<Lifecycle, AskError>) -> Self {
        Self { at: date(&read.headers), model }
    }
}

impl Lifecycle {
    /// What a provider said of a model, made whole by what is known of it.
    pub(super) fn of(model: &str, lifecycle: Option<&str>, retires_at: Option<&str>) -> Self {
        let said = retires_at.and_then(|at| at.get(..10)?.parse().ok());
        match (said.or_else(|| retirement(model)), lifecycle) {
            (Some(day), _) => Self::Retires(day),
            (None, Some(state @ ("deprecated" | "retired"))) => Self::Ending(state.to_owned()),
            (None, Some(_)) => Self::Offered,
            (None, None) => Self::Unsaid,
        }
    }
}

/// When a model is retired, where that is announced.
#[must_use]
pub fn retirement(model: &str) -> Option<Date> {
    let (_, day) = RETIREMENTS.iter().find(|(name, _)| is_version_of(model, name))?;
    day.parse().ok()
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(header(headers, "date")?).ok()?;
    Some(date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use reqwest::header::HeaderValue;

    #[test]
    fn what_the_provider_says_goes_before_what_is_announced() {
        let of = |model, lifecycle, at| Lifecycle::of(model, lifecycle, at);
        let said = of("claude-sonnet-4-5", Some("deprecated"), Some("2027-01-31T00:00:00Z"));
        assert_eq!(said, Lifecycle::Retires(date(2027, 1, 31)));
        assert_eq!(of("claude-sonnet-4-5-20250929", None, None), Lifecycle::Retires(date(2026, 11, 30)));
        assert_eq!(of("acme", Some("deprecated"), None), Lifecycle::Ending("deprecated".to_owned()));
        assert_eq!(of("claude-haiku-5-5", Some("active"), Some("soon")), Lifecycle::Offered);
        assert_eq!(of("acme", None, None), Lifecycle::Unsaid);
    }

    #[test]
    fn another_model_of_a_like_name_is_not_retired() {
        assert!(retirement("claude-3-5-haiku-latest").is_some() && retirement("claude-3-5-haiku-20241022").is_some());
        assert_eq!(retirement("claude-sonnet-4-5-pro"), None);
    }

    #[test]
    fn a_provider_tells_the_time_with_every_answer() {
        let told = |text| super::date(&HeaderMap::from_iter([(reqwest::header::DATE, HeaderValue::from_static(text))]));
        assert_eq!(told("Sat, 28 Nov 2026 19:13:31 GMT").unwrap().as_second(), 1_795_893_211);
        assert_eq!(told("yesterday"), None);
    }
}
