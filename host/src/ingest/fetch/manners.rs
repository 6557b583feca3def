//! How often strangers are asked, and when they are left alone.
//!
//! Turns go by site, for one server stands behind all names of one: what is below bandcamp.com has one turn an interval
//! together. Rests go by origin, for a name that nobody answers for, or a page on a shared host that wants a rest of a
//! day, says nothing about its neighbours.

use super::Fault;
use crate::music::site;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use url::{Origin, Url};

/// How long an origin rests that cannot be reached; twice as long each time that it still cannot.
const FIRST_REST: Duration = Duration::from_secs(60);
/// Until it rests so long.
const LONGEST_SILENCE: Duration = Duration::from_secs(3_600);
/// The longest that an origin may wish to be left alone.
const LONGEST_WISH: Duration = Duration::from_secs(86_400);
/// How long an origin rests that is asked too often and does not say for how long.
const DEFAULT_WISH: Duration = Duration::from_secs(60);
/// How many sites, and how many resting origins, are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// Turns and rests.
pub(super) struct Manners {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When a site may be asked next.
    turns: HashMap<String, Instant>,
    rests: HashMap<Origin, Rest>,
}

struct Rest {
    until: Instant,
    reason: String,
    /// How often in a row it could not be reached.
    failures: u32,
}

impl Manners {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, state: Mutex::default() }
    }

    /// Waits until it is this URL's turn, unless that is past `latest`.
    pub(super) async fn turn(&self, url: &Url, latest: Instant) -> Result<(), Fault> {
        let at = self.reserve(url, latest)?;
        sleep_until(at).await;
        // Whoever had the turn before may have been told to leave it alone.
        self.state().rested(&url.origin())
    }

    /// Takes a turn at once, of whoever just had one of the same site and reads on there: whoever comes later waits for it.
    /// Its visitor does not, who would wait behind all others once more for the rest of what was asked already.
    pub(super) fn follow(&self, url: &Url) -> Result<(), Fault> {
        let mut state = self.state();
        state.rested(&url.origin())?;
        state.take(site_of(url), self.interval);
        Ok(())
    }

    fn reserve(&self, url: &Url, latest: Instant) -> Result<Instant, Fault> {
        let (mut state, site) = (self.state(), site_of(url));
        state.rested(&url.origin())?;
        let at = state.next(site);
        if at > latest {
            let reason = "others wait for the same site".to_owned();
            return Err(Fault::Busy { wait: at - Instant::now(), reason });
        }
        Ok(state.take(site, self.interval))
    }

    /// An origin answered.
    pub(super) fn answered(&self, url: &Url) {
        let mut state = self.state();
        let origin = url.origin();
        // A rest that began while this answer was under way stays.
        if state.rests.get(&origin).is_some_and(|rest| rest.until <= Instant::now()) {
            state.rests.remove(&origin);
        }
    }

    /// An origin wishes to be left alone.
    pub(super) fn wished(&self, url: &Url, wait: Duration, reason: &str) {
        let rest = Rest { until: Instant::now() + wait.min(LONGEST_WISH), reason: reason.to_owned(), failures: 0 };
        self.state().rest(url.origin(), rest);
    }

    /// An origin cannot be reached.
    pub(super) fn silent(&self, url: &Url, reason: &str) {
        let (mut state, origin, now) = (self.state(), url.origin(), Instant::now());
        let before = match state.rests.get(&origin) {
            // Several were under way: it failed once.
            Some(rest) if rest.until > now => return,
            Some(rest) if now < rest.until + LONGEST_SILENCE => rest.failures,
            _ => 0,
        };
        let wait = FIRST_REST.saturating_mul(2u32.saturating_pow(before)).min(LONGEST_SILENCE);
        let reason = format!("it could not be reached: {reason}");
        state.rest(origin, Rest { until: now + wait, reason, failures: before.saturating_add(1) });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rested(&self, origin: &Origin) -> Result<(), Fault> {
        let now = Instant::now();
        match self.rests.get(origin) {
            Some(rest) if rest.until > now => Err(Fault::Busy { wait: rest.until - now, reason: rest.reason.clone() }),
            _ => Ok(()),
        }
    }

    fn next(&self, site: &str) -> Instant {
        let now = Instant::now();
        self.turns.get(site).map_or(now, |next| now.max(*next))
    }

    fn take(&mut self, site: &str, interval: Duration) -> Instant {
        let at = self.next(site);
        make_room(&mut self.turns, |next| *next);
        self.turns.insert(site.to_owned(), at + interval);
        at
    }

    fn rest(&mut self, origin: Origin, rest: Rest) {
        make_room(&mut self.rests, |rest| rest.until);
        self.rests.insert(origin, rest);
    }
}

/// Forgets what is over, and if all of it goes on, what is over first.
fn make_room<K: Hash + Eq + Clone, V>(entries: &mut HashMap<K, V>, until: impl Fn(&V) -> Instant) {
    if entries.len() < MAX_REMEMBERED {
        return;
    }
    let now = Instant::now();
    entries.retain(|_, entry| until(entry) > now);
    if entries.len() >= MAX_REMEMBERED {
        let first = entries.iter().min_by_key(|(_, entry)| until(entry)).map(|(key, _)| key.clone());
        first.and_then(|key| entries.remove(&key));
    }
}

fn site_of(url: &Url) -> &str {
    site(url).unwrap_or_default()
}

/// Whether two URLs are asked of one server.
pub(super) fn is_same_site(one: &Url, other: &Url) -> bool {
    site_of(one) == site_of(other)
}

/// How long an answer wishes to be left alone: at least a second, at most a day. One that has no time for anybody may say
/// nothing of it; one that is asked too often means it.
pub(super) fn wish(status: u16, headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?.trim()));
    let wish = match status {
        429 => Some(said.unwrap_or(DEFAULT_WISH)),
        503 => said,
        _ => None,
    };
    wish.map(|wait| wait.clamp(Duration::from_secs(1), LONGEST_WISH))
}

fn retry_after(text: &str) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(LONGEST_WISH, Duration::from_secs));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(until.duration_since(jiff::Timestamp::now()).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    const SECOND: Duration = Duration::from_secs(1);

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn wait_of(told: Result<(), Fault>) -> Duration {
        match told {
            Err(Fault::Busy { wait, .. }) => wait,
            other => panic!("{other:?}"),
        }
    }

    async fn turn(manners: &Manners, text: &str) -> Result<(), Fault> {
        manners.turn(&url(text), Instant::now() + 30 * SECOND).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_has_a_turn_a_second_and_another_site_turns_of_its_own() {
        let manners = Manners::new(SECOND);
        let began = Instant::now();
        for (text, at) in [
            ("https://a.example/1", 0),
            ("https://b.test/1", 0),
            ("https://a.example/2", 1),
            ("http://www.a.example/3", 2),
            ("https://b.test/2", 2),
        ] {
            turn(&manners, text).await.unwrap();
            assert_eq!(began.elapsed(), at * SECOND, "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn callers_wait_in_line_up_to_a_bound_and_are_told_how_long_past_it() {
        let manners = Manners::new(SECOND);
        let began = Instant::now();
        let turns: Vec<_> = (0..33).map(|_| turn(&manners, "https://a.example/")).collect();
        let told = futures_util::future::join_all(turns).await;
        assert!(told[..31].iter().all(Result::is_ok) && began.elapsed() == 30 * SECOND);
        for told in &told[31..] {
            assert_eq!(wait_of(told.clone()), 31 * SECOND);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_redirect_within_the_site_is_followed_at_once_and_others_wait_for_it() {
        let manners = Manners::new(SECOND);
        let began = Instant::now();
        turn(&manners, "http://a.example/").await.unwrap();
        manners.follow(&url("https://www.a.example/")).unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
        turn(&manners, "https://a.example/2").await.unwrap();
        assert_eq!(began.elapsed(), 2 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn an_origin_that_wishes_it_is_left_alone_and_its_neighbours_are_not() {
        let manners = Manners::new(SECOND);
        let one = url("https://a.example/x");
        manners.wished(&one, 120 * SECOND, "it asks for it");
        assert_eq!(wait_of(turn(&manners, "https://a.example/y").await), 120 * SECOND);
        assert_eq!(wait_of(manners.follow(&one)), 120 * SECOND);
        turn(&manners, "https://b.a.example/").await.unwrap();
        // An answer that was under way does not end it.
        manners.answered(&one);
        tokio::time::advance(119 * SECOND).await;
        assert_eq!(wait_of(turn(&manners, "https://a.example/y").await), SECOND);
        tokio::time::advance(SECOND).await;
        turn(&manners, "https://a.example/y").await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waited_while_a_rest_began_is_told_of_it() {
        let manners = Manners::new(SECOND);
        turn(&manners, "https://a.example/").await.unwrap();
        let waits = turn(&manners, "https://a.example/");
        let wishes = async {
            tokio::time::sleep(SECOND / 2).await;
            manners.wished(&url("https://a.example/"), 60 * SECOND, "it asks for it");
        };
        let (told, ()) = tokio::join!(waits, wishes);
        assert_eq!(wait_of(told), Duration::from_millis(59_500));
    }

    #[tokio::test(start_paused = true)]
    async fn an_origin_that_cannot_be_reached_rests_twice_as_long_each_time_up_to_an_hour() {
        let manners = Manners::new(SECOND);
        let origin = url("https://a.example/");
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            manners.silent(&origin, "no connection");
            // Others that were under way fail with it.
            manners.silent(&origin, "no connection");
            let told = manners.follow(&origin);
            assert!(told.as_ref().unwrap_err().to_string().contains("no connection"), "{told:?}");
            assert_eq!(wait_of(told), 60 * minutes * SECOND);
            tokio::time::advance(60 * minutes * SECOND).await;
            manners.follow(&origin).unwrap();
        }
        manners.answered(&origin);
        manners.silent(&origin, "no connection");
        assert_eq!(wait_of(manners.follow(&origin)), 60 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_the_longest_rests_are_kept() {
        let manners = Manners::new(SECOND);
        for at in 0..12_000 {
            let url = url(&format!("https://a{at}.example/"));
            manners.wished(&url, Duration::from_secs(3_600 - (at % 2) * 1_800), "it asks for it");
            manners.follow(&self::url(&format!("https://b{at}.test/"))).unwrap();
        }
        let state = manners.state();
        assert_eq!((state.rests.len(), state.turns.len()), (MAX_REMEMBERED, MAX_REMEMBERED));
        assert!(state.rested(&url("https://a0.example/").origin()).is_err());
    }

    #[test]
    fn a_site_is_what_one_server_stands_behind() {
        for (text, expected) in [
            ("https://artist.bandcamp.com/album/x", "bandcamp.com"),
            ("http://bandcamp.com./", "bandcamp.com"),
            ("https://music.shop.co.uk/", "shop.co.uk"),
            ("https://youtu.be/x", "youtu.be"),
            ("https://a.b.soundcloud.com:8443/", "soundcloud.com"),
            ("http://printer/", "printer"),
            ("http://8.8.8.8/", "8.8.8.8"),
            ("http://[2606:4700::1]/", "[2606:4700::1]"),
        ] {
            assert_eq!(site_of(&url(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_wish_is_in_seconds_or_until_a_date_and_at_most_a_day() {
        let wish = |status, value: Option<&str>| {
            let value = value.map(|value| (RETRY_AFTER, HeaderValue::from_str(value).unwrap()));
            wish(status, &value.into_iter().collect())
        };
        assert_eq!(wish(429, Some("7")), Some(7 * SECOND));
        assert_eq!(wish(503, Some(" 7 ")), Some(7 * SECOND));
        assert_eq!(wish(429, Some("0")), Some(SECOND));
        assert_eq!(wish(429, Some("99999999999999999999999")), Some(LONGEST_WISH));
        assert_eq!(wish(429, Some("Tue, 31 Dec 2999 23:59:59 GMT")), Some(LONGEST_WISH));
        assert_eq!(wish(503, Some("Wed, 21 Oct 2015 07:28:00 GMT")), Some(SECOND));
        for none in [None, Some("soon"), Some(""), Some("-1"), Some("1e9")] {
            assert_eq!(wish(429, none), Some(DEFAULT_WISH), "{none:?}");
            assert_eq!(wish(503, none), None, "{none:?}");
        }
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(90);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
        assert!(wish(503, Some(&date)).is_some_and(|wait| (80..=90).contains(&wait.as_secs())));
        assert_eq!(wish(200, Some("7")), None);
    }
}
