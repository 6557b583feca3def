//! The providers: each can be reached, takes its key, has its model and will have it for a while, and what it costs is known.
//! Nothing is asked that is paid for.

use super::database::clock;
use super::finding::Finding;
use crate::cli::open;
use crate::config::Config;
use crate::model::{Gateway, Lifecycle, Look, ModelProvider, Route, retirement};
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

const CHECK: &str = "provider";
const MODEL: &str = "model";
const PRICES: &str = "prices";

/// What stays when a model goes.
const SUCCESSOR: &str = "set AI_MODEL, or the entry of AI_FALLBACK, to a model that stays, such as claude-haiku-5-5";

/// Looks at a provider, by its place in the order in which they are asked.
pub async fn look(config: Arc<Config>, place: usize) -> Vec<Finding> {
    if let Some(lack) = &config.model.absent {
        return vec![absent(lack)];
    }
    let gateway = match open::gateway(&config) {
        Ok(gateway) => gateway,
        Err(error) => return vec![Finding::fail(CHECK, format!("{error:#}"), "see what is said before")],
    };
    let Some(route) = gateway.routes().get(place) else { return Vec::new() };
    let (asked, provider) = (Timestamp::now(), route.provider());
    let mut findings = match provider.look().await {
        Some(look) => looked(provider, &look, asked),
        None => Vec::new(),
    };
    findings.push(prices(&gateway, route));
    findings
}

fn absent(lack: &str) -> Finding {
    if lack.starts_with("AI_PROVIDER") {
        return Finding::ok(CHECK, format!("none is asked, as {lack}"));
    }
    let message = format!("no model is asked: {lack}; rules decide what they can, and the rest waits");
    Finding::warn(CHECK, message, "set it, or AI_PROVIDER=none if that is meant")
}

fn looked(provider: &dyn ModelProvider, look: &Look, asked: Timestamp) -> Vec<Finding> {
    let (name, model, origin) = (provider.name(), provider.model(), provider.origin());
    let today = asked.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut findings = match &look.model {
        Ok(lifecycle) => {
            vec![Finding::ok(CHECK, format!("{name} at {origin} answers")), stays(model, lifecycle, today)]
        }
        Err(error) => {
            // What could not be asked may be known.
            let known = retirement(model).map(|day| stays(model, &Lifecycle::Retires(day), today));
            let advice = "until that is mended, tracks wait that the rules cannot decide";
            let failed =
                Finding::fail(CHECK, format!("{name} at {origin} does not answer for {model}: {error}"), advice);
            std::iter::once(failed).chain(known).collect()
        }
    };
    findings.extend(look.at.map(|at| clock("the provider", at.as_millisecond(), asked, Timestamp::now())));
    findings
}

fn stays(model: &str, lifecycle: &Lifecycle, today: Date) -> Finding {
    match lifecycle {
        Lifecycle::Offered => Finding::ok(MODEL, format!("{model} is offered, and no end of it is known")),
        Lifecycle::Unsaid => {
            Finding::ok(MODEL, format!("{model}: the provider does not say more, and no end is known"))
        }
        Lifecycle::Retires(day) if *day <= today => {
            Finding::fail(MODEL, format!("{model} was retired on {day}"), SUCCESSOR)
        }
        Lifecycle::Retires(day) => Finding::warn(MODEL, format!("{model} retires on {day}"), SUCCESSOR),
        Lifecycle::Ending(state) if state == "retired" => {
            Finding::fail(MODEL, format!("{model} was retired"), SUCCESSOR)
        }
        Lifecycle::Ending(state) => Finding::warn(MODEL, format!("{model} is {state}"), SUCCESSOR),
        Lifecycle::Unlisted => Finding::warn(
            MODEL,
            format!("{model} is not in the provider's list of models"),
            "see whether AI_MODEL is spelt as it is there; a proxy may know it all the same",
        ),
    }
}

fn prices(gateway: &Gateway, route: &Route) -> Finding {
    let model = route.provider().model();
    let advice = format!("set AI_PRICES={model}=IN/OUT, in dollars per million tokens");
    match (route.provider().price(), gateway.lack(route)) {
        (Some(_), _) => Finding::ok(PRICES, format!("{model}'s are known")),
        (None, Some(lack)) => Finding::fail(PRICES, lack, advice),
        (None, None) => Finding::warn(PRICES, format!("{model}'s are not known, and so not what it costs"), advice),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_model_fails_on_the_day_that_it_is_retired_and_is_a_warning_until_then() {
        let on = |day| stays("m", &Lifecycle::Retires(date(2026, 11, 30)), day).level;
        assert_eq!((on(date(2026, 11, 29)), on(date(2026, 11, 30))), (Level::Warn, Level::Fail));
    }
}
