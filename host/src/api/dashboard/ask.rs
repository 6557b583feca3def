//! Controls. What cannot be taken back with one click asks once: without a script by unfolding the question, with one in a
//! dialog.

use super::frame::Frame;
use super::link;
use crate::api::auth::Caller;
use maud::{Markup, html};

/// A question before something is done.
pub struct Ask<'a> {
    /// What is to be clicked.
    pub label: &'a str,
    /// What it is done to, for whoever does not see where the control is; nothing where it is clear without.
    pub of: &'a str,
    /// What will happen.
    pub question: &'a str,
    /// Where the form is sent.
    pub action: &'a str,
    /// What the button says that does it.
    pub does: &'a str,
    /// Whether something is lost by it.
    pub is_grave: bool,
}

impl Ask<'_> {
    /// The control, with more fields in its form.
    pub fn with(&self, frame: &Frame, fields: &Markup) -> Markup {
        let name = (!self.of.is_empty()).then(|| format!("{} {}…", self.label, self.of));
        frame.control(&html! {
            details.ask data-ask {
                summary.button aria-label=[name] { (self.label) "…" }
                form method="post" action=(self.action) {
                    p.question { (self.question) }
                    (fields)
                    div.actions {
                        button.grave[self.is_grave].main[!self.is_grave] { (self.does) }
                        button type="button" data-close hidden { "Cancel" }
                    }
                }
            }
        })
    }

    /// The control.
    pub fn once(&self, frame: &Frame) -> Markup {
        self.with(frame, &html! {})
    }
}

impl Frame {
    /// A control, for whoever may use it. Who looks only is asked to sign in, once a place.
    pub fn control(&self, control: &Markup) -> Markup {
        match self.caller {
            Caller::Operator => control.clone(),
            Caller::Reader => html! {},
        }
    }

    /// A form of one button that needs no question.
    pub fn button(&self, action: &str, label: &str, is_main: bool) -> Markup {
        self.control(&html! {
            form method="post" action=(action) { button.main[is_main] { (label) } }
        })
    }

    /// Where controls would be, for who looks only.
    pub fn sign_in_instead(&self) -> Markup {
        match self.caller {
            Caller::Operator => html! {},
            Caller::Reader => html! {
                p.quiet { a href=(link::with_query("/sign-in", &[("next", Some(&self.path))])) { "Sign in" } " to change something here." }
            },
        }
    }
}
