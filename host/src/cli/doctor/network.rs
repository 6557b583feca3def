//! The world outside: where pages and channels are read from has a name that leads somewhere, and whom the settings want to be
//! told may be told.

use super::finding::Finding;
use crate::config::Config;
use crate::ingest::channels::Channel;
use crate::ingest::fetch::shown_url;
use std::sync::Arc;
use tokio::net::lookup_host;

const CHECK: &str = "pages";
const WEBHOOK: &str = "webhook";

/// Whom most links lead to; looked up where no feed says another name.
const WELL_KNOWN: &str = "www.youtube.com";

/// Looks names up; nobody is connected to.
pub async fn look(config: Arc<Config>) -> Vec<Finding> {
    let feeds = hosts(&config);
    if !config.fetch.enabled && feeds.is_empty() {
        return vec![Finding::ok(CHECK, "none are read, as LINER_FETCH is false")];
    }
    let names = if feeds.is_empty() { vec![(WELL_KNOWN.to_owned(), 443)] } else { feeds };
    let mut findings = Vec::new();
    for (name, port) in &names {
        if let Err(error) = lookup_host((name.as_str(), *port)).await {
            let message = format!("the name {name} leads nowhere: {error}");
            let advice = "see whether this machine has a network and a DNS server; without one, LINER_FETCH=false and \
                          links with og_title";
            findings.push(Finding::warn(CHECK, message, advice));
        }
    }
    if findings.is_empty() {
        let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        findings.push(Finding::ok(CHECK, format!("names are found: {}", names.join(", "))));
    }
    findings
}

/// Looks whether the endpoint of the settings may be sent to; `liner webhooks test ID` sends something.
pub async fn webhook(config: Arc<Config>) -> Vec<Finding> {
    let Some(webhook) = &config.notify.webhook else {
        return vec![Finding::ok(WEBHOOK, "the settings name nobody who is told (WEBHOOK_URL)")];
    };
    let url = shown_url(&webhook.url);
    vec![match config.notify.refusal() {
        None => Finding::ok(WEBHOOK, format!("{url} is told, and messages are signed")),
        Some(reason) => {
            let message = format!("WEBHOOK_URL is {url}, which nothing is sent to: {reason}");
            Finding::fail(WEBHOOK, message, "set WEBHOOK_ALLOW, if that is meant; `liner serve` does not start before")
        }
    }]
}

/// Where the feeds are that are synced by themselves.
fn hosts(config: &Config) -> Vec<(String, u16)> {
    let host = |channel: &Channel| match channel {
        Channel::Feed(url) => Some((url.host_str()?.to_owned(), url.port_or_known_default()?)),
        Channel::Farcaster(_) => None,
    };
    config.sync.channels.iter().filter_map(host).collect()
}
