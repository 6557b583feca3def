//! Recorded exchanges, and a server that replays them.

use crate::client::Wire;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What belongs to the connection that was recorded, or to the form in which the body was sent on it.
const OF_THE_CONNECTION: [&str; 6] =
    ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

/// The folder of the recordings, if it lies beside this project.
pub fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/recorded");
    folder.exists().then_some(folder)
}

/// The recordings in it.
pub fn listing(folder: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "INDEX.json").collect()
}

/// An exchange as it was recorded.
#[derive(Clone)]
pub struct Recording {
    name: String,
    exchange: Value,
}

impl Recording {
    pub fn read(folder: &Path, name: &str) -> Self {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        Self { name: name.to_owned(), exchange: serde_json::from_str(&text).unwrap() }
    }

    pub fn wire(&self) -> Wire {
        if self.name.starts_with("anthropic_") { Wire::Anthropic } else { Wire::OpenAi }
    }

    /// A text of the response's body.
    pub fn text_at(&self, pointer: &str) -> String {
        self.exchange["response"]["body"].pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
    }

    /// The model that was asked, as far as the recording says.
    pub fn model(&self) -> &str {
        let said = ["/request/body/model", "/response/body/model"].map(|place| self.exchange.pointer(place));
        said.into_iter().flatten().find_map(Value::as_str).unwrap_or("claude-haiku-5-5")
    }

    /// The method and the path that were asked for, where the request was recorded.
    fn line(&self) -> Option<String> {
        let request = &self.exchange["request"];
        let uri: Uri = request["uri"].as_str()?.parse().unwrap();
        Some(format!("{} {}", request["method"].as_str()?.to_uppercase(), uri.path()))
    }

    /// The path that the API lies below.
    pub fn base(&self) -> String {
        let line = self.line().unwrap_or_default();
        let path = line.split_once(' ').map_or("", |(_, path)| path);
        match self.wire() {
            Wire::Anthropic => String::new(),
            Wire::OpenAi => path.strip_suffix("/chat/completions").unwrap_or("/v1").to_owned(),
        }
    }

    fn body(&self) -> String {
        let response = &self.exchange["response"];
        response["body_text"].as_str().map_or_else(|| response["body"].to_string(), str::to_owned)
    }

    fn response(&self) -> Response {
        let recorded = &self.exchange["response"];
        let headers = recorded["headers"].as_object().unwrap();
        let body = self.body();
        let is_chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
        let body = if is_chunked { in_chunks(&body) } else { Body::from(body) };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(recorded["status"].as_u64().unwrap().try_into().unwrap()).unwrap();
        for (name, value) in headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(&name.as_str())) {
            let value = HeaderValue::from_str(value.as_str().unwrap()).unwrap();
            response.headers_mut().append(name.parse::<HeaderName>().unwrap(), value);
        }
        response
    }
}

fn in_chunks(body: &str) -> Body {
    let chunks: Vec<_> =
        body.as_bytes().chunks(1_000).map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk))).collect();
    Body::from_stream(stream::iter(chunks))
}

/// A server that answers with one recording after the other.
pub struct Replay {
    shared: Arc<Shared>,
    pub url: String,
}

struct Shared {
    left: Mutex<VecDeque<Recording>>,
    amiss: Mutex<Vec<String>>,
}

impl Replay {
    pub async fn of(recordings: &[Recording]) -> Self {
        let left = Mutex::new(recordings.iter().cloned().collect());
        let shared = Arc::new(Shared { left, amiss: Mutex::default() });
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), recordings[0].base());
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { shared, url }
    }

    /// What was asked otherwise than it was recorded, or not at all.
    pub fn amiss(&self) -> Vec<String> {
        let left = self.shared.left.lock().unwrap();
        let unasked = left.iter().map(|recording| format!("{} was not asked for", recording.name));
        self.shared.amiss.lock().unwrap().iter().cloned().chain(unasked).collect()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, method: Method, uri: Uri) -> Response {
    // What a model can do is asked before it is asked anything, and was recorded of none.
    if uri.path().starts_with("/v1/models/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asked = format!("{method} {}", uri.path());
    let Some(recording) = shared.left.lock().unwrap().pop_front() else {
        shared.amiss.lock().unwrap().push(format!("{asked} was more than was recorded"));
        return StatusCode::NOT_IMPLEMENTED.into_response();
    };
    if let Some(line) = recording.line().filter(|line| !is_same(line, &asked)) {
        shared.amiss.lock().unwrap().push(format!("{asked} was asked where {line} was recorded"));
    }
    recording.response()
}

/// Whether two requests are of one route: the ids of batches and files differ.
fn is_same(recorded: &str, asked: &str) -> bool {
    let is_id = |part: &str| ["msgbatch_", "batch_", "file-"].iter().any(|kind| part.starts_with(kind));
    let route =
        |line: &str| line.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect::<Vec<_>>().join("/");
    route(recorded) == route(asked)
}
