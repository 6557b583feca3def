//! Another endpoint.

use crate::api::Api;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Visit};
use crate::api::dashboard::link::given;
use crate::api::webhooks::{Added, NewEndpoint, added};
use crate::store::EventType;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use maud::{Markup, html};
use std::sync::Arc;

/// The form.
pub fn form() -> Markup {
    html! {
        section.sheet #add aria-labelledby="add-title" {
            h2 #add-title { "Tell somebody else" }
            form.fields method="post" action="/webhooks" {
                label for="url" { "Address" }
                input #url type="url" name="url" required maxlength="2000" autocomplete="off" placeholder="https://example.org/hook" aria-describedby="url-hint";
                p #url-hint .quiet { "A public address. " code { "WEBHOOK_ALLOW" } " lists others that may be sent to." }
                fieldset {
                    legend { "What it hears of" }
                    @for kind in EventType::ALL {
                        label.choice { input type="checkbox" name="event" value=(kind.name()) checked; (kind.name()) }
                    }
                }
                label for="secret" { "Secret (one is made if you leave it out)" }
                input #secret type="password" name="secret" maxlength="200" autocomplete="off" placeholder="whsec_…";
                div.actions { button.main { "Add" } }
            }
        }
    }
}

/// Adds one. A secret that was made is shown in the answer, and nowhere else.
pub async fn add(
    State(api): State<Arc<Api>>,
    visit: Visit,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Markup, Failure> {
    let Form(fields) = form?;
    let told = added(&api, endpoint(fields)).await?;
    let frame = Frame::of(&api, visit, Here::Webhooks).await;
    Ok(secret_told(&frame, "Webhook added", &told))
}

/// What a form describes. Who hears of all that there is now hears of what there will be, too.
fn endpoint(fields: Vec<(String, String)>) -> NewEndpoint {
    let (mut url, mut secret, mut events) = (String::new(), None, Vec::new());
    for (name, value) in fields {
        match name.as_str() {
            "url" => url = value.trim().to_owned(),
            "secret" => secret = given(Some(value)),
            "event" => events.push(value),
            _ => {}
        }
    }
    let is_all = EventType::ALL.iter().all(|kind| events.iter().any(|event| event == kind.name()));
    NewEndpoint { url, secret, events: (!is_all).then_some(events) }
}

/// The page that tells a secret, once.
pub fn secret_told(frame: &Frame, title: &str, told: &Added) -> Markup {
    frame.page(
        title,
        &html! {
            h1 { (title) }
            @if let Some(secret) = &told.secret {
                section.sheet aria-labelledby="secret-title" {
                    h2 #secret-title { "Its secret" }
                    p { "The receiver checks with it that a message comes from here. It is shown now and never again." }
                    pre tabindex="0" { (secret) }
                }
            }
            p { a.button href=(super::path_of(&told.id)) { "Send a test" } }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(events: &[&str]) -> Vec<(String, String)> {
        let url = [("url", " https://a.example/hook "), ("secret", "")].into_iter();
        url.chain(events.iter().map(|event| ("event", *event)))
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn every_box_that_is_ticked_is_everything_and_some_are_some() {
        let all = EventType::ALL.map(EventType::name);
        let every = endpoint(fields(&all));
        assert_eq!((every.url.as_str(), every.secret, every.events), ("https://a.example/hook", None, None));
        assert_eq!(endpoint(fields(&all[..2])).events.map(|events| events.len()), Some(2));
        assert_eq!(endpoint(fields(&[])).events, Some(Vec::new()), "which is refused");
    }
}
