//! The two strategies every host carries: what runs when nothing else was installed.

use super::admission::{Refusal, admit};
use super::cache::Cache;
use super::runtime::Runtime;
use super::{Pipeline, Strategy};
use std::sync::Arc;

/// The components, in the pipeline's order. `make plugins` writes them.
pub const COMPONENTS: [&[u8]; 2] =
    [include_bytes!("../../../plugins/bundled/rules.wasm"), include_bytes!("../../../plugins/bundled/llm.wasm")];

/// Admits the bundled components with their default configurations.
///
/// # Errors
/// The first refusal; that the bundled ones are admitted is tested, so this means that the machine cannot run them.
pub fn pipeline(runtime: &Runtime, cache: &Cache) -> Result<Pipeline, Refusal> {
    let strategies =
        COMPONENTS.iter().map(|bytes| admit(runtime, cache, bytes, None)).collect::<Result<Vec<Arc<Strategy>>, _>>()?;
    Ok(Pipeline { revision: 1, strategies })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Outcome, Track, TrackKey};
    use crate::strategy::limits::Limits;

    #[tokio::test]
    async fn the_bundled_rules_decide_inside_their_sandbox() {
        let runtime = Runtime::new(Limits::default(), 2).unwrap();
        let pipeline = pipeline(&runtime, &Cache::none()).unwrap();
        let track = Track {
            key: TrackKey { platform_name: "youtube".into(), platform_id: "1".into() },
            url: None,
            og_title: Some("Ada Lane - Harbour (Official Video)".into()),
            og_artist: Some("Ada Lane".into()),
            og_description: None,
            og_metadata: "{}".into(),
            shared_text: None,
        };
        let step = runtime.plan(&pipeline.strategies[0], &[(&track, None)]).await.unwrap();
        let [(0, Outcome::Extracted(entry))] = step.decisions.as_slice() else { panic!("{step:?}") };
        assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Harbour", Some("Ada Lane")));
    }
}
