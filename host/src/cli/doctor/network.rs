//! The world outside, as far as pages and channels are read from it: names lead somewhere.

use super::finding::Finding;
use crate::config::Config;
use crate::ingest::channels::Channel;
use std::sync::Arc;
use tokio::net::lookup_host;

const CHECK: &str = "pages";

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

/// Where the feeds are that are synced by themselves.
fn hosts(config: &Config) -> Vec<(String, u16)> {
    let host = |channel: &Channel| match channel {
        Channel::Feed(url) => Some((url.host_str()?.to_owned(), url.port_or_known_default()?)),
        Channel::Farcaster(_) => None,
    };
    config.sync.channels.iter().filter_map(host).collect()
}
