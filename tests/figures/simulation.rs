//! A fleet in a discrete-event simulation: hosts that claim, ask, journal and settle, and die now and then; a server that
//! serves so many statements at a time, first come, first served. Time is simulated; what a statement costs is measured.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

/// How long a batch of a dead host waits at most: its lease, and one look of another host.
const LEASE_S: f64 = 45.0;
const LOOK_S: f64 = 5.0;
/// How long until a host that died is started again.
const RESTART_S: f64 = 10.0;

/// What is simulated.
pub struct Fleet {
    pub hosts: usize,
    /// Batches that each host has in flight.
    pub in_flight: usize,
    pub batches: u64,
    /// How long the model takes on average; between half and one and a half times that.
    pub model_s: f64,
    pub server_cores: usize,
    /// What one of a batch's four statements takes of a core.
    pub visit_s: f64,
    pub deaths_a_minute: f64,
}

/// What came of it.
pub struct Outcome {
    pub batches: u64,
    pub seconds: f64,
    /// The share of the server's cores that was busy.
    pub server_busy: f64,
    /// From a statement's arrival to its end.
    pub visit_p99_s: f64,
    /// Calls whose host died before the reply was journalled: asked, and paid, again.
    pub lost: u64,
    /// From a host's death until the last of its batches went on.
    pub longest_recovery_s: f64,
}

/// What a batch does next. Claim, intent, answer and settlement are the server's.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Claim,
    Intend,
    Ask,
    Journal,
    Settle,
    Die,
}

#[derive(Clone, Copy)]
struct Event {
    at: f64,
    slot: usize,
    life: u32,
    step: Step,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Event {}
impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
/// The earliest is the greatest.
impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.total_cmp(&self.at).then(other.slot.cmp(&self.slot))
    }
}

/// A batch of a host that died.
struct Orphan {
    died: f64,
    /// What is left to do.
    step: Step,
}

struct World<'a> {
    fleet: &'a Fleet,
    events: BinaryHeap<Event>,
    /// When each of the server's cores is free again.
    cores: Vec<f64>,
    /// What each slot does, and how often its host has died.
    doing: Vec<(Step, u32)>,
    orphans: VecDeque<Orphan>,
    unclaimed: u64,
    dice: u64,
    busy_s: f64,
    visits: Vec<u64>,
    outcome: Outcome,
}

/// Simulates until every batch is settled.
pub fn simulate(fleet: &Fleet) -> Outcome {
    let slots = fleet.hosts * fleet.in_flight;
    let mut world = World {
        fleet,
        events: BinaryHeap::new(),
        cores: vec![0.0; fleet.server_cores],
        doing: vec![(Step::Claim, 0); slots],
        orphans: VecDeque::new(),
        unclaimed: fleet.batches,
        dice: 7,
        busy_s: 0.0,
        visits: vec![0; 10_000],
        outcome: Outcome {
            batches: 0,
            seconds: 0.0,
            server_busy: 0.0,
            visit_p99_s: 0.0,
            lost: 0,
            longest_recovery_s: 0.0,
        },
    };
    for slot in 0..slots {
        let at = world.chance() * fleet.model_s;
        world.events.push(Event { at, slot, life: 0, step: Step::Claim });
    }
    world.plan_death(0.0);
    while world.outcome.batches < fleet.batches {
        let event = world.events.pop().expect("something happens until all is done");
        world.happen(event);
    }
    world.outcome.server_busy = world.busy_s / (world.outcome.seconds * fleet.server_cores as f64);
    let (all, mut seen) = (world.visits.iter().sum::<u64>(), 0);
    let p99 = world.visits.iter().position(|n| {
        seen += n;
        seen * 100 >= all * 99
    });
    world.outcome.visit_p99_s = p99.unwrap_or(0) as f64 / 1e3;
    world.outcome
}

impl World<'_> {
    /// The next number between 0 and 1 (xorshift64, Marsaglia 2003).
    fn chance(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as f64 / (1u64 << 53) as f64
    }

    fn plan_death(&mut self, now: f64) {
        let mean = 60.0 / self.fleet.deaths_a_minute;
        let (when, which) = (self.chance(), self.chance());
        let host = (which * self.fleet.hosts as f64) as usize;
        self.events.push(Event { at: now + mean * (0.5 + when), slot: host, life: 0, step: Step::Die });
    }

    fn happen(&mut self, event: Event) {
        if event.step == Step::Die {
            self.die(event.slot, event.at);
            return self.plan_death(event.at);
        }
        // What a host that died had planned does not happen.
        if event.life != self.doing[event.slot].1 {
            return;
        }
        let at = event.at;
        match event.step {
            Step::Claim => match self.next_batch(at) {
                Some(step) => self.visit(event, step),
                None => self.then(event, at + LOOK_S, Step::Claim),
            },
            Step::Intend => self.visit(event, Step::Ask),
            Step::Ask => {
                let took = self.fleet.model_s * (0.5 + self.chance());
                self.then(event, at + took, Step::Journal);
            }
            Step::Journal => self.visit(event, Step::Settle),
            Step::Settle => {
                self.visit(event, Step::Claim);
                self.outcome.batches += 1;
                self.outcome.seconds = self.outcome.seconds.max(at);
            }
            Step::Die => {}
        }
    }

    /// An orphan whose lease has ended, else a new batch: what it does after its claim.
    fn next_batch(&mut self, at: f64) -> Option<Step> {
        if let Some(orphan) = self.orphans.pop_front_if(|orphan| orphan.died + LEASE_S + LOOK_S <= at) {
            self.outcome.longest_recovery_s = self.outcome.longest_recovery_s.max(at - orphan.died);
            return Some(orphan.step);
        }
        self.unclaimed = self.unclaimed.checked_sub(1)?;
        Some(Step::Intend)
    }

    /// A statement: it waits for a core, and takes its time.
    fn visit(&mut self, event: Event, next: Step) {
        let core = (0..self.cores.len()).min_by(|a, b| self.cores[*a].total_cmp(&self.cores[*b])).unwrap_or(0);
        let end = self.cores[core].max(event.at) + self.fleet.visit_s;
        self.cores[core] = end;
        self.busy_s += self.fleet.visit_s;
        let took_ms = ((end - event.at) * 1e3) as usize;
        let longest = self.visits.len() - 1;
        self.visits[took_ms.min(longest)] += 1;
        self.then(event, end, next);
    }

    fn then(&mut self, event: Event, at: f64, step: Step) {
        self.doing[event.slot].0 = step;
        self.events.push(Event { at, step, ..event });
    }

    /// Its batches wait for their leases: one that was asking is asked again, one whose reply is journalled is not.
    fn die(&mut self, host: usize, at: f64) {
        for slot in host * self.fleet.in_flight..(host + 1) * self.fleet.in_flight {
            let (doing, life) = self.doing[slot];
            let goes_on = match doing {
                Step::Intend | Step::Ask => Some(Step::Intend),
                // `Journal` is planned from the moment that the question is sent.
                Step::Journal => {
                    self.outcome.lost += 1;
                    Some(Step::Intend)
                }
                Step::Settle => Some(Step::Settle),
                Step::Claim | Step::Die => None,
            };
            if let Some(step) = goes_on {
                self.orphans.push_back(Orphan { died: at, step });
            }
            self.doing[slot] = (Step::Claim, life + 1);
            self.events.push(Event { at: at + RESTART_S, slot, life: life + 1, step: Step::Claim });
        }
    }
}
