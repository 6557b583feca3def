//! The stub as a program of its own: prints where it listens, and answers until it is stopped.
//!
//! `model-stub [--port N] [--key KEY] [--ends-at-poll N] [--reasoning]`. A question that says `stub:529` is answered with
//! that status, live or in a batch; every other one well. Unknown models are refused.

use axum::Json;
use axum::response::{IntoResponse, Response};
use liner_tests::{Behaviour, Refusal, StubModel, message_about, user_text};
use serde_json::Value;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let (mut behaviour, mut port) = (Behaviour::default().script(answer).checking(), 0);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
        match argument.as_str() {
            "--port" => port = value().parse().expect("--port needs a number"),
            "--key" => behaviour = behaviour.key(&value()),
            "--ends-at-poll" => {
                behaviour = behaviour.ending_at_poll(value().parse().expect("--ends-at-poll needs a number"));
            }
            "--reasoning" => behaviour = behaviour.reasoning(),
            _ => panic!("{argument} is none of --port, --key, --ends-at-poll and --reasoning"),
        }
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is taken");
    let stub = StubModel::listening(listener, behaviour);
    println!("{}", stub.url);
    tokio::signal::ctrl_c().await.expect("signals cannot be waited for");
}

fn answer(_: usize, question: &Value) -> Response {
    let text = user_text(question);
    let status = text.split_once("stub:").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    match status {
        Some(429) => Refusal::of_status(429).retry_after(1).into_response(),
        Some(status) => Refusal::of_status(status).into_response(),
        None => Json(message_about(question)).into_response(),
    }
}
