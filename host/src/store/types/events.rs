//! What happened that an operator would want to know.

/// What makes a revision of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There was none yet.
    Start,
    /// A binary came with other bundled strategies.
    Upgrade,
    /// A component was put in.
    Install,
    /// A component of the store was made active.
    Activate,
    /// A candidate was made active.
    Promote,
    /// A component is tried, and settles nothing.
    Shadow,
    /// A component is tried, and settles a share of the tracks.
    Canary,
    /// A component got another configuration.
    Config,
    /// A component was taken out.
    Retire,
    /// A candidate failed, and the host took it out.
    AutomaticRetirement,
    /// A component's file is gone from the folder.
    Removal,
    /// A component's entries were applied.
    Replay,
    /// Somebody went back to a former revision.
    Rollback,
    /// A strategy failed its probation, and the host went back.
    AutomaticRollback,
}

impl Cause {
    /// The name as the database and figures write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Upgrade => "upgrade",
            Self::Install => "install",
            Self::Activate => "activate",
            Self::Promote => "promote",
            Self::Shadow => "shadow",
            Self::Canary => "canary",
            Self::Config => "config",
            Self::Retire => "retire",
            Self::AutomaticRetirement => "automatic retirement",
            Self::Removal => "removal",
            Self::Replay => "replay",
            Self::Rollback => "rollback",
            Self::AutomaticRollback => "automatic rollback",
        }
    }

    /// Whether former strategies are active again.
    #[must_use]
    pub const fn is_rollback(self) -> bool {
        matches!(self, Self::Rollback | Self::AutomaticRollback)
    }
}

/// What kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// There is another revision of the pipeline.
    Changed(Cause),
    /// A component was not admitted.
    Refused,
    /// A revision cannot be loaded by a host.
    Rejected,
    /// A strategy stays, for nothing can take its place.
    Kept,
    /// A strategy is left alone for a while.
    Bypassed,
    /// A strategy that was left alone works again.
    Recovered,
    /// A question was not asked, for its budget is spent.
    BudgetReached,
    /// The operator paused the workers.
    WorkerPaused,
    /// The operator lifted the pause.
    WorkerResumed,
    /// Nothing is sent to an endpoint any more.
    WebhookDisabled,
    /// Messages are sent to an endpoint again.
    WebhookEnabled,
    /// A message to an endpoint was given up.
    WebhookGaveUp,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Changed(Cause::Start),
        Self::Changed(Cause::Upgrade),
        Self::Changed(Cause::Install),
        Self::Changed(Cause::Activate),
        Self::Changed(Cause::Promote),
        Self::Changed(Cause::Shadow),
        Self::Changed(Cause::Canary),
        Self::Changed(Cause::Config),
        Self::Changed(Cause::Retire),
        Self::Changed(Cause::AutomaticRetirement),
        Self::Changed(Cause::Removal),
        Self::Changed(Cause::Replay),
        Self::Changed(Cause::Rollback),
        Self::Changed(Cause::AutomaticRollback),
        Self::Refused,
        Self::Rejected,
        Self::Kept,
        Self::Bypassed,
        Self::Recovered,
        Self::BudgetReached,
        Self::WorkerPaused,
        Self::WorkerResumed,
        Self::WebhookDisabled,
        Self::WebhookEnabled,
        Self::WebhookGaveUp,
    ];

    /// The name as the database writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed(cause) => cause.name(),
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Kept => "kept",
            Self::Bypassed => "bypassed",
            Self::Recovered => "recovered",
            Self::BudgetReached => "budget-reached",
            Self::WorkerPaused => "worker-paused",
            Self::WorkerResumed => "worker-resumed",
            Self::WebhookDisabled => "webhook-disabled",
            Self::WebhookEnabled => "webhook-enabled",
            Self::WebhookGaveUp => "webhook-gave-up",
        }
    }

    /// The kind of a name; none of one that another version of the program wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// Something an operator would want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When; set by the store.
    pub at: i64,
    /// The name of its kind.
    pub kind: String,
    /// About what.
    pub subject: String,
    /// A sentence.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_was_written() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(EventKind::from_name("swapped"), None);
    }
}
