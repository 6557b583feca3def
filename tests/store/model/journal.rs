//! The journal and a provider's books as they are meant, in memory.

use liner::store::{Admission, BatchId, CallIntent, Limits};

const DAY_MS: i64 = 86_400_000;
/// A rate of one a second is saved up for so long, in milliseconds of it.
const BURST_MS: i64 = 5_000;

/// A question.
#[derive(Debug, Clone)]
pub struct Call {
    pub intent: CallIntent,
    /// What was set aside for it.
    pub reserved: i64,
    pub lost: bool,
    pub answered_at: Option<i64>,
    /// None when what came was an error.
    pub reply: Option<String>,
    pub cost: i64,
    /// Whether it was read, and then whether it decided all its tracks.
    pub decided_all: Option<bool>,
}

/// What was asked of the provider.
#[derive(Debug, Default)]
pub struct Journal {
    pub calls: Vec<Call>,
    pub books: Option<Books>,
}

/// What the hosts together may ask, and have.
#[derive(Debug)]
pub struct Books {
    pub blocked_until: i64,
    /// Thousandths of a request that may be sent, and as of when.
    saved: i64,
    saved_at: i64,
    pub reserved: i64,
    day: i64,
    today: i64,
    pub total: i64,
}

impl Journal {
    /// The replies any of which answers a prompt again: those of the batch's own work come first, then the earliest.
    pub fn replies(&self, digest: &str, root: &BatchId, read: &[usize]) -> Vec<usize> {
        let is_own = |call: &Call| call.intent.root == *root;
        let is_usable = |call: &Call| is_own(call) || call.decided_all.unwrap_or(true);
        let known = self.calls.iter().enumerate().filter(|(at, call)| {
            call.intent.prompt_digest == digest && call.reply.is_some() && is_usable(call) && !read.contains(at)
        });
        let rank = |call: &Call| (!is_own(call), call.answered_at);
        let best = known.clone().map(|(_, call)| rank(call)).min();
        known.filter(|(_, call)| Some(rank(call)) == best).map(|(at, _)| at).collect()
    }

    /// Journals a question that is new, if it may be sent.
    pub fn ask(&mut self, intent: &CallIntent, limits: &Limits, now: i64) -> Admission {
        let mut reserved = 0;
        if limits.is_some() {
            let admission = self.books(now).admit(intent.reserve.cost_micros.unwrap(), limits, now);
            if admission != Admission::Admitted {
                return admission;
            }
            reserved = intent.reserve.cost_micros.unwrap();
        }
        let intent = intent.clone();
        self.calls.push(Call {
            intent,
            reserved,
            lost: false,
            answered_at: None,
            reply: None,
            cost: 0,
            decided_all: None,
        });
        Admission::Admitted
    }

    /// The first answer counts, also when it comes late: then what was set aside is spent already.
    pub fn answer(&mut self, at: usize, reply: Option<(String, i64)>, now: i64) {
        let call = &mut self.calls[at];
        if call.answered_at.is_some() {
            return;
        }
        call.answered_at = Some(now);
        let (text, cost) = reply.unzip();
        (call.reply, call.cost) = (text, cost.unwrap_or(0));
        let (set_aside, spent) = if call.lost { (0, call.reserved) } else { (call.reserved, 0) };
        let cost = call.cost - spent;
        if let Some(books) = &mut self.books {
            books.book(set_aside, cost, now);
        }
    }

    /// What a batch had asked when it was lost may have been paid: it is taken for spent.
    pub fn lose(&mut self, batch: &BatchId, now: i64) {
        for call in &mut self.calls {
            if call.intent.batch == *batch && call.answered_at.is_none() && !call.lost {
                call.lost = true;
                if let Some(books) = &mut self.books {
                    books.book(call.reserved, call.reserved, now);
                }
            }
        }
    }

    pub fn lost(&self) -> i64 {
        self.calls.iter().filter(|call| call.lost).count().try_into().unwrap()
    }

    /// The longer of two wishes counts.
    pub fn block(&mut self, ms: i64, now: i64) {
        let books = self.books(now);
        books.blocked_until = books.blocked_until.max(now + ms);
    }

    /// Books begin with what was spent before.
    fn books(&mut self, now: i64) -> &mut Books {
        let spent = |since: i64| {
            self.calls.iter().filter(|call| call.answered_at.is_some_and(|at| at >= since)).map(|call| call.cost).sum()
        };
        let (today, total) = (spent(now - now % DAY_MS), spent(i64::MIN));
        self.books.get_or_insert(Books {
            blocked_until: 0,
            saved: BURST_MS,
            saved_at: now,
            reserved: 0,
            day: now / DAY_MS,
            today,
            total,
        })
    }
}

impl Books {
    fn admit(&mut self, micros: i64, limits: &Limits, now: i64) -> Admission {
        let reason = String::new();
        if self.blocked_until > now {
            return Admission::Rest { ms: self.blocked_until - now, reason };
        }
        let needed = self.reserved + micros;
        if limits.total_micros > 0 && self.total + needed > limits.total_micros {
            return Admission::Spent { ms: None, reason };
        }
        if limits.daily_micros > 0 && self.today(now) + needed > limits.daily_micros {
            return Admission::Spent { ms: Some(DAY_MS - now % DAY_MS), reason };
        }
        if limits.requests_per_minute > 0 {
            let saved = (self.saved + (now - self.saved_at).max(0)).min(BURST_MS);
            if saved < 1_000 {
                return Admission::Rest { ms: 1_000 - saved, reason };
            }
            self.saved = saved - 1_000;
        }
        self.saved_at = now;
        self.reserved += micros;
        Admission::Admitted
    }

    fn book(&mut self, set_aside: i64, cost: i64, now: i64) {
        if set_aside == 0 && cost == 0 {
            return;
        }
        self.reserved -= set_aside;
        self.total += cost;
        (self.today, self.day) = (self.today(now) + cost, now / DAY_MS);
    }

    /// Spent on this day. They know one day: should the clock be put back over midnight, it begins anew.
    pub fn today(&self, now: i64) -> i64 {
        if self.day == now / DAY_MS { self.today } else { 0 }
    }
}
