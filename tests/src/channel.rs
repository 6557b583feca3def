//! Channels that tests post in, and whoever reads them: over HTTP, or within the test's own process.

use async_trait::async_trait;
use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use liner::ingest::fetch::{Answer, Fault, Fetch, FetchError, Fetched, Request, Sink, Validators};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use url::Url;

/// A Farcaster channel as Neynar's API tells it.
pub struct FarcasterChannel {
    most: usize,
    /// With the times they were made, the newest first.
    casts: Mutex<Vec<(i64, Value)>>,
}

impl FarcasterChannel {
    /// An empty one, told in pages of so many casts at most.
    #[must_use]
    pub fn paged(most: usize) -> Self {
        Self { most, casts: Mutex::default() }
    }

    /// Posts a text with links at a time.
    pub fn cast(&self, hash: &str, at: i64, text: &str, embeds: &[&str], likes: u64) {
        let timestamp = jiff::Timestamp::from_millisecond(at).unwrap();
        let embeds: Vec<Value> = embeds
            .iter()
            .map(|url| json!({"url": url, "metadata": {"_status": "RESOLVED", "content_type": "text/html", "content_length": null}}))
            .chain([json!({"cast_id": {"fid": 3, "hash": "0x71d5225f77e0164388b1d4c120825f3a2c1f131c"},
                           "cast": {"object": "cast_embedded", "embeds": [{"url": "https://youtu.be/notofours00"}]}})])
            .collect();
        let cast = json!({
            "object": "cast", "hash": hash, "parent_hash": null, "parent_url": "https://warpcast.com/~/channel/music",
            "root_parent_url": "https://warpcast.com/~/channel/music", "parent_author": {"fid": null},
            "author": {"object": "user", "fid": 19960, "username": "ada", "display_name": "Ada", "follower_count": 12,
                       "profile": {"bio": {"text": "hears https://youtu.be/ofaprofile0"}}, "power_badge": false},
            "text": text, "timestamp": timestamp.to_string(), "embeds": embeds, "mentioned_profiles": [],
            "thread_hash": hash, "channel": {"object": "channel_dehydrated", "id": "music", "name": "Music"},
            "reactions": {"likes_count": likes, "recasts_count": 0, "likes": [{"fid": 3, "fname": "dwr"}], "recasts": []},
            "replies": {"count": 0},
        });
        let mut casts = self.casts.lock().unwrap();
        casts.push((at, cast));
        casts.sort_by_key(|(at, _)| -at);
    }

    /// What a request is answered with.
    #[must_use]
    pub fn answer(&self, url: &Url) -> String {
        let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        assert_eq!((url.path(), query("channel_ids").as_deref()), ("/v2/farcaster/feed/channels/", Some("music")));
        let limit = query("limit").unwrap().parse::<usize>().unwrap().min(self.most);
        let before = query("cursor").map_or(i64::MAX, |cursor| cursor.parse().unwrap());
        let casts = self.casts.lock().unwrap();
        let older: Vec<_> = casts.iter().filter(|(at, _)| *at < before).collect();
        let page = &older[..older.len().min(limit)];
        let next = page.last().filter(|_| older.len() > page.len()).map(|(at, _)| at.to_string());
        json!({"casts": page.iter().map(|(_, cast)| cast).collect::<Vec<_>>(), "next": {"cursor": next}}).to_string()
    }
}

/// A header's name and its value.
type Key = (&'static str, String);
type FetchScript = dyn Fn(usize, &Url) -> Result<String, Fault> + Send + Sync;

/// A client that reads what a script says.
pub struct ScriptedFetch {
    script: Box<FetchScript>,
    requests: Mutex<Vec<(Url, Option<Key>)>>,
}

impl ScriptedFetch {
    /// One whose script is told how many requests came before. Where it answers that nothing comes in no time, nothing
    /// does.
    pub fn new(script: impl Fn(usize, &Url) -> Result<String, Fault> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), requests: Mutex::default() })
    }

    /// What was asked for so far, with which keys.
    #[must_use]
    pub fn requests(&self) -> Vec<(Url, Option<Key>)> {
        self.requests.lock().unwrap().clone()
    }
}

#[async_trait]
impl Fetch for ScriptedFetch {
    async fn fetch(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let before = {
            let mut requests = self.requests.lock().unwrap();
            requests.push((request.url.clone(), request.key.map(|(name, key)| (name, key.expose().to_owned()))));
            requests.len() - 1
        };
        match (self.script)(before, request.url) {
            Ok(body) => {
                sink.begin(None);
                sink.push(body.as_bytes());
                let url = request.url.clone();
                Ok(Fetched::Body(Answer { url, validators: Validators::default(), cut: false }))
            }
            Err(Fault::Timeout(never)) if never.is_zero() => std::future::pending().await,
            Err(fault) => {
                let mut url = request.url.clone();
                url.set_query(None);
                Err(FetchError { url: url.into(), fault })
            }
        }
    }
}

type ServerScript = dyn Fn(&Url) -> (u16, String) + Send + Sync;

/// Feeds on a local port.
pub struct StubFeeds {
    served: Arc<Served>,
    /// Where it listens.
    pub url: String,
}

struct Served {
    url: Url,
    script: Box<ServerScript>,
    visits: Mutex<Vec<(Url, HeaderMap)>>,
}

impl StubFeeds {
    /// A server that answers by a script.
    pub async fn serving(script: impl Fn(&Url) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = Served { url: url.parse().unwrap(), script: Box::new(script), visits: Mutex::default() };
        let served = Arc::new(served);
        let app = Router::new().fallback(answer).with_state(served.clone());
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { served, url }
    }

    /// What was asked for so far.
    #[must_use]
    pub fn visits(&self) -> Vec<(Url, HeaderMap)> {
        self.served.visits.lock().unwrap().clone()
    }
}

async fn answer(State(served): State<Arc<Served>>, request: HttpRequest) -> Response {
    let url = served.url.join(&request.uri().to_string()).unwrap();
    served.visits.lock().unwrap().push((url.clone(), request.headers().clone()));
    let (status, body) = (served.script)(&url);
    let kind = if body.starts_with('{') { "application/json" } else { "application/rss+xml" };
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body).into_response()
}
