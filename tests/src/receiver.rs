//! A receiver of webhooks on this machine, which checks every signature by itself.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What a receiver answers.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    after: Duration,
    hangs: bool,
    /// Opened when it may be given.
    gate: Option<watch::Receiver<bool>>,
}

impl Reply {
    /// A status, at once.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), after: Duration::ZERO, hangs: false, gate: None }
    }

    /// Nothing, for as long as anybody waits.
    #[must_use]
    pub fn nothing() -> Self {
        Self { hangs: true, ..Self::status(200) }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, once a gate is open.
    #[must_use]
    pub fn behind(self, gate: watch::Receiver<bool>) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// The same after a while.
    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

/// A message that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// The type that its body names.
    pub kind: String,
    /// Its body.
    pub body: Value,
    /// What it says about what happened.
    pub data: Value,
    /// How many of its signatures are good.
    pub good: usize,
    /// How many it has.
    pub signatures: usize,
}

struct Shared {
    secrets: Mutex<Vec<String>>,
    received: Mutex<Vec<Received>>,
    replies: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Reply>,
}

/// A receiver.
pub struct Receiver {
    /// Its address.
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    /// What messages to receivers are signed with, unless a test says otherwise.
    pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// One that is glad of everything.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=hidden-token", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            secrets: Mutex::new(vec![Self::SECRET.to_owned()]),
            received: Mutex::default(),
            replies: Mutex::default(),
            otherwise: Mutex::new(Reply::status(204)),
        });
        let app = Router::new().fallback(receive).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// Knows another secret besides.
    pub fn learn(&self, secret: &str) {
        self.shared.secrets.lock().unwrap().push(secret.to_owned());
    }

    /// Answers the next messages so, one each.
    pub fn answer_next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.replies.lock().unwrap().extend(replies);
    }

    /// Answers all others so from now on.
    pub fn answer(&self, reply: Reply) {
        *self.shared.otherwise.lock().unwrap() = reply;
    }

    /// What came so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// What came of a type.
    #[must_use]
    pub fn of(&self, kind: &str) -> Vec<Received> {
        self.received().into_iter().filter(|message| message.kind == kind).collect()
    }

    /// The first so many of a type, once they came.
    pub async fn first_of(&self, kind: &str, most: usize) -> Vec<Received> {
        crate::eventually(kind, || async {
            let came = self.of(kind);
            (came.len() >= most).then_some(came)
        })
        .await
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (id, timestamp, signature) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let text = String::from_utf8(body.to_vec()).unwrap();
    let is_fresh = timestamp.parse::<i64>().is_ok_and(|at| (jiff::Timestamp::now().as_second() - at).abs() < 300);
    let expected: Vec<String> =
        shared.secrets.lock().unwrap().iter().map(|secret| sign(secret, &format!("{id}.{timestamp}.{text}"))).collect();
    let signatures: Vec<&str> = signature.split(' ').collect();
    let good = signatures.iter().filter(|signature| is_fresh && expected.iter().any(|good| good == *signature)).count();
    let parsed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(header("content-type"), "application/json");
    shared.received.lock().unwrap().push(Received {
        id,
        kind: parsed["type"].as_str().unwrap_or_default().to_owned(),
        data: parsed["data"].clone(),
        body: parsed,
        good,
        signatures: signatures.len(),
    });
    let next = shared.replies.lock().unwrap().pop_front();
    let reply = next.unwrap_or_else(|| shared.otherwise.lock().unwrap().clone());
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    if let Some(mut gate) = reply.gate {
        gate.wait_for(|is_open| *is_open).await.unwrap();
    }
    tokio::time::sleep(reply.after).await;
    let response = Response::builder().status(reply.status);
    let response = reply.headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
    response.body(Body::empty()).unwrap()
}

fn sign(secret: &str, text: &str) -> String {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
