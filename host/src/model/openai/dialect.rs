//! How a server wants to be asked. What the operator does not say is found out: a server that does not know a field says so
//! with a 400, which costs nothing, and is asked again without it.

use super::error::Detail;
use crate::model::{MaxTokens, OpenAiDialect, ResponseFormat};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use url::{Host, Url};

/// How a prompt is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What names the most output tokens.
    pub max_tokens: MaxTokens,
    /// What binds a reply to a schema.
    pub format: ResponseFormat,
}

/// What a server does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A field that names the most output tokens.
    MaxTokens(MaxTokens),
    /// A way to bind a reply.
    Format,
    /// `reasoning_effort`.
    Effort,
}

impl Form {
    /// What is tried first. OpenAI's newer models insist on the newer field; few others know it.
    pub fn first(dialect: &OpenAiDialect, base_url: &Url) -> Self {
        let is_openai = base_url.host() == Some(Host::Domain("api.openai.com"));
        let usual = if is_openai { MaxTokens::MaxCompletionTokens } else { MaxTokens::MaxTokens };
        Self {
            max_tokens: dialect.max_tokens.unwrap_or(usual),
            format: dialect.format.unwrap_or(ResponseFormat::JsonSchema),
        }
    }

    /// What is tried instead of it, where the operator leaves that open.
    pub fn without(self, refused: Refused, dialect: &OpenAiDialect) -> Option<Self> {
        match refused {
            Refused::MaxTokens(field) if dialect.max_tokens.is_none() && field == self.max_tokens => {
                Some(Self { max_tokens: field.other(), ..self })
            }
            Refused::Format if dialect.format.is_none() => Some(Self { format: next(self.format)?, ..self }),
            _ => None,
        }
    }
}

const fn next(format: ResponseFormat) -> Option<ResponseFormat> {
    match format {
        ResponseFormat::JsonSchema => Some(ResponseFormat::JsonObject),
        ResponseFormat::JsonObject => Some(ResponseFormat::Prompt),
        ResponseFormat::Prompt => None,
    }
}

impl MaxTokens {
    /// As a request writes it.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::MaxTokens => Self::MaxCompletionTokens,
            Self::MaxCompletionTokens => Self::MaxTokens,
        }
    }
}

impl Refused {
    /// The setting that decides it.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::MaxTokens(_) => "OPENAI_MAX_TOKENS_FIELD",
            Self::Format => "OPENAI_RESPONSE_FORMAT",
            Self::Effort => "OPENAI_REASONING_EFFORT",
        }
    }

    /// What an error says is not known, if it says that of a field that may be left out.
    pub fn by(error: &Detail) -> Option<Self> {
        let said = error.said.to_lowercase();
        let code = error.code.as_deref().unwrap_or_default();
        let is_unknown = CODES.contains(&code) || WORDS.iter().any(|words| said.contains(words));
        // A schema that breaks the server's rules is another matter: the way to bind a reply is known.
        if !is_unknown || said.contains("invalid schema") {
            return None;
        }
        let param = error.param.as_deref().unwrap_or_default();
        let by_param = FIELDS.iter().find(|(name, _)| param.starts_with(name));
        let by_words = || {
            let named = FIELDS.iter().filter_map(|field| Some((said.find(field.0)?, field)));
            named.min_by_key(|(at, _)| *at).map(|(_, field)| field)
        };
        by_param.or_else(by_words).map(|(_, refused)| *refused)
    }
}

/// Codes of errors about what is not known.
const CODES: [&str; 3] = ["unsupported_parameter", "unsupported_value", "unknown_parameter"];
/// Words of such errors. The last is how LM Studio lists the types that it knows.
const WORDS: [&str; 8] = [
    "not support",
    "unsupported",
    "unavailable",
    "not permitted",
    "not allowed",
    "unrecognized",
    "unknown",
    "response_format.type",
];
/// How errors name what may be left out.
const FIELDS: [(&str, Refused); 7] = [
    ("max_tokens", Refused::MaxTokens(MaxTokens::MaxTokens)),
    ("max_completion_tokens", Refused::MaxTokens(MaxTokens::MaxCompletionTokens)),
    ("response_format", Refused::Format),
    ("response format", Refused::Format),
    ("json_schema", Refused::Format),
    ("json_object", Refused::Format),
    ("reasoning_effort", Refused::Effort),
];

/// What was found out of one server.
#[derive(Default)]
pub struct Learned {
    forms: Mutex<HashMap<String, Form>>,
    has_no_batches: AtomicBool,
}

impl Learned {
    /// How a model wants to be asked, if it did not take what was tried first.
    pub fn form(&self, model: &str) -> Option<Form> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }

    /// Keeps how a model wants to be asked.
    pub fn keep(&self, model: &str, form: Form) {
        tracing::debug!(model, ?form, "the model did not take what it was sent, and is asked otherwise from now on");
        self.forms.lock().unwrap_or_else(PoisonError::into_inner).insert(model.to_owned(), form);
    }

    /// Whether the server answered that it has no batch API.
    pub fn has_no_batches(&self) -> bool {
        self.has_no_batches.load(Ordering::Relaxed)
    }

    /// Keeps that it has none.
    pub fn keep_no_batches(&self) {
        self.has_no_batches.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(param: Option<&str>, code: Option<&str>, said: &str) -> Detail {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Detail { said: said.to_owned(), param: owned(param), code: owned(code), ..Detail::default() }
    }

    fn refused(said: &str) -> Option<Refused> {
        Refused::by(&error(None, None, said))
    }

    #[test]
    fn openai_is_asked_with_the_newer_field_and_others_with_the_one_they_all_know() {
        let first = |url: &str, dialect: &OpenAiDialect| Form::first(dialect, &url.parse().unwrap()).max_tokens;
        let open = OpenAiDialect::default();
        assert_eq!(first("https://api.openai.com/v1", &open), MaxTokens::MaxCompletionTokens);
        assert_eq!(first("http://localhost:11434/v1", &open), MaxTokens::MaxTokens);
        assert_eq!(first("https://api.openai.com.example/v1", &open), MaxTokens::MaxTokens);
        let said = OpenAiDialect { max_tokens: Some(MaxTokens::MaxTokens), ..open };
        assert_eq!(first("https://api.openai.com/v1", &said), MaxTokens::MaxTokens);
    }

    #[test]
    fn a_refused_field_gives_way_to_the_other_unless_the_operator_said_which() {
        let open = OpenAiDialect::default();
        let form = Form { max_tokens: MaxTokens::MaxTokens, format: ResponseFormat::JsonSchema };
        let refused = Refused::MaxTokens(MaxTokens::MaxTokens);
        assert_eq!(
            form.without(refused, &open),
            Some(Form { max_tokens: MaxTokens::MaxCompletionTokens, ..form }),
            "the format stays"
        );
        assert_eq!(form.without(Refused::MaxTokens(MaxTokens::MaxCompletionTokens), &open), None, "it was not sent");
        let said = OpenAiDialect { max_tokens: Some(MaxTokens::MaxTokens), ..open };
        assert_eq!(form.without(refused, &said), None);
    }

    #[test]
    fn a_way_to_bind_a_reply_gives_way_to_the_next_weaker_one_down_to_the_prompt() {
        let open = OpenAiDialect::default();
        let mut form = Form { max_tokens: MaxTokens::MaxTokens, format: ResponseFormat::JsonSchema };
        for weaker in [ResponseFormat::JsonObject, ResponseFormat::Prompt] {
            form = form.without(Refused::Format, &open).unwrap();
            assert_eq!(form.format, weaker);
        }
        assert_eq!(form.without(Refused::Format, &open), None);
        let said = OpenAiDialect { format: Some(ResponseFormat::JsonSchema), ..open };
        assert_eq!(Form { format: ResponseFormat::JsonSchema, ..form }.without(Refused::Format, &said), None);
    }

    #[test]
    fn servers_say_in_many_words_what_they_do_not_know() {
        let newer = Refused::MaxTokens(MaxTokens::MaxCompletionTokens);
        let older = Refused::MaxTokens(MaxTokens::MaxTokens);
        for (said, what) in [
            ("'max_tokens' is not supported here. Use 'max_completion_tokens' instead.", older),
            ("body.max_completion_tokens: Extra inputs are not permitted", newer),
            ("Unrecognized request argument supplied: max_completion_tokens", newer),
            ("This model does not support response format `json_schema`.", Refused::Format),
            ("This response_format type is unavailable now", Refused::Format),
            ("'response_format.type' must be 'json_schema' or 'text'", Refused::Format),
            ("Unknown name: reasoning_effort", Refused::Effort),
        ] {
            assert_eq!(refused(said), Some(what), "{said}");
        }
        let by_param = error(Some("max_tokens"), Some("unsupported_parameter"), "Try the other one.");
        assert_eq!(Refused::by(&by_param), Some(older));
    }

    #[test]
    fn what_is_wrong_with_a_field_that_is_known_is_another_error() {
        for said in [
            "max_tokens is too large: 90000. This model has at most 16384 completion tokens.",
            "Invalid schema for response_format 'reply': 'oneOf' is not permitted.",
            "'temperature' is not supported with this model.",
        ] {
            assert_eq!(refused(said), None, "{said}");
        }
    }

    #[test]
    fn what_was_found_out_is_kept_for_each_model() {
        let learned = Learned::default();
        let form = Form { max_tokens: MaxTokens::MaxTokens, format: ResponseFormat::Prompt };
        learned.keep("a", form);
        assert_eq!((learned.form("a"), learned.form("b")), (Some(form), None));
    }
}
