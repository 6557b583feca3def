//! A site on this machine, whose pages a test writes and whose visits it reads.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What a page is answered with.
#[derive(Debug, Clone)]
pub struct Served {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    hangs: bool,
}

impl Served {
    /// A page with a status.
    #[must_use]
    pub fn page(body: impl Into<String>) -> Self {
        let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
        Self { status: 200, headers, body: body.into(), hangs: false }
    }

    /// An answer in JSON.
    #[must_use]
    pub fn json(body: impl Into<String>) -> Self {
        Self { headers: vec![("content-type", "application/json".to_owned())], ..Self::page(body) }
    }

    /// A refusal.
    #[must_use]
    pub fn refusal(status: u16) -> Self {
        Self { status, ..Self::page("<title>no</title>") }
    }

    /// Nothing, for as long as anybody waits.
    #[must_use]
    pub fn nothing() -> Self {
        Self { hangs: true, ..Self::page("") }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A visit of a page.
#[derive(Debug, Clone)]
pub struct SiteVisit {
    /// Its path and query.
    pub path: String,
    /// What was sent along.
    pub headers: HeaderMap,
    /// When.
    pub at: Instant,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Served>>,
    visits: Mutex<Vec<SiteVisit>>,
}

/// A site.
pub struct Site {
    /// Its address, without a path.
    pub url: String,
    shared: Arc<Shared>,
}

impl Site {
    /// An empty one.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let app = Router::new().fallback(serve).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, shared }
    }

    /// Puts a page at a path, with its query if it has one.
    pub fn put(&self, path: &str, served: Served) {
        self.shared.pages.lock().unwrap().insert(path.to_owned(), served);
    }

    /// The link of a path.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Every visit so far.
    #[must_use]
    pub fn visits(&self) -> Vec<SiteVisit> {
        self.shared.visits.lock().unwrap().clone()
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let visit = SiteVisit { path: path.clone(), headers: request.headers().clone(), at: Instant::now() };
    shared.visits.lock().unwrap().push(visit);
    let served = shared.pages.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Served::refusal(404));
    if served.hangs {
        std::future::pending::<()>().await;
    }
    let sent = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let tag = served.headers.iter().find(|(name, _)| *name == "etag").map(|(_, tag)| tag.as_str());
    if tag.is_some() && sent(header::IF_NONE_MATCH) == tag {
        return Response::builder().status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap();
    }
    let response = Response::builder().status(served.status);
    let response = served.headers.iter().fold(response, |response, (name, value)| response.header(*name, value));
    response.body(Body::from(served.body)).unwrap()
}
