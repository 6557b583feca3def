//! A batch's way through the strategies: plan, ask, interpret, settle; what one strategy passes on, the next gets.
//!
//! Tracks settle by prompt: one prompt's failure does not hold back another's tracks. The same tracks and the same
//! replies give the same prompts, so a batch that is worked on again after a crash finds its replies in the journal.

use super::board::Board;
use super::ledger::{Answered, Ledger, Question, Unanswered};
use crate::model::AskError;
use crate::music::{Extraction, Field, Prompt, Step, Track};
use crate::store::{Attribution, StoreError};
use crate::strategy::Strategy;
use crate::strategy::health::Fault;
use crate::strategy::runtime::{CallError, Runtime};
use crate::telemetry::Span;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::VecDeque;
use std::sync::Arc;

/// How long tracks rest whose request failed on the way.
const FAILED_REST_MS: i64 = 5_000;

/// Tracks to work on, and with what.
pub struct Job<'a> {
    /// The tracks, as every strategy is shown them.
    pub tracks: &'a [Track],
    /// Which of them are to be settled.
    pub wanted: &'a [bool],
    /// The strategies; the same ones from plan to settle.
    pub strategies: &'a [Arc<Strategy>],
    /// Where they run.
    pub runtime: &'a Runtime,
    /// What an entry must have.
    pub required: &'a [Field],
    /// Where its stretches are noted.
    pub trace: &'a Span,
}

/// Works on a batch to its end and settles every track of it.
///
/// # Errors
/// When the store failed or fenced the batch; what was not settled stays claimed until the lease ends.
pub async fn work<L: Ledger>(job: &Job<'_>, ledger: &L) -> Result<Board, StoreError> {
    let mut board = Board::new(job.wanted, job.required);
    let mut follow = job.strategies.iter().peekable();
    while let Some(strategy) = follow.next() {
        let shown = board.open();
        if shown.is_empty() {
            break;
        }
        let stage =
            Stage { job, ledger, strategy, view: view(&board, shown), another_follows: follow.peek().is_some() };
        stage.run(&mut board).await?;
        // What the others are shown depends on the answers.
        if board.is_parked {
            break;
        }
    }
    if !board.is_parked {
        board.close_rest();
    }
    ledger.settle(board.take_due(), true).await?;
    Ok(board)
}

/// What a strategy is shown: positions in the batch, and the hints as they were when its turn came.
fn view(board: &Board, shown: Vec<u32>) -> View {
    let hints = shown.iter().map(|index| board.hint(*index).cloned()).collect();
    View { shown, hints }
}

struct View {
    shown: Vec<u32>,
    hints: Vec<Option<Extraction>>,
}

impl View {
    fn tracks<'a>(&'a self, job: &'a Job<'_>) -> Vec<(&'a Track, Option<&'a Extraction>)> {
        let track = |index: &u32| job.tracks.get(usize::try_from(*index).ok()?);
        self.shown.iter().zip(&self.hints).filter_map(|(index, hint)| Some((track(index)?, hint.as_ref()))).collect()
    }

    /// Positions in the batch of positions in the view.
    fn outward(&self, indexes: &[u32]) -> Vec<u32> {
        indexes.iter().filter_map(|index| self.shown.get(usize::try_from(*index).ok()?).copied()).collect()
    }
}

/// One strategy's turn.
struct Stage<'a, L> {
    job: &'a Job<'a>,
    ledger: &'a L,
    strategy: &'a Arc<Strategy>,
    view: View,
    another_follows: bool,
}

/// What became of one prompt.
struct Exchange {
    prompt: Prompt,
    round: u32,
    result: Result<(Answered, Result<Step, CallError>), Unanswered>,
}

impl<L: Ledger> Stage<'_, L> {
    async fn run(&self, board: &mut Board) -> Result<(), StoreError> {
        let counts = self.job.runtime.counts(self.strategy);
        if counts && let Err(reason) = self.strategy.health().admit_call() {
            board.leave_to(&self.view.shown, &reason);
            return Ok(());
        }
        let asked = self.plan_and_ask(board).await?;
        if counts && !board.is_parked {
            let (shown, open) = (self.view.shown.len(), board.open_of(&self.view.shown).len());
            self.strategy.health().record_tracks(shown - open, asked, open);
        }
        Ok(())
    }

    /// Returns how many tracks it asked about.
    async fn plan_and_ask(&self, board: &mut Board) -> Result<usize, StoreError> {
        let tracks = self.view.tracks(self.job);
        let planning = self.job.runtime.plan(self.strategy, &tracks);
        let step = match self.traced("plan", planning).await {
            Ok(step) => step,
            Err(error) => {
                self.fail(board, &self.view.shown, &error);
                return Ok(0);
            }
        };
        let about = step.prompts.iter().map(|prompt| prompt.indexes.len()).sum();
        let (mut asked, mut answered) = (FuturesUnordered::new(), VecDeque::new());
        for prompt in self.take_over(board, step, None) {
            asked.push(self.exchange(prompt, 1));
        }
        while !(asked.is_empty() && answered.is_empty()) {
            if board.is_due() {
                // Exchanges may hold the database's connection or wait in line for it: a settle that did not let them go
                // on meanwhile would wait for ever.
                let mut settle = std::pin::pin!(self.ledger.settle(board.take_due(), false));
                loop {
                    tokio::select! {
                        settled = &mut settle => break settled?,
                        Some(exchange) = asked.next() => answered.push_back(exchange),
                    }
                }
            }
            let next = match answered.pop_front() {
                Some(exchange) => Some(exchange),
                None => asked.next().await,
            };
            let Some(exchange) = next else { break };
            let round = exchange.round;
            for prompt in self.take_in(board, exchange)? {
                asked.push(self.exchange(prompt, round + 1));
            }
        }
        Ok(about)
    }

    /// A call failed. While the strategy is on probation, the swap is to blame.
    fn fail(&self, board: &mut Board, about: &[u32], error: &CallError) {
        match error.fault() {
            Some(_) if self.strategy.health().is_on_probation() => board.excuse(about, &error.to_string()),
            _ => board.fail_together(about, &error.to_string(), 0),
        }
    }

    /// Takes over what a step says; returns the prompts that are worth asking.
    fn take_over(&self, board: &mut Board, step: Step, model: Option<&str>) -> Vec<Prompt> {
        let by = Attribution {
            strategy: self.strategy.description().name.clone(),
            digest: self.strategy.digest().as_str().to_owned(),
            model: model.map(str::to_owned),
        };
        for (index, hint) in step.hints {
            self.view.outward(&[index]).into_iter().for_each(|index| board.believe(index, hint.clone()));
        }
        for (index, outcome) in step.decisions {
            for index in self.view.outward(&[index]) {
                board.decide(index, outcome.clone(), &by, self.another_follows);
            }
        }
        step.prompts.into_iter().filter(|prompt| board.is_worth_asking(&self.view.outward(&prompt.indexes))).collect()
    }

    /// Takes in what became of a prompt; returns the prompts that follow from it.
    fn take_in(&self, board: &mut Board, exchange: Exchange) -> Result<Vec<Prompt>, StoreError> {
        let Exchange { prompt, round, result } = exchange;
        let about = self.view.outward(&prompt.indexes);
        let (answered, step) = match result {
            Ok(exchanged) => exchanged,
            Err(Unanswered::Store(error)) => return Err(error),
            Err(Unanswered::Absent(reason)) => {
                board.leave_unasked(&about, &reason);
                return Ok(Vec::new());
            }
            Err(Unanswered::Parked) => {
                board.is_parked = true;
                return Ok(Vec::new());
            }
            Err(Unanswered::Spent(reason)) => {
                board.leave_unpaid(&about, &reason);
                return Ok(Vec::new());
            }
            Err(Unanswered::Provider(error)) => {
                unanswered(board, &about, &error);
                return Ok(Vec::new());
            }
        };
        let step = match step {
            Ok(step) => step,
            Err(error) => {
                self.fail(board, &about, &error);
                return Ok(Vec::new());
            }
        };
        let mut again = self.take_over(board, step, Some(&answered.reply.model));
        if round >= self.job.runtime.limits().rounds {
            for prompt in again.drain(..) {
                for index in self.view.outward(&prompt.indexes) {
                    board.give_up(index, format!("still open after {round} rounds of questions"));
                }
            }
        }
        board.read(answered.call, again.is_empty() && board.open_of(&about).is_empty());
        Ok(again)
    }

    /// Asks one prompt and has the reply interpreted.
    async fn exchange(&self, prompt: Prompt, round: u32) -> Exchange {
        let result = match self.ask(&prompt, round).await {
            Ok(answered) => {
                let tracks = self.view.tracks(self.job);
                let reading = self.job.runtime.interpret(self.strategy, round, &tracks, &prompt, &answered.reply);
                let step = self.traced("interpret", reading).await;
                Ok((answered, step))
            }
            Err(unanswered) => Err(unanswered),
        };
        Exchange { prompt, round, result }
    }

    async fn ask(&self, prompt: &Prompt, round: u32) -> Result<Answered, Unanswered> {
        let trace = &self.job.trace.child("ask");
        trace.set("liner.round", i64::from(round));
        trace.count("liner.tracks", prompt.indexes.len());
        let answered = self.ledger.ask(Question { strategy: self.strategy, round, prompt, trace }).await;
        if let Err(unanswered) = &answered {
            trace.fail(unanswered.kind());
        }
        answered
    }

    /// A call of the strategy, and what it said in figures.
    async fn traced(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<Step, CallError>>,
    ) -> Result<Step, CallError> {
        let trace = self.job.trace.child(name);
        let step = call.await;
        if trace.is_recording() {
            trace.set("liner.strategy.name", self.strategy.description().name.clone());
            trace.set("liner.strategy.version", self.strategy.description().version.clone());
            trace.count("liner.tracks", self.view.shown.len());
            match &step {
                Ok(step) => {
                    trace.count("liner.decisions", step.decisions.len());
                    trace.count("liner.prompts", step.prompts.len());
                }
                Err(error) => trace.fail(error.fault().map_or("stopping", Fault::name)),
            }
        }
        step
    }
}

/// What no answer means for the tracks that were asked about.
fn unanswered(board: &mut Board, about: &[u32], error: &AskError) {
    let reason = error.to_string();
    match error {
        AskError::RetryAfter { rest, .. } => {
            board.refund(about, &reason, i64::try_from(rest.as_millis()).unwrap_or(i64::MAX));
        }
        AskError::Operator { .. } => board.leave_unasked(about, &reason),
        AskError::Split(_) | AskError::Final(_) => match about {
            [alone] => board.give_up(*alone, reason),
            _ => board.fail_together(about, &reason, 0),
        },
        AskError::Backoff(_) => board.fail_together(about, &reason, FAILED_REST_MS),
    }
}
