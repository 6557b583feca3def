//! Between the domain's types and the contract's. Names come in as the library keeps them, and a date that is none does not;
//! nothing else is judged here: the bounds are `limits.rs`.

use super::bindings::exports::liner::extractor::strategy as wit_strategy;
use super::bindings::liner::extractor::types as wit;
use crate::music::{
    Description, Extraction, MusicType, Origin, Outcome, Prompt, Reply, Step, Stop, Track, is_release_date, name,
    storable,
};

/// A track as a strategy sees it, with what an earlier one believed.
pub fn track_out(track: &Track, hint: Option<&Extraction>) -> wit::Track {
    wit::Track {
        platform_name: track.key.platform_name.clone(),
        platform_id: track.key.platform_id.clone(),
        url: track.url.clone(),
        og_title: track.og_title.clone(),
        og_artist: track.og_artist.clone(),
        og_description: track.og_description.clone(),
        og_metadata: track.og_metadata.clone(),
        shared_text: track.shared_text.clone(),
        hint: hint.map(extraction_out),
    }
}

fn extraction_out(extraction: &Extraction) -> wit::Extraction {
    wit::Extraction {
        title: extraction.title.clone(),
        artist: extraction.artist.clone(),
        album: extraction.album.clone(),
        genres: extraction.genres.clone(),
        release_date: extraction.release_date.clone(),
        music_type: match extraction.music_type {
            MusicType::Song => wit::MusicType::Song,
            MusicType::Album => wit::MusicType::Album,
            MusicType::Playlist => wit::MusicType::Playlist,
            MusicType::Artist => wit::MusicType::Artist,
        },
        confidence: extraction.confidence,
        origins: extraction
            .origins
            .iter()
            .map(|(field, origin)| wit::FieldOrigin {
                // The contract's names have dashes, the library's have not.
                field: field.replace('_', "-"),
                origin: match origin {
                    Origin::Page => wit::Origin::Page,
                    Origin::Text => wit::Origin::Text,
                    Origin::Rules => wit::Origin::Rules,
                    Origin::Model => wit::Origin::Model,
                },
            })
            .collect(),
    }
}

fn extraction_in(extraction: wit::Extraction) -> Extraction {
    Extraction {
        title: name(&extraction.title),
        artist: some_name(extraction.artist),
        album: some_name(extraction.album),
        genres: extraction.genres.into_iter().filter_map(|genre| some_name(Some(genre))).collect(),
        release_date: extraction.release_date.filter(|date| is_release_date(date)),
        music_type: match extraction.music_type {
            wit::MusicType::Song => MusicType::Song,
            wit::MusicType::Album => MusicType::Album,
            wit::MusicType::Playlist => MusicType::Playlist,
            wit::MusicType::Artist => MusicType::Artist,
        },
        confidence: extraction.confidence,
        origins: extraction
            .origins
            .into_iter()
            .map(|known| {
                let origin = match known.origin {
                    wit::Origin::Page => Origin::Page,
                    wit::Origin::Text => Origin::Text,
                    wit::Origin::Rules => Origin::Rules,
                    wit::Origin::Model => Origin::Model,
                };
                (storable(known.field).replace('-', "_"), origin)
            })
            .collect(),
    }
}

/// A name that is nothing but what cannot be seen is none.
fn some_name(text: Option<String>) -> Option<String> {
    text.map(|text| name(&text)).filter(|name| !name.is_empty())
}

fn outcome_in(outcome: wit::Outcome) -> Outcome {
    match outcome {
        wit::Outcome::Extracted(extraction) => Outcome::Extracted(extraction_in(extraction)),
        wit::Outcome::NoMusic(reason) => Outcome::NoMusic(storable(reason)),
        wit::Outcome::Failed(reason) => Outcome::Failed(storable(reason)),
    }
}

/// A prompt on its way back to the strategy that asked it.
pub fn prompt_out(prompt: &Prompt) -> wit::Prompt {
    wit::Prompt {
        tag: prompt.tag.clone(),
        indexes: prompt.indexes.clone(),
        system: prompt.system.clone(),
        user: prompt.user.clone(),
        response_schema: prompt.response_schema.clone(),
        max_output_tokens: prompt.max_output_tokens,
    }
}

fn prompt_in(prompt: wit::Prompt) -> Prompt {
    Prompt {
        tag: storable(prompt.tag),
        indexes: prompt.indexes,
        system: storable(prompt.system),
        user: storable(prompt.user),
        response_schema: prompt.response_schema.map(storable),
        max_output_tokens: prompt.max_output_tokens,
    }
}

/// A reply on its way to a strategy.
pub fn reply_out(reply: &Reply) -> wit::Reply {
    wit::Reply {
        text: reply.text.clone(),
        stop: match reply.stop {
            Stop::Complete => wit::Stop::Complete,
            Stop::Truncated => wit::Stop::Truncated,
            Stop::Refused => wit::Stop::Refused,
            Stop::Other => wit::Stop::Other,
        },
        model: reply.model.clone(),
    }
}

/// A step as a strategy answered it.
pub fn step_in(step: wit_strategy::Step) -> Step {
    Step {
        decisions: step.decisions.into_iter().map(|d| (d.index, outcome_in(d.outcome))).collect(),
        hints: step.hints.into_iter().map(|belief| (belief.index, extraction_in(belief.extraction))).collect(),
        prompts: step.prompts.into_iter().map(prompt_in).collect(),
    }
}

/// What a strategy says of itself.
pub fn description_in(description: wit_strategy::Description) -> Description {
    Description {
        name: description.name,
        version: description.version,
        summary: description.summary,
        asks_model: description.asks_model,
        config_schema: description.config_schema,
        default_config: description.default_config,
    }
}

/// A strategy's own error, as a sentence.
pub fn error_text(error: &wit::Error) -> String {
    match error {
        wit::Error::InvalidConfig(text) => storable(format!("its configuration does not fit: {text}")),
        wit::Error::Internal(text) => storable(text.clone()),
        wit::Error::Other(text) => text.clone().map(storable).unwrap_or_else(|| "it gave no reason".to_owned()),
    }
}
