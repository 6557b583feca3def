//! Which models there are, asked from `GET /models`, which nearly all who speak this language answer.

use super::OpenAi;
use crate::model::{Lifecycle, Look};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

/// Looks whether the model is there.
pub async fn look(provider: &OpenAi) -> Look {
    let read = match provider.client.get("/models", HeaderMap::new()).await {
        Ok(read) => read,
        Err(failure) => return Look::failed(failure.error),
    };
    let model = match read.status {
        status if status.is_success() => Ok(listed(&provider.model, &read.body)),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(Lifecycle::Unsaid),
        _ => Err(provider.refused(&read).error),
    };
    Look::of(&read, model)
}

fn listed(model: &str, body: &[u8]) -> Lifecycle {
    let Ok(models) = serde_json::from_slice::<Models>(body) else { return Lifecycle::Unsaid };
    // Ollama calls `llama3` by the name of its newest version.
    let is_it = |id: &str| id == model || id.strip_prefix(model) == Some(":latest");
    if models.data.iter().any(|listed| is_it(&listed.id)) { Lifecycle::Offered } else { Lifecycle::Unlisted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_there_when_the_list_has_it() {
        let body = br#"{"object": "list", "data": [{"id": "llama3:latest"}, {"id": "qwen3:8b"}]}"#;
        assert_eq!(listed("llama3", body), Lifecycle::Offered);
        assert_eq!(listed("qwen3:8b", body), Lifecycle::Offered);
        assert_eq!(listed("qwen3", body), Lifecycle::Unlisted);
        assert_eq!(listed("qwen3", b"<html>"), Lifecycle::Unsaid);
    }
}
