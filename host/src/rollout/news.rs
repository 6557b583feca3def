//! What webhooks are told of a change: that other strategies are active, or former ones again.

use super::Why;
use crate::store::{EventType, News};
use crate::strategy::lineup::{Entry, Lineup};
use serde_json::{Value, json};

/// What is told of a change from a revision to a lineup, if anything is: nobody outside hears of candidates.
pub(super) fn of_change(from: i64, former: &Lineup, next: &Lineup, why: &Why) -> Option<News> {
    let of = if why.cause.is_rollback() {
        EventType::StrategyRolledBack
    } else if former.active != next.active {
        EventType::StrategySwapped
    } else {
        return None;
    };
    let data = json!({
        "cause": why.cause.name(), "by": why.by, "reason": why.reason, "strategies": names(next),
        "former_strategies": names(former), "former_revision": (from > 0).then_some(from),
    });
    Some(News { of, data })
}

fn names(lineup: &Lineup) -> Value {
    let name = |entry: &Entry| json!({"name": entry.name, "digest": entry.digest.as_str()});
    lineup.active.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::store::Cause;
    use crate::strategy::lineup::{Candidate, Role};

    fn entry(name: &str) -> Entry {
        let digest = Digest::of(name.as_bytes());
        Entry { name: name.into(), digest, config: None, allow_wasi: false, bundled: false }
    }

    #[test]
    fn a_swap_and_a_rollback_are_told_and_what_is_only_tried_is_not() {
        let one = Lineup { active: vec![entry("one")], candidates: vec![] };
        let two = Lineup { active: vec![entry("two"), entry("one")], candidates: vec![] };
        let candidate = Candidate { entry: entry("three"), role: Role::Canary { percent: 5 }, position: None };
        let tried = Lineup { candidates: vec![candidate], ..one.clone() };
        let why = |cause| Why { reason: Some("better".into()), ..Why::host(cause) };
        let swapped = of_change(1, &one, &two, &why(Cause::Install)).unwrap();
        assert_eq!((swapped.of, &swapped.data["strategies"][0]["name"]), (EventType::StrategySwapped, &json!("two")));
        assert_eq!((&swapped.data["former_revision"], &swapped.data["reason"]), (&json!(1), &json!("better")));
        assert_eq!(of_change(2, &two, &one, &why(Cause::AutomaticRollback)).unwrap().of, EventType::StrategyRolledBack);
        assert!(of_change(1, &one, &tried, &why(Cause::Canary)).is_none());
        assert!(of_change(0, &Lineup::default(), &one, &why(Cause::Start)).unwrap().data["former_revision"].is_null());
    }
}
