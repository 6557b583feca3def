//! The clients of both APIs, and the calls that are made through them.

use liner::model::{
    Answer, Anthropic, Api, BatchApi, BatchRequest, BatchResult, BatchState, Failure, ModelProvider, OpenAi,
    OpenAiDialect, Prices, RouteSettings, Submitted,
};
use liner::music::Prompt;
use liner::secret::Secret;
use liner_tests::KEY;
use std::time::Duration;

use futures_util::StreamExt;

/// The models that the recordings are of, and what a million tokens of them cost here.
const PRICES: [(&str, &[&str]); 3] = [
    (
        "1/5/0.1/1.25",
        &[
            "claude-3-opus",
            "claude-fable-5",
            "claude-haiku-4-5",
            "claude-haiku-5-5",
            "claude-opus-4-6",
            "claude-sonnet-4-5",
            "claude-sonnet-4-6",
        ],
    ),
    ("2/8/0.5", &["gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-oss"]),
    ("0/0", &["qwen3", "meta-llama/Llama-3.2-1B-Instruct"]),
];

fn prices() -> Prices {
    let entries = PRICES.iter().flat_map(|(price, models)| models.iter().map(move |model| format!("{model}={price}")));
    let groq = "openai/gpt-oss-120b=2/8".to_owned();
    Prices::from_text(&entries.chain([groq]).collect::<Vec<_>>().join(",")).unwrap()
}

/// An API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Anthropic,
    OpenAi,
}

impl Wire {
    pub const BOTH: [Self; 2] = [Self::Anthropic, Self::OpenAi];

    /// Where a prompt is posted to.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Anthropic => "POST /v1/messages",
            Self::OpenAi => "POST /v1/chat/completions",
        }
    }
}

/// A call of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Send,
    CountTokens,
    Submit,
    State,
    Results,
    Cancel,
}

/// What came of a call.
#[derive(Debug)]
pub enum Came {
    Reply(Answer),
    Tokens(i64),
    Submitted(Submitted),
    State(Option<BatchState>),
    Results(Vec<(String, BatchResult)>),
    Cancelled,
}

/// A client of either API.
pub enum Client {
    Anthropic(Anthropic),
    OpenAi(OpenAi),
}

impl Client {
    /// A client of a server below a path that asks for a model.
    pub fn of(wire: Wire, url: &str, model: &str) -> Self {
        Self::within(Duration::from_secs(20), wire, url, model)
    }

    /// As [`Client::of`], with so much time for a request.
    pub fn within(timeout: Duration, wire: Wire, url: &str, model: &str) -> Self {
        let api = match wire {
            Wire::Anthropic => Api::Anthropic { version: Anthropic::VERSIONS[0] },
            Wire::OpenAi => Api::OpenAi(OpenAiDialect::default()),
        };
        let settings = RouteSettings {
            api,
            key: Some(Secret::new(KEY.to_owned())),
            base_url: url.parse().unwrap(),
            model: model.to_owned(),
            timeout,
            prices: prices(),
            logs_bodies: false,
        };
        match wire {
            Wire::Anthropic => Self::Anthropic(Anthropic::new(&settings, Anthropic::VERSIONS[0]).unwrap()),
            Wire::OpenAi => Self::OpenAi(OpenAi::new(&settings, OpenAiDialect::default()).unwrap()),
        }
    }

    pub fn provider(&self) -> &dyn ModelProvider {
        match self {
            Self::Anthropic(provider) => provider,
            Self::OpenAi(provider) => provider,
        }
    }

    pub fn batches(&self) -> &dyn BatchApi {
        self.provider().batches().unwrap()
    }

    pub async fn make(&self, call: Call) -> Result<Came, Failure> {
        Ok(match call {
            Call::Send => Came::Reply(self.provider().send(&prompt()).await?),
            Call::CountTokens => match self {
                Self::Anthropic(provider) => Came::Tokens(provider.count_tokens(&prompt()).await?.unwrap()),
                Self::OpenAi(_) => panic!("that API does not count tokens"),
            },
            Call::Submit => Came::Submitted(self.batches().submit(&[request("0"), request("1")]).await?),
            Call::State => Came::State(self.batches().state("batch_1").await?),
            Call::Results => {
                let results: Vec<_> = self.batches().results("batch_1").await?.collect().await;
                Came::Results(results.into_iter().collect::<Result<_, _>>()?)
            }
            Call::Cancel => {
                self.batches().cancel("batch_1").await?;
                Came::Cancelled
            }
        })
    }
}

/// A question.
pub fn prompt() -> Prompt {
    let response_schema = Some(r#"{"type":"object"}"#.to_owned());
    Prompt { user: "Which song is t0?".to_owned(), response_schema, max_output_tokens: 900, ..Prompt::default() }
}

pub fn request(custom_id: &str) -> BatchRequest {
    BatchRequest { custom_id: custom_id.to_owned(), prompt: prompt() }
}
