//! What is expected of a call, as a table writes it down, and how what came differs.

use crate::client::Came;
use liner::model::{Answer, AskError, BatchResult, BatchState, Failure, Submitted};
use liner::music::{Headroom, Stop, Usage};
use std::ops::RangeInclusive;
use std::time::Duration;

/// What is expected.
#[derive(Debug, Clone)]
pub enum Expected {
    Reply(Reply),
    Error(Error),
    Tokens(i64),
    Submitted { id: &'static str, expires_at: i64 },
    State(BatchState),
    Unknown,
    Results(Vec<(&'static str, Expected)>),
    Cancelled,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    stop: Stop,
    text: String,
    usage: Usage,
    request_id: Option<&'static str>,
    headroom: Headroom,
    used_up_seconds: Option<RangeInclusive<u64>>,
}

/// An error.
#[derive(Debug, Clone)]
pub struct Error {
    kind: &'static str,
    says: Vec<&'static str>,
    for_all: bool,
    rest_seconds: Option<RangeInclusive<u64>>,
    may_repeat: bool,
}

impl Reply {
    /// With all input tokens, and those of output, at a price in millionths of a dollar.
    pub fn billed(mut self, tokens_in: i64, tokens_out: i64, cost: i64) -> Self {
        self.usage = Usage { tokens_in, tokens_out, cost_micros: Some(cost), ..self.usage };
        self
    }

    /// Of whose input tokens some were read from the cache and some written to it.
    pub fn cached(mut self, read: i64, written: i64) -> Self {
        self.usage = Usage { tokens_cached: read, tokens_written: written, ..self.usage };
        self
    }

    pub fn id(self, id: &'static str) -> Self {
        Self { request_id: Some(id), ..self }
    }

    pub fn leaving(mut self, requests: Option<i64>, tokens_in: Option<i64>, tokens_out: Option<i64>) -> Self {
        self.headroom = Headroom { requests, tokens_in, tokens_out, ..self.headroom };
        self
    }

    /// After which nothing is left for so long.
    pub fn used_up(self, seconds: RangeInclusive<u64>) -> Self {
        Self { used_up_seconds: Some(seconds), ..self }
    }

    /// Where a recording says the text itself, it is that one.
    pub fn of_text(self, text: String) -> Self {
        Self { text, ..self }
    }
}

/// A reply of a text.
pub fn reply(stop: Stop, text: &str) -> Reply {
    let (usage, headroom) = (Usage::default(), Headroom::default());
    Reply { stop, text: text.to_owned(), usage, request_id: None, headroom, used_up_seconds: None }
}

impl Error {
    fn of(kind: &'static str, says: &'static str) -> Self {
        Self { kind, says: vec![says], for_all: false, rest_seconds: None, may_repeat: false }
    }

    /// That it says this too.
    pub fn and(mut self, says: &'static str) -> Self {
        self.says.push(says);
        self
    }

    /// That the same request may be sent again.
    pub fn repeatable(self) -> Self {
        Self { may_repeat: true, ..self }
    }

    fn resting(self, for_all: bool, seconds: RangeInclusive<u64>) -> Self {
        Self { for_all, rest_seconds: Some(seconds), ..self }
    }
}

/// The provider is left alone, by all hosts, for so many seconds; the tracks wait.
pub fn busy(says: &'static str, seconds: RangeInclusive<u64>) -> Error {
    Error::of("busy", says).resting(true, seconds).repeatable()
}

/// This host cannot reach it.
pub fn unreachable(says: &'static str) -> Error {
    Error::of("busy", says).resting(false, 30..=30).repeatable()
}

/// It failed, perhaps because of what was asked.
pub fn failed(says: &'static str) -> Error {
    Error::of("failed", says)
}

/// It is too much for one request.
pub fn too_large(says: &'static str) -> Error {
    Error::of("too_large", says)
}

/// This request is refused.
pub fn rejected(says: &'static str) -> Error {
    Error::of("rejected", says)
}

/// This host's settings are to be mended.
pub fn misconfigured(says: &'static str) -> Error {
    Error::of("misconfigured", says).resting(false, 600..=600)
}

/// The account is to be mended, so that it holds for every host.
pub fn of_account(says: &'static str, seconds: u64) -> Error {
    Error::of("misconfigured", says).resting(true, seconds..=seconds)
}

impl From<Reply> for Expected {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Error> for Expected {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Expected {
    /// How what came differs, if it does.
    pub fn differs(&self, came: &Result<Came, Failure>) -> Option<String> {
        let is_it = match (self, came) {
            (Self::Reply(expected), Ok(Came::Reply(answer))) => expected.is(answer),
            (Self::Error(expected), Err(failure)) => {
                expected.is(&failure.error) && expected.may_repeat == failure.may_repeat
            }
            (Self::Tokens(expected), Ok(Came::Tokens(counted))) => expected == counted,
            (Self::Submitted { id, expires_at }, Ok(Came::Submitted(made))) => {
                *made == Submitted { id: (*id).to_owned(), expires_at: Some(*expires_at) }
            }
            (Self::State(expected), Ok(Came::State(Some(state)))) => expected == state,
            (Self::Results(expected), Ok(Came::Results(results))) => are_all(expected, results),
            (Self::Unknown, Ok(Came::State(None))) | (Self::Cancelled, Ok(Came::Cancelled)) => true,
            _ => false,
        };
        (!is_it).then(|| format!("expected {self:?}\n     came {came:?}"))
    }
}

fn are_all(expected: &[(&str, Expected)], results: &[(String, BatchResult)]) -> bool {
    expected.len() == results.len()
        && expected.iter().zip(results).all(|((name, expected), (custom_id, result))| {
            let is_it = match (expected, result) {
                (Expected::Reply(expected), BatchResult::Answered(answer)) => expected.is(answer),
                (Expected::Error(expected), BatchResult::Errored(error)) => expected.is(error),
                _ => false,
            };
            name == custom_id && is_it
        })
}

impl Reply {
    fn is(&self, answer: &Answer) -> bool {
        let used_up = answer.headroom.used_up_for.map(|rest| rest.as_secs());
        answer.reply.stop == self.stop
            && answer.reply.text == self.text
            && answer.usage == self.usage
            && self.request_id.is_none_or(|id| answer.request_id.as_deref() == Some(id))
            && Headroom { used_up_for: None, ..answer.headroom } == self.headroom
            && used_up.is_some() == self.used_up_seconds.is_some()
            && self.used_up_seconds.as_ref().zip(used_up).is_none_or(|(seconds, left)| seconds.contains(&left))
    }
}

impl Error {
    fn is(&self, error: &AskError) -> bool {
        let (rest, for_all) = match error {
            AskError::RetryAfter { rest, for_all, .. } | AskError::Operator { rest, for_all, .. } => {
                (Some(rest.as_secs()), *for_all)
            }
            _ => (None, false),
        };
        let text = error.to_string();
        error.kind() == self.kind
            && self.says.iter().all(|says| text.contains(says))
            && for_all == self.for_all
            && rest.is_some() == self.rest_seconds.is_some()
            && self.rest_seconds.as_ref().zip(rest).is_none_or(|(seconds, rest)| seconds.contains(&rest))
    }
}

/// How far a batch is.
pub fn state(has_ended: bool, answered: i64, unanswered: i64, retry_after: Option<u64>) -> Expected {
    let retry_after = retry_after.map(Duration::from_secs);
    Expected::State(BatchState { has_ended, answered, unanswered, retry_after })
}
