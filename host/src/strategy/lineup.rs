//! What is written down of a pipeline: which components, with which configuration, in which order, and which candidates
//! are tried beside them. No component is loaded here; a lineup is data, and a change of it is a new lineup.

use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A component with how it is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = LineupEntry)]
pub struct Entry {
    /// The strategy's name: one of a name is active at a time.
    pub name: String,
    /// The component.
    pub digest: Digest,
    /// Its configuration as JSON text; the component's own default without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub config: Option<String>,
    /// Whether it may import WASI, of which it gets an empty one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_wasi: bool,
    /// Whether it came with the binary, so that the next binary replaces it by its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bundled: bool,
}

/// How a candidate is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It sees what the active ones see and settles nothing.
    Shadow {
        /// What its own questions to the model may cost, in millionths of a dollar. Without it, only replies that were
        /// paid for anyway answer it.
        #[serde(default, rename = "budget")]
        budget_micros: i64,
    },
    /// A share of the tracks is settled by it.
    Canary {
        /// Of a hundred tracks, how many; the same ones every time.
        percent: u8,
    },
}

impl Role {
    /// `shadow` or `canary`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shadow { .. } => "shadow",
            Self::Canary { .. } => "canary",
        }
    }
}

/// A component that is tried beside the active ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// What is tried.
    pub entry: Entry,
    /// How.
    pub role: Role,
    /// Where it would stand; in the place of the active one of its name without it, or first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub position: Option<usize>,
}

/// The active entries in their order, and the candidates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lineup {
    /// First to last.
    pub active: Vec<Entry>,
    /// At most one of a digest, and at most one canary.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// Why a lineup cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineupError {
    /// The last active strategy was to go.
    #[error("{0} is the only active strategy; a pipeline needs one")]
    LastOne(String),
    /// Nothing of that name or digest is there.
    #[error("{0} is neither active nor a candidate")]
    Unknown(String),
    /// There is a canary already.
    #[error("{0} is a canary already; promote or retire it first")]
    SecondCanary(String),
    /// It is what runs already.
    #[error("{0} is active with this configuration already")]
    Active(String),
    /// A share that is none.
    #[error("percent is {0}; allowed: 1 to 99 (100 is what promote does)")]
    Percent(u8),
}

impl Lineup {
    /// A lineup as the store has it. Before there were candidates, it was a list of the bundled ones.
    ///
    /// # Errors
    /// When it is neither.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        if !text.trim_start().starts_with('[') {
            return serde_json::from_str(text);
        }
        let mut active: Vec<Entry> = serde_json::from_str(text)?;
        for entry in &mut active {
            (entry.config, entry.bundled) = (None, true);
        }
        Ok(Self { active, candidates: Vec::new() })
    }

    /// With an entry active: in the place of the one of its name, else first; or at a position, counted from 0.
    #[must_use]
    pub fn activate(&self, entry: Entry, position: Option<usize>) -> Self {
        let mut next = self.clone();
        next.candidates.retain(|candidate| candidate.entry.digest != entry.digest);
        next.active = placed(&self.active, entry, position);
        next
    }

    /// With a candidate, in the place of one of the same digest.
    ///
    /// # Errors
    /// [`LineupError::SecondCanary`], [`LineupError::Active`], [`LineupError::Percent`].
    pub fn try_out(&self, candidate: Candidate) -> Result<Self, LineupError> {
        if let Role::Canary { percent } = candidate.role
            && !(1..=99).contains(&percent)
        {
            return Err(LineupError::Percent(percent));
        }
        let mut next = self.clone();
        if next.active.contains(&candidate.entry) {
            return Err(LineupError::Active(candidate.entry.name));
        }
        next.candidates.retain(|known| known.entry.digest != candidate.entry.digest);
        let canary = |candidate: &&Candidate| matches!(candidate.role, Role::Canary { .. });
        if let (Role::Canary { .. }, Some(other)) = (candidate.role, next.candidates.iter().find(canary)) {
            return Err(LineupError::SecondCanary(other.entry.name.clone()));
        }
        next.candidates.push(candidate);
        Ok(next)
    }

    /// With a candidate active in its place.
    ///
    /// # Errors
    /// [`LineupError::Unknown`].
    pub fn promote(&self, digest: &Digest) -> Result<Self, LineupError> {
        let candidate = self.candidate(digest).ok_or_else(|| LineupError::Unknown(digest.short().to_owned()))?;
        Ok(self.activate(candidate.entry.clone(), candidate.position))
    }

    /// Without a digest, active or candidate.
    ///
    /// # Errors
    /// [`LineupError::Unknown`], [`LineupError::LastOne`].
    pub fn retire(&self, digest: &Digest) -> Result<Self, LineupError> {
        let mut next = self.clone();
        next.candidates.retain(|candidate| candidate.entry.digest != *digest);
        next.active.retain(|entry| entry.digest != *digest);
        if next == *self {
            return Err(LineupError::Unknown(digest.short().to_owned()));
        }
        match (next.active.is_empty(), self.active.first()) {
            (true, Some(last)) => Err(LineupError::LastOne(last.name.clone())),
            _ => Ok(next),
        }
    }

    /// With the entry of a name as a former lineup had it, which may be: not at all.
    ///
    /// # Errors
    /// [`LineupError::LastOne`].
    pub fn restore(&self, name: &str, former: &Self) -> Result<Self, LineupError> {
        match former.active.iter().find(|entry| entry.name == name) {
            Some(entry) => Ok(self.activate(entry.clone(), None)),
            None => {
                let mut next = self.clone();
                next.active.retain(|entry| entry.name != name);
                if next.active.is_empty() { Err(LineupError::LastOne(name.to_owned())) } else { Ok(next) }
            }
        }
    }

    /// The active entries as they would be with a candidate in its place.
    #[must_use]
    pub fn with_candidate(&self, candidate: &Candidate) -> Vec<Entry> {
        placed(&self.active, candidate.entry.clone(), candidate.position)
    }

    /// The candidate of a digest.
    #[must_use]
    pub fn candidate(&self, digest: &Digest) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.entry.digest == *digest)
    }

    /// Every entry, active ones first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.active.iter().chain(self.candidates.iter().map(|candidate| &candidate.entry))
    }
}

fn placed(active: &[Entry], entry: Entry, position: Option<usize>) -> Vec<Entry> {
    let mut next = active.to_vec();
    let former = next.iter().position(|known| known.name == entry.name);
    if let Some(at) = former {
        next.remove(at);
    }
    let at = position.or(former).unwrap_or(0).min(next.len());
    next.insert(at, entry);
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, content: &str) -> Entry {
        Entry {
            name: name.into(),
            digest: Digest::of(content.as_bytes()),
            config: None,
            allow_wasi: false,
            bundled: false,
        }
    }

    fn two() -> Lineup {
        Lineup { active: vec![entry("rules", "r1"), entry("llm", "l1")], candidates: vec![] }
    }

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    fn canary(content: &str) -> Candidate {
        Candidate { entry: entry("llm", content), role: Role::Canary { percent: 10 }, position: None }
    }

    #[test]
    fn an_entry_takes_the_place_of_the_one_of_its_name_and_a_new_name_goes_first() {
        let next = two().activate(entry("llm", "l2"), None);
        assert_eq!((names(&next.active), &next.active[1].digest), (vec!["rules", "llm"], &Digest::of(b"l2")));
        assert_eq!(names(&two().activate(entry("bandcamp", "b"), None).active), ["bandcamp", "rules", "llm"]);
        assert_eq!(names(&two().activate(entry("last", "b"), Some(9)).active), ["rules", "llm", "last"]);
        assert_eq!(names(&two().activate(entry("llm", "l2"), Some(0)).active), ["llm", "rules"]);
    }

    #[test]
    fn a_promoted_candidate_is_a_candidate_no_more() {
        let tried = two().try_out(canary("l2")).unwrap();
        assert_eq!(tried.active, two().active, "a candidate changes nothing that is active");
        let next = tried.promote(&Digest::of(b"l2")).unwrap();
        assert_eq!((next.active[1].digest.clone(), next.candidates.len()), (Digest::of(b"l2"), 0));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let tried = two().try_out(canary("l2")).unwrap();
        assert!(matches!(tried.try_out(canary("l3")), Err(LineupError::SecondCanary(_))));
        assert!(matches!(two().try_out(canary("l1")), Err(LineupError::Active(_))));
        let whole = Candidate { role: Role::Canary { percent: 100 }, ..canary("l2") };
        assert_eq!(two().try_out(whole), Err(LineupError::Percent(100)));
        assert!(matches!(two().promote(&Digest::of(b"?")), Err(LineupError::Unknown(_))));
        let one = two().retire(&Digest::of(b"r1")).unwrap();
        assert!(matches!(one.retire(&Digest::of(b"l1")), Err(LineupError::LastOne(_))));
    }

    #[test]
    fn a_name_is_restored_as_it_was_or_goes() {
        let swapped = two().activate(entry("llm", "l2"), None).activate(entry("new", "n"), None);
        let restored = swapped.restore("llm", &two()).unwrap().restore("new", &two()).unwrap();
        assert_eq!(restored, two());
    }

    #[test]
    fn it_is_written_and_read_again() {
        let lineup = two().try_out(canary("l2")).unwrap();
        let text = serde_json::to_string(&lineup).unwrap();
        assert_eq!(Lineup::from_json(&text).unwrap(), lineup);
        let before = r#"[{"name":"rules","digest":"d","config":"{}"}]"#;
        assert!(Lineup::from_json(before).unwrap().active[0].bundled);
    }
}
