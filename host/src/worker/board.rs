//! What is known about each track of a batch while the strategies work on it, and the verdicts that follow.

use crate::music::{Extraction, Field, Outcome};
use crate::store::{Attribution, CallId, Settlement, Verdict, Waiting};

/// One track.
#[derive(Debug, Default)]
struct Slot {
    /// Whether a verdict was given.
    closed: bool,
    /// Whether the verdict is wanted: a batch that was taken over may hold tracks that are settled already.
    wanted: bool,
    /// What is believed of it; the next strategy's hint.
    hint: Option<Extraction>,
    /// A decision that lacks a required field, and whose it is.
    known: Option<(Extraction, Attribution)>,
    /// Why no model was asked about it, and what it waits for.
    unasked: Option<(Waiting, String)>,
    /// Why a strategy was not called about it.
    missed: Option<String>,
}

/// The tracks of a batch by their position.
#[derive(Debug)]
pub struct Board {
    slots: Vec<Slot>,
    required: Vec<Field>,
    due: Settlement,
    /// Reasons of failures, for people.
    pub reasons: Vec<String>,
    /// Whether a model was needed and there was none.
    pub lacked_model: bool,
    /// Whether the provider wants to be left alone for a while.
    pub busy: bool,
    /// Whether tracks are due again at once.
    pub again: bool,
    /// Whether questions wait for a provider's batch, and the tracks without a verdict with them.
    pub is_parked: bool,
}

impl Board {
    /// A batch of which `wanted` are to be settled.
    pub fn new(wanted: &[bool], required: &[Field]) -> Self {
        let slots = wanted.iter().map(|wanted| Slot { wanted: *wanted, ..Slot::default() }).collect();
        Self {
            slots,
            required: required.to_vec(),
            due: Settlement::default(),
            reasons: Vec::new(),
            lacked_model: false,
            busy: false,
            again: false,
            is_parked: false,
        }
    }

    /// Positions without a verdict, of those given.
    pub fn open_of(&self, indexes: &[u32]) -> Vec<u32> {
        indexes.iter().copied().filter(|index| self.slot(*index).is_some_and(|slot| !slot.closed)).collect()
    }

    /// All positions without a verdict.
    pub fn open(&self) -> Vec<u32> {
        (0u32..).zip(&self.slots).filter(|(_, slot)| !slot.closed).map(|(index, _)| index).collect()
    }

    /// Whether a question about these tracks could still settle one.
    pub fn is_worth_asking(&self, indexes: &[u32]) -> bool {
        indexes.iter().any(|index| self.slot(*index).is_some_and(|slot| slot.wanted && !slot.closed))
    }

    /// What is believed of a track.
    pub fn hint(&self, index: u32) -> Option<&Extraction> {
        self.slot(index)?.hint.as_ref()
    }

    /// Takes over a belief about an open track.
    pub fn believe(&mut self, index: u32, hint: Extraction) {
        if let Some(slot) = self.open_slot(index) {
            slot.hint = Some(hint);
        }
    }

    /// Takes over a decision. One that lacks a required field is a hint while another strategy follows.
    pub fn decide(&mut self, index: u32, outcome: Outcome, by: &Attribution, another_follows: bool) {
        let lacks = |entry: &Extraction| entry.missing(&self.required).next().is_some();
        match outcome {
            Outcome::Extracted(entry) if another_follows && lacks(&entry) => {
                if let Some(slot) = self.open_slot(index) {
                    slot.hint = Some(entry.clone());
                    slot.known = Some((entry, by.clone()));
                }
            }
            Outcome::Extracted(entry) => self.close(index, Verdict::Completed(entry, by.clone())),
            Outcome::NoMusic(reason) => self.close(index, Verdict::NoMusic(reason, by.clone())),
            Outcome::Failed(reason) => self.give_up(index, reason),
        }
    }

    /// No model was asked about these.
    pub fn leave_unasked(&mut self, indexes: &[u32], reason: &str) {
        self.lacked_model = true;
        self.leave(indexes, Waiting::Provider, reason);
    }

    /// There is no money to ask about these; further claims are useless for now.
    pub fn leave_unpaid(&mut self, indexes: &[u32], reason: &str) {
        self.busy = true;
        self.leave(indexes, Waiting::Budget, reason);
    }

    fn leave(&mut self, indexes: &[u32], cause: Waiting, reason: &str) {
        for index in indexes {
            if let Some(slot) = self.open_slot(*index) {
                slot.unasked = Some((cause, reason.to_owned()));
            }
        }
    }

    /// A strategy could not settle a track. What an earlier one knew stands; else this attempt failed.
    pub fn give_up(&mut self, index: u32, reason: String) {
        let known = self.open_slot(index).and_then(|slot| slot.known.take());
        match known {
            Some((entry, by)) => self.close(index, Verdict::Completed(entry, by)),
            None => self.close(index, Verdict::Failed(reason)),
        }
    }

    /// Tracks failed together: they come again in smaller batches, so that only one that fails alone pays.
    pub fn fail_together(&mut self, indexes: &[u32], reason: &str, rest_ms: i64) {
        let open = self.open_of(indexes);
        self.again |= open.len() > 1 && rest_ms == 0;
        for index in &open {
            let reason = reason.to_owned();
            let verdict = if open.len() == 1 { Verdict::Failed(reason) } else { Verdict::Halved { reason, rest_ms } };
            self.close(*index, verdict);
        }
    }

    /// A strategy that is on probation failed: tracks go back as they came, as it is not theirs to pay for a swap.
    pub fn excuse(&mut self, indexes: &[u32], reason: &str) {
        self.again = true;
        for index in indexes {
            self.close(*index, Verdict::Refunded { reason: reason.to_owned(), rest_ms: 0 });
        }
    }

    /// A strategy that is left alone was not called about these. What no other decides waits for it.
    pub fn leave_to(&mut self, indexes: &[u32], reason: &str) {
        for index in indexes {
            if let Some(slot) = self.open_slot(*index) {
                slot.missed = Some(reason.to_owned());
            }
        }
    }

    /// The provider is busy: tracks go back as they came, and rest for as long as it asks.
    pub fn refund(&mut self, indexes: &[u32], reason: &str, rest_ms: i64) {
        self.busy = true;
        for index in indexes {
            self.close(*index, Verdict::Refunded { reason: reason.to_owned(), rest_ms });
        }
    }

    /// Gives a verdict to every track that has none: the strategies are through.
    pub fn close_rest(&mut self) {
        for index in self.open() {
            let Some(slot) = self.open_slot(index) else { continue };
            match (slot.missed.take(), slot.unasked.take()) {
                (Some(reason), _) => self.close(index, Verdict::Waits(Waiting::Strategy, reason)),
                (None, Some((cause, reason))) => self.close(index, Verdict::Waits(cause, reason)),
                (None, None) => self.give_up(index, "no strategy could decide it".to_owned()),
            }
        }
    }

    /// Notes that a journalled reply was read, and whether it decided all it was asked about.
    pub fn read(&mut self, call: CallId, decided_all: bool) {
        self.due.interpreted.push((call, decided_all));
    }

    /// Whether there is something to settle.
    pub fn is_due(&self) -> bool {
        !self.due.verdicts.is_empty()
    }

    /// What is to be settled now.
    pub fn take_due(&mut self) -> Settlement {
        std::mem::take(&mut self.due)
    }

    fn slot(&self, index: u32) -> Option<&Slot> {
        self.slots.get(usize::try_from(index).ok()?)
    }

    fn open_slot(&mut self, index: u32) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(index).ok()?).filter(|slot| !slot.closed)
    }

    fn close(&mut self, index: u32, verdict: Verdict) {
        let Some(slot) = self.open_slot(index) else { return };
        slot.closed = true;
        if !slot.wanted {
            return;
        }
        if let Verdict::Failed(reason) | Verdict::Halved { reason, .. } | Verdict::Refunded { reason, .. } = &verdict
            && !self.reasons.contains(reason)
        {
            self.reasons.push(reason.clone());
        }
        self.due.verdicts.push((index, verdict));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::MusicType;

    fn by(strategy: &str) -> Attribution {
        Attribution { strategy: strategy.into(), digest: "d".into(), model: None }
    }

    fn entry(genres: &[&str]) -> Extraction {
        Extraction {
            title: "Harbour".into(),
            artist: Some("Ada Lane".into()),
            album: None,
            genres: genres.iter().map(ToString::to_string).collect(),
            release_date: None,
            music_type: MusicType::Song,
            confidence: 0.9,
            origins: vec![],
        }
    }

    fn board(n: usize) -> Board {
        Board::new(&vec![true; n], &[Field::Title, Field::Artist, Field::Genres])
    }

    #[test]
    fn a_decision_that_lacks_a_required_field_is_a_hint_while_another_strategy_follows() {
        let mut board = board(1);
        board.decide(0, Outcome::Extracted(entry(&[])), &by("rules"), true);
        assert_eq!((board.open(), board.hint(0)), (vec![0], Some(&entry(&[]))));
        board.decide(0, Outcome::Extracted(entry(&["folk"])), &by("llm"), false);
        let due = board.take_due();
        let [(0, Verdict::Completed(settled, by))] = due.verdicts.as_slice() else { panic!("{due:?}") };
        assert_eq!((settled, by.strategy.as_str()), (&entry(&["folk"]), "llm"));
    }

    #[test]
    fn what_nobody_could_add_to_settles_with_what_is_known() {
        for gives_up in [true, false] {
            let mut board = board(1);
            board.decide(0, Outcome::Extracted(entry(&[])), &by("rules"), true);
            if gives_up {
                board.decide(0, Outcome::Failed("no genre fits".into()), &by("llm"), false);
            }
            board.close_rest();
            let due = board.take_due();
            let [(0, Verdict::Completed(_, by))] = due.verdicts.as_slice() else { panic!("{due:?}") };
            assert_eq!(by.strategy, "rules");
        }
    }

    #[test]
    fn a_track_nobody_decided_fails_and_one_nobody_could_ask_about_waits() {
        let mut board = board(2);
        board.leave_unasked(&[1], "no key");
        board.close_rest();
        let due = board.take_due();
        assert!(matches!(&due.verdicts[..], [(0, Verdict::Failed(_)), (1, Verdict::Waits(Waiting::Provider, _))]));
    }

    #[test]
    fn tracks_that_fail_together_are_halved_and_one_alone_pays() {
        let mut board = board(3);
        board.fail_together(&[0, 1], "it trapped", 0);
        board.fail_together(&[2], "it trapped", 0);
        let due = board.take_due();
        assert!(matches!(
            &due.verdicts[..],
            [(0, Verdict::Halved { .. }), (1, Verdict::Halved { .. }), (2, Verdict::Failed(_))]
        ));
    }

    #[test]
    fn a_track_that_was_settled_before_gets_no_second_verdict() {
        let mut board = Board::new(&[false, true], &[]);
        board.decide(0, Outcome::Extracted(entry(&[])), &by("rules"), false);
        board.decide(1, Outcome::Extracted(entry(&[])), &by("rules"), false);
        board.decide(1, Outcome::NoMusic("late".into()), &by("rules"), false);
        let due = board.take_due();
        assert!(matches!(&due.verdicts[..], [(1, Verdict::Completed(..))]), "{due:?}");
    }
}
