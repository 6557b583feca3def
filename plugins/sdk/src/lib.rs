//! What a liner strategy is written with: implement [`Strategy`], call [`export_strategy!`], build for
//! `wasm32-unknown-unknown`. The same code runs natively under `cargo test`, where the host's log goes to stderr.
//!
//! ```
//! use liner_strategy::{Context, Description, Error, Prompt, Reply, Step, Strategy, Track};
//!
//! struct Echo;
//!
//! impl Strategy for Echo {
//!     fn describe() -> Description {
//!         Description::new("echo", "0.1.0", "Believes every page.")
//!     }
//!     fn plan(_: &Context, tracks: &[Track]) -> Result<Step, Error> {
//!         let mut step = Step::default();
//!         for (index, track) in (0..).zip(tracks) {
//!             if let Some(title) = &track.og_title {
//!                 step.decide(index, liner_strategy::Extraction::song(title, None, 0.5));
//!             }
//!         }
//!         Ok(step)
//!     }
//! }
//! # let track = liner_strategy::testing::track("Nightcall");
//! # let step = liner_strategy::testing::plan::<Echo>("{}", &[track]).unwrap();
//! # assert_eq!(step.decisions.len(), 1);
//! ```

mod date;
mod export;
#[doc(hidden)]
pub mod generated;
mod genres;
mod json;
mod step;
pub mod testing;
pub mod text;
mod work;

pub use date::{is_release_date, release_date};
pub use export::{install_panic_log, log};
pub use generated::liner::extractor::host::Level;
pub use generated::liner::extractor::types::{
    Belief, Context, Decision, Description, Error, Extraction, FieldOrigin, MusicType, Origin, Outcome, Prompt, Reply,
    Step, Stop, Track,
};
pub use genres::{GENRES, genre_from};
pub use json::{first_json_object, music_type_from, music_type_name};
pub use work::{Work, is_of_music};

/// A strategy: a pure function from tracks, and replies, to steps.
///
/// It must be deterministic: the same config, tracks and reply give the same step. The host replays it after a crash
/// and over its journal, and takes that for granted.
pub trait Strategy {
    /// Name, version and what it can do.
    fn describe() -> Description;

    /// Refuses a configuration that does not fit. Accepts every one unless overridden.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] that says where.
    fn check_config(_config: &str) -> Result<(), Error> {
        Ok(())
    }

    /// The first look at a batch.
    ///
    /// # Errors
    /// When the whole call fails; what concerns one track is an [`Outcome`].
    fn plan(context: &Context, tracks: &[Track]) -> Result<Step, Error>;

    /// Maps the reply to one prompt. A strategy that never asks needs none.
    ///
    /// # Errors
    /// When the whole call fails; what concerns one track is an [`Outcome`].
    fn interpret(_: &Context, _: &[Track], prompt: &Prompt, _: &Reply) -> Result<Step, Error> {
        Err(Error::Internal(format!("no prompt tagged {:?} was asked", prompt.tag)))
    }
}

/// The README's strategy compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
