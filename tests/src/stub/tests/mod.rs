//! What hosts are tested against is itself held to the recorded exchanges.

mod batches;
mod messages;
mod openai;

use super::StubModel;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

struct Caller {
    client: reqwest::Client,
    url: String,
}

struct Said {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Caller {
    fn of(stub: &StubModel) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut version = HeaderMap::new();
        version.insert("anthropic-version", "2026-10-21".parse().unwrap());
        let client = reqwest::Client::builder().no_proxy().default_headers(version).build().unwrap();
        Self { client, url: stub.url.clone() }
    }

    async fn sent(request: reqwest::RequestBuilder) -> Result<Said, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Said { status, headers, text: response.text().await? })
    }

    async fn get(&self, path: &str) -> Said {
        Self::sent(self.client.get(format!("{}{path}", self.url))).await.unwrap()
    }

    async fn try_post(&self, path: &str, body: &Value) -> Result<Said, reqwest::Error> {
        Self::sent(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Said {
        self.try_post(path, body).await.unwrap()
    }

    async fn submit(&self, custom_ids: &[&str]) -> Said {
        let requests: Vec<Value> =
            custom_ids.iter().map(|id| json!({"custom_id": id, "params": question("Tracks")})).collect();
        self.post("/v1/messages/batches", &json!({"requests": requests})).await
    }

    async fn upload(&self, lines: &str) -> Said {
        let body = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--cut\r\nContent-Disposition: \
             form-data; name=\"file\"; filename=\"b.jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n{lines}\r\n--cut--\r\n"
        );
        let request = self.client.post(format!("{}/v1/files", self.url)).body(body);
        Self::sent(request.header("content-type", "multipart/form-data; boundary=cut")).await.unwrap()
    }

    async fn submit_file(&self, lines: &str) -> Value {
        let file = self.upload(lines).await.json();
        let body = json!({"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"});
        self.post("/v1/batches", &body).await.json()
    }
}

fn question(system: &str) -> Value {
    let system = json!([{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]);
    let user = "Tracks, one JSON object a line:\n{\"id\":\"t0\"}\n{\"id\":\"t1\"}\n";
    json!({
        "model": "claude-haiku-5-5", "max_tokens": 1_000, "system": system,
        "messages": [{"role": "user", "content": user}]
    })
}

fn line(custom_id: &str, user: &str) -> String {
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": user}]});
    json!({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}).to_string()
}
