//! The database: it answers, its tables are of this version, this role may use them, and its clock is ours.

use super::finding::Finding;
use crate::config::Config;
use crate::store::{Address, Inspection, Server, StoreError, inspect};
use jiff::Timestamp;
use std::sync::Arc;

const CHECK: &str = "database";
const CLOCK: &str = "clock";

/// The oldest server that liner is tested on.
const TESTED: i32 = 15;
/// Milliseconds that a clock may be off before it is said, and before it does harm.
const OFF: i64 = 10_000;
const FAR_OFF: i64 = 300_000;

/// Looks at the database.
pub async fn look(config: Arc<Config>) -> Vec<Finding> {
    let address = config.database.to_string();
    let asked = Timestamp::now();
    match inspect(&config.database, &config.database_terms).await {
        Ok(found) => {
            let mut findings = vec![schema(&address, &found)];
            if let Some(server) = &found.server {
                findings.extend(rights(&address, &found, server));
                findings.extend(age(server));
                findings.extend(connections(&config, server));
                findings.push(clock("the database", server.clock, asked, Timestamp::now()));
            }
            findings
        }
        Err(error) => vec![Finding::fail(CHECK, error.to_string(), advice(&config.database, &error))],
    }
}

fn schema(address: &str, found: &Inspection) -> Finding {
    let known = found.known;
    match found.migration {
        None => Finding::ok(CHECK, format!("{address} is not there yet; the first start makes it")),
        Some(0) => Finding::ok(CHECK, format!("{address} has no tables yet; the first start makes them")),
        Some(migration) if migration == known => Finding::ok(CHECK, format!("{address} answers, at migration {known}")),
        Some(migration) if migration > known => {
            let message = format!("{address} is newer than this liner: migration {migration}, known here are {known}");
            Finding::fail(CHECK, message, "use a newer liner")
        }
        Some(migration) => {
            let message = format!("{address} is older than this liner: migration {migration} of {known}");
            Finding::warn(CHECK, message, "the next start brings it up to date, for good: make a copy first")
        }
    }
}

fn rights(address: &str, found: &Inspection, server: &Server) -> Option<Finding> {
    if server.is_read_only {
        let advice = "point DATABASE_URL at the server that is written to";
        return Some(Finding::fail(CHECK, format!("{address} only reads: it is a standby, or set so"), advice));
    }
    if !server.lacking.is_empty() {
        let message = format!("this role may not {} in {address}", server.lacking.join(", "));
        return Some(Finding::fail(CHECK, message, "grant it that, as docs/postgres.md says"));
    }
    let is_behind = found.migration.is_some_and(|migration| migration < found.known);
    (is_behind && !server.may_create).then(|| {
        let message = format!("the tables of {address} have to be made or changed, and this role may not");
        Finding::fail(CHECK, message, "run `liner migrate` with the role that owns them")
    })
}

fn age(server: &Server) -> Option<Finding> {
    (server.major < TESTED).then(|| {
        let message = format!("PostgreSQL {} is older than what liner is tested on", server.version);
        Finding::warn(CHECK, message, format!("update it to {TESTED} or later"))
    })
}

fn connections(config: &Config, server: &Server) -> Option<Finding> {
    let wanted = config.database_terms.connections;
    let has = u32::try_from(server.connections).unwrap_or(0);
    (wanted > has).then(|| {
        let message = format!("the server takes {has} connections, and one host wants {wanted}");
        Finding::fail(CHECK, message, "raise max_connections, or lower LINER_DATABASE_CONNECTIONS")
    })
}

/// Compares somebody's clock with this machine's, which was looked at before and after.
pub fn clock(whose: &str, theirs: i64, before: Timestamp, after: Timestamp) -> Finding {
    let (before, after) = (before.as_millisecond(), after.as_millisecond());
    let off = if theirs > after { theirs - after } else { (before - theirs).max(0) };
    let way = if theirs > after { "behind" } else { "ahead of" };
    let message = format!("this machine's clock is {} s {way} that of {whose}", off / 1_000);
    let advice = "set it, and keep it set: NTP, chrony or systemd-timesyncd";
    match off {
        ..OFF => Finding::ok(CLOCK, format!("as that of {whose}")),
        OFF..FAR_OFF => Finding::warn(CLOCK, message, advice),
        _ => Finding::fail(CLOCK, message, advice),
    }
}

fn advice(address: &Address, error: &StoreError) -> &'static str {
    match (address, error) {
        (Address::Postgres(_), StoreError::Unreachable { .. }) => {
            "see whether the server runs and lets this machine in, and whether DATABASE_URL is right"
        }
        (Address::Postgres(_), _) => "see docs/postgres.md, and the server's log",
        (Address::Sqlite(_), _) => "put a copy back (docs/operations.md), or point DATABASE_URL elsewhere",
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_clock_is_right_that_is_within_the_time_it_took_to_ask() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let level = |theirs| clock("the database", theirs, at(1_000_000), at(1_004_000)).level;
        assert_eq!((level(990_001), level(1_013_999)), (Level::Ok, Level::Ok));
        assert_eq!((level(990_000), level(1_014_000)), (Level::Warn, Level::Warn));
        assert_eq!((level(700_000), level(1_304_000)), (Level::Fail, Level::Fail));
        let said = clock("the provider", 2_000_000, at(1_000_000), at(1_000_000)).message;
        assert_eq!(said, "this machine's clock is 1000 s behind that of the provider");
    }

    #[test]
    fn tables_of_another_version_are_said() {
        let level = |migration| schema("db", &Inspection { migration, known: 5, server: None }).level;
        assert_eq!([level(None), level(Some(0)), level(Some(5))], [Level::Ok; 3]);
        assert_eq!((level(Some(4)), level(Some(6))), (Level::Warn, Level::Fail));
    }
}
