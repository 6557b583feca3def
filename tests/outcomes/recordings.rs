//! What each recording comes to. None was made by this client: what it never asks for, streams and tools, is there too.

use crate::client::Call;
use crate::expected::{Expected, Reply, busy, failed, misconfigured, of_account, rejected, reply, state};
use liner::music::Stop;

/// Where the text of a reply of one block is.
const ONLY: &str = "/content/0/text";
/// Where that of a chat completion is.
const CHOICE: &str = "/choices/0/message/content";

/// Recordings that answer one call, one after the other.
pub struct Case {
    pub files: Vec<&'static str>,
    pub call: Call,
    pub expected: Expected,
    /// Where the last recording's body has the text that the reply must have.
    pub text_at: Option<&'static str>,
}

fn case(call: Call, files: &[&'static str], expected: impl Into<Expected>) -> Case {
    Case { files: files.to_vec(), call, expected: expected.into(), text_at: None }
}

/// A prompt's answer, with the text at a place.
fn says(file: &'static str, place: &'static str, expected: Reply) -> Case {
    Case { text_at: Some(place), ..case(Call::Send, &[file], expected) }
}

fn said(stop: Stop, tokens_in: i64, tokens_out: i64, cost: i64, id: &'static str) -> Reply {
    reply(stop, "").billed(tokens_in, tokens_out, cost).id(id)
}

fn sends(file: &'static str, expected: impl Into<Expected>) -> Case {
    case(Call::Send, &[file], expected)
}

/// All of them.
pub fn cases() -> Vec<Case> {
    [messages(), refused_messages(), message_batches(), completions(), refused_completions(), batches()]
        .into_iter()
        .flatten()
        .collect()
}

fn messages() -> Vec<Case> {
    use Stop::{Complete, Other, Refused, Truncated};
    let plenty =
        |reply: Reply, requests, tokens_in, tokens_out| reply.leaving(requests, Some(tokens_in), Some(tokens_out));
    vec![
        case(Call::CountTokens, &["anthropic_count_tokens.json"], Expected::Tokens(1_114)),
        case(Call::CountTokens, &["anthropic_count_tokens_haiku45.json"], Expected::Tokens(14)),
        says(
            "anthropic_cache_read.json",
            ONLY,
            said(Complete, 1_532, 33, 802, "msg_01KPaKTJSqAKoZri7Ujrny58").cached(1_111, 418),
        ),
        says(
            "anthropic_cache_write.json",
            ONLY,
            said(Complete, 1_114, 406, 2_145, "msg_01UUPT9QdZnZSRzcQJkjG25U").cached(1_111, 0),
        ),
        says(
            "anthropic_json_output_format.json",
            ONLY,
            said(Complete, 371, 629, 3_516, "msg_015rVfxqGkwrrRARo3Uv3C9K"),
        ),
        sends("anthropic_json_tool_haiku45.json", said(Other, 1_151, 87, 1_586, "msg_0191iYfpERYfS27xLsdW2nbb")),
        says(
            "anthropic_max_tokens_truncated.json",
            ONLY,
            said(Truncated, 22, 15, 97, "req_01A5sdFuYR9e3QLNLdpFz2g5").leaving(Some(4), None, None),
        ),
        says("anthropic_parallel_tool_calls.json", ONLY, said(Other, 423, 202, 1_433, "msg_011S3wxtqL5CVescWqS3zeg2")),
        says("anthropic_prompted_json.json", ONLY, said(Complete, 510, 17, 595, "msg_01WiRVmLhCrJbJZRqmAWKv3X")),
        sends("anthropic_refusal_no_details.json", said(Refused, 18, 5, 43, "msg_01RefusalNoDetailsAbcdefghij")),
        says(
            "anthropic_schema_haiku45.json",
            ONLY,
            plenty(said(Complete, 181, 12, 241, "<REQUEST_ID>"), Some(9_999), 10_000_000, 2_000_000),
        ),
        // Streams are never asked for.
        sends("anthropic_stream_schema_opus46.json", failed("not a message of the Messages API")),
        says(
            "anthropic_structured_otel.json",
            ONLY,
            plenty(said(Complete, 222, 39, 417, "req_011CVQtbM68bFJThHxEH4KeC"), None, 2_000_000, 400_000),
        ),
        says(
            "anthropic_structured_output_decimal.json",
            ONLY,
            said(Complete, 222, 10, 272, "msg_01GehnYTFBiQDSeSpRvDa1Mp"),
        ),
        sends(
            "anthropic_structured_with_strict_tool_1.json",
            said(Other, 744, 53, 1_009, "msg_019rGyHBsezdHpboumQHnH4H"),
        ),
        says("anthropic_text.json", ONLY, said(Complete, 20, 10, 70, "msg_01Fg1JVgvCYUHWsxrj9GkpEv")),
        says("anthropic_text_haiku45.json", ONLY, said(Complete, 26, 18, 116, "msg_011Ccmc3JDrLNAjTnX1WNbcp")),
        says("anthropic_text_sonnet45.json", ONLY, said(Complete, 12, 29, 157, "msg_01VdEjxAP5ahtHKrrRdNBteQ")),
        says(
            "anthropic_thinking_first_opus46.json",
            "/content/2/text",
            said(Complete, 31, 30, 181, "msg_01UwaEfFWx4eWMCsjmVZsjaY"),
        ),
        sends("anthropic_tool_output_1.json", said(Other, 445, 23, 560, "msg_012TXW181edhmR5JCsQRsBKx")),
        sends("anthropic_tool_output_2.json", said(Other, 497, 56, 777, "msg_01K4Fzcf1bhiyLzHpwLdrefj")),
        sends(
            "anthropic_tool_use_deep_schema.json",
            plenty(said(Other, 669, 57, 954, "req_011CZo38VY8yqUd8mH92SEhh"), Some(19_998), 19_923_000, 4_000_000),
        ),
    ]
}

fn refused_messages() -> Vec<Case> {
    let unknown = |model| misconfigured("404 not_found_error").and("AI_MODEL").and(model);
    vec![
        sends(
            "anthropic_400_effort_unsupported.json",
            misconfigured("400 invalid_request_error: This model does not support effort level 'xhigh'")
                .and("AI_MODEL"),
        ),
        sends(
            "anthropic_400_invalid_request.json",
            rejected("400 invalid_request_error: messages.0: Input does not match"),
        ),
        sends("anthropic_401_bad_key.json", misconfigured("invalid x-api-key").and("ANTHROPIC_API_KEY")),
        sends("anthropic_404_model.json", unknown("claude-sonet-4-5")),
        case(Call::CountTokens, &["anthropic_404_count_tokens_model.json"], unknown("claude-does-not-exist")),
        sends("anthropic_429_account.json", busy("429 rate_limit_error: This request would exceed", 10..=10)),
        sends("anthropic_429_short.json", busy("429 rate_limit_error: Rate limited", 10..=10)),
        sends(
            "anthropic_429_spend_cap.json",
            of_account("You have reached your API usage limits", 3_600).and("raise the limit"),
        ),
        sends("anthropic_529_overloaded.json", busy("529 overloaded_error: Overloaded", 5..=5)),
    ]
}

fn message_batches() -> Vec<Case> {
    let half = |text, tokens_in, tokens_out, cost, id| {
        Expected::Reply(reply(Stop::Complete, text).billed(tokens_in, tokens_out, cost).id(id))
    };
    let results = vec![
        ("0", half("4", 20, 5, 23, "msg_011CeCHfDwjZ4FNno3HRAaz6")),
        ("1", half("Jupiter", 19, 4, 20, "msg_011CeCHf9hViM26Tw1GDjubT")),
    ];
    let made = Expected::Submitted { id: "msgbatch_01GUqGVJfUzZfBnjRymfPdV3", expires_at: 1_787_237_091_493 };
    vec![
        case(Call::Submit, &["anthropic_batch_create.json"], made),
        case(Call::State, &["anthropic_batch_poll_in_progress.json"], state(false, 0, 0, Some(10))),
        case(Call::State, &["anthropic_batch_ended.json"], state(true, 2, 0, None)),
        case(Call::Results, &["anthropic_batch_results_jsonl.json"], Expected::Results(results)),
        case(
            Call::Results,
            &["anthropic_batch_results_not_ready_404.json"],
            failed("has no results: Message Batch msgbatch_01AHxNhUeZwskhx38tGz1QVj has no available results."),
        ),
        case(Call::Cancel, &["anthropic_batch_cancel.json"], Expected::Cancelled),
    ]
}

fn completions() -> Vec<Case> {
    use Stop::{Complete, Other};
    vec![
        says("groq_native_output.json", CHOICE, said(Complete, 178, 94, 1_108, "chatcmpl-<uuid-stripped>")),
        says("ollama_cloud_prompted.json", CHOICE, said(Complete, 172, 88, 1_048, "chatcmpl-887")),
        says("ollama_local_json_schema.json", CHOICE, said(Complete, 136, 15, 0, "chatcmpl-150")),
        says(
            "openai_chat_json_schema_parse.json",
            CHOICE,
            said(Complete, 127, 93, 998, "req_4a118bfbe6384f4c83b53b51a469603b").leaving(
                Some(9_999),
                Some(29_999_985),
                None,
            ),
        ),
        says(
            "openai_chat_native_output.json",
            CHOICE,
            said(Complete, 92, 15, 304, "chatcmpl-BSXjzYGu67dhTy5r8KmjJvQ4HhDVO"),
        ),
        sends("openai_chat_tool_output.json", said(Other, 68, 12, 232, "chatcmpl-BSXk0dWkG4hfPt0lph4oFO35iT73I")),
        says(
            "openai_temperature_ignored_gpt5.json",
            CHOICE,
            said(Complete, 13, 11, 114, "chatcmpl-C3IW4xlMbxWk92VDDKNyaEJjJrTmh"),
        ),
        says("vllm_chat_llama32.json", CHOICE, said(Complete, 43, 32, 0, "chat-4db07f02ecae49cbafe1d359db1650df")),
        // The server refuses a field, and is asked with the other one at once.
        Case {
            text_at: Some(CHOICE),
            ..case(
                Call::Send,
                &["openai_400_max_tokens_unsupported.json", "openai_temperature_ignored_gpt5.json"],
                said(Complete, 13, 11, 114, "chatcmpl-C3IW4xlMbxWk92VDDKNyaEJjJrTmh"),
            )
        },
    ]
}

fn refused_completions() -> Vec<Case> {
    let both = ["openai_400_max_tokens_unsupported.json", "openai_400_max_tokens_unsupported.json"];
    vec![
        case(Call::Send, &both, misconfigured("400 unsupported_parameter").and("OPENAI_MAX_TOKENS_FIELD")),
        sends("openai_401.json", misconfigured("401 invalid_api_key").and("OPENAI_API_KEY")),
        sends("ollama_cloud_401.json", misconfigured("Unauthorized").and("OPENAI_API_KEY")),
        sends("openai_404_model.json", misconfigured("404 model_not_found").and("gpt-5.2-proo").and("AI_MODEL")),
    ]
}

fn batches() -> Vec<Case> {
    let made = Expected::Submitted { id: "batch_6a85c08a63188190982c56b42faa4ff5", expires_at: 1_787_236_874_000 };
    // These are replies of another API, of which this client makes no batches.
    let no_completion = || failed("not a chat completion").into();
    vec![
        case(Call::Submit, &["openai_batch_file_upload.json", "openai_batch_create.json"], made),
        case(Call::State, &["openai_batch_validating.json"], state(false, 0, 0, None)),
        case(Call::State, &["openai_batch_in_progress.json"], state(false, 0, 0, None)),
        case(Call::State, &["openai_batch_completed.json"], state(true, 2, 0, None)),
        case(Call::Results, &["openai_batch_in_progress.json"], failed("has no results yet: it is in_progress")),
        case(
            Call::Results,
            &["openai_batch_completed.json", "openai_batch_output_file.json"],
            Expected::Results(vec![("0", no_completion()), ("1", no_completion())]),
        ),
    ]
}
