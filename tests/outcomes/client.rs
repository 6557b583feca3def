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

/// Dollars a million tokens, for whatever model the recordings are of.
const PRICES: &str = "claude=1/5/0.1/1.25,gpt=2/8/0.5,openai/gpt=2/8,qwen3=0/0,meta-llama=0/0";

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
            prices: Prices::from_text(PRICES).unwrap(),
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
