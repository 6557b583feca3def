//! Reading from servers of strangers, against servers that do what strangers may do: every address that is none of theirs,
//! every way to lead there, and every way to cost more than a page is worth.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bodies;
mod headers;
mod names;
mod peace;
mod redirects;
mod where_to;

use liner::ingest::fetch::{Accept, Appetite, Client, Fault, Fetch, FetchError, FetchSettings, Fetched, Request, Sink};
use names::Names;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What was read.
#[derive(Debug, Default)]
struct Cup {
    content_type: Option<String>,
    bytes: Vec<u8>,
    /// What is wanted of it.
    enough: Option<usize>,
    /// From its beginning on, time passes when nothing else happens.
    pauses: bool,
}

impl Sink for Cup {
    fn begin(&mut self, content_type: Option<&str>) {
        self.content_type = content_type.map(str::to_owned);
        if self.pauses {
            tokio::time::pause();
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Appetite {
        self.bytes.extend_from_slice(bytes);
        if self.enough.is_some_and(|enough| self.bytes.len() >= enough) { Appetite::Enough } else { Appetite::More }
    }
}

/// Without pauses between requests, and with `allowed` hosts.
fn settings(allowed: &str) -> FetchSettings {
    FetchSettings { allowed: allowed.parse().unwrap(), interval: Duration::ZERO, ..FetchSettings::default() }
}

/// A client that may read from this host, and knows no name.
fn here() -> Client {
    knowing(&Arc::new(Names::default()))
}

/// A client that may read from this host and from the names that end in `.here.example`.
fn knowing(names: &Arc<Names>) -> Client {
    Client::with_resolver(&settings("127.0.0.1,*.here.example"), names.clone()).unwrap()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

async fn page(client: &Client, text: &str) -> (Result<Fetched, FetchError>, Cup) {
    read(client, text, Accept::Page).await
}

async fn read(client: &Client, text: &str, accept: Accept) -> (Result<Fetched, FetchError>, Cup) {
    let mut cup = Cup::default();
    let fetched = client.fetch(&Request::of(&url(text), accept), &mut cup).await;
    (fetched, cup)
}

/// Why a page cannot be had.
async fn refused(client: &Client, text: &str) -> Fault {
    page(client, text).await.0.unwrap_err().fault
}

/// The text of a page, whole.
async fn whole(client: &Client, text: &str) -> String {
    let (fetched, cup) = page(client, text).await;
    let Fetched::Body(answer) = fetched.unwrap() else { panic!("unchanged") };
    assert!(!answer.cut);
    String::from_utf8(cup.bytes).unwrap()
}
