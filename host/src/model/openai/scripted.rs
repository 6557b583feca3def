//! A server that answers by a script, on a local port.

use super::OpenAi;
use crate::model::{Api, OpenAiDialect, Prices, RouteSettings};
use crate::secret::Secret;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use url::Url;

/// A request that was received.
#[derive(Clone)]
pub struct Seen {
    /// Method, path and query.
    pub line: String,
    pub authorization: Option<String>,
    pub body: String,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<(u16, String)>>,
    seen: Mutex<Vec<Seen>>,
}

/// A server that gives one response after the other.
pub struct Scripted {
    shared: Arc<Shared>,
    url: Url,
}

impl Scripted {
    pub async fn answering(responses: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self::sending(responses.into_iter().map(|(status, body)| (status, body.to_string()))).await
    }

    pub async fn sending(responses: impl IntoIterator<Item = (u16, String)>) -> Self {
        let script = Mutex::new(responses.into_iter().collect());
        let shared = Arc::new(Shared { script, ..Shared::default() });
        let app = Router::new().fallback(answer).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { shared, url }
    }

    /// A provider that asks it.
    pub fn provider(&self, dialect: OpenAiDialect) -> OpenAi {
        let settings = RouteSettings {
            api: Api::OpenAi(dialect.clone()),
            key: Some(Secret::new("sk-scripted".to_owned())),
            base_url: self.url.clone(),
            model: "acme-1".to_owned(),
            timeout: Duration::from_secs(30),
            prices: Prices::from_text("acme-1=2/8").unwrap(),
            logs_bodies: false,
        };
        OpenAi::new(&settings, dialect).unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The lines of the requests.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let body = String::from_utf8_lossy(&body).into_owned();
    shared.seen.lock().unwrap().push(Seen { line: format!("{method} {uri}"), authorization, body });
    let next = shared.script.lock().unwrap().pop_front();
    let (status, body) = next.unwrap_or((501, "nothing more was expected".to_owned()));
    (StatusCode::from_u16(status).unwrap(), body)
}
