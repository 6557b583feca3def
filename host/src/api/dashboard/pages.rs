//! Pages that cannot be had: which and why, and another try for one or for all of them.

use super::ask::Ask;
use super::failed::{Meant, Which, every, retry_one};
use super::failure::Failure;
use super::frame::{Frame, Here, Visit, saying};
use super::{link, written};
use crate::api::problem::Problem;
use crate::api::{self, Api};
use crate::store::UnreadPage;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Redirect;
use maud::{Markup, html};
use std::sync::Arc;

/// Pages that are shown.
const SHOWN: u32 = 100;

/// The newest of them.
pub async fn page(State(api): State<Arc<Api>>, visit: Visit) -> Result<Markup, Failure> {
    let unread = api.store().unread_pages(SHOWN).await?;
    let frame = Frame::of(&api, visit, Here::Failed).await;
    let retry_all = Ask {
        label: "Read all again",
        of: "",
        question: "Every page that could not be had is asked for again, politely: each site one page at a time.",
        action: "/pages/retry",
        does: "Read all of them again",
        is_grave: false,
    };
    Ok(frame.page(
        "Pages that cannot be had",
        &html! {
            h1 { "Pages that cannot be had" }
            p.lead {
                "A link that came without what its page says waits for it. The newest " (SHOWN) " whose page could not be read; "
                a href="/failed" { "failed tracks" } " are another matter."
            }
            section #pages data-live aria-label="Pages that cannot be had" {
                header { p.quiet {} div.actions { @if !unread.is_empty() { (retry_all.with(&frame, &every())) } } }
                (frame.sign_in_instead())
                @if unread.is_empty() { p.nothing { "Every page that was asked for could be had." } }
                ul.rows { @for page in &unread { (row(&frame, page)) } }
            }
        },
    ))
}

fn row(frame: &Frame, page: &UnreadPage) -> Markup {
    let name = page.url.as_deref().unwrap_or(&page.key.platform_id);
    html! {
        li {
            div.what {
                p { a href=(link::entry(&page.key)) { strong { (name) } } }
                p.why { (page.failure) }
                p.quiet {
                    (page.key.platform_name) ", " (written::counted(page.attempts, "attempt", "attempts"))
                    ", tried " (written::ago(page.tried_at))
                    @if let Some(due) = page.due_at { ", again " (written::ago(due)) }
                }
            }
            div.actions { (frame.control(&retry_one("/pages/retry", &page.key, name))) }
        }
    }
}

/// Lets one be read again, or all.
pub async fn retry(State(api): State<Arc<Api>>, form: Result<Form<Meant>, FormRejection>) -> Result<Redirect, Failure> {
    let Form(meant) = form?;
    let retried = match meant.which()? {
        Which::One(key) => api::pages::read_again(&api, Some(&[key])).await?,
        Which::All => api::pages::read_again(&api, None).await?,
        Which::These { .. } => return Err(Problem::bad_request("pages have no filter").into()),
    };
    Ok(Redirect::to(&saying("/pages", "pages", Some(retried))))
}
