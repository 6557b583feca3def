//! The two strategies every host carries: what runs when nothing else was installed.

use super::admission::{Refusal, Terms, admit};
use super::cache::Cache;
use super::lineup::{Entry, Lineup};
use super::runtime::Runtime;
use super::{Pipeline, Strategy};
use crate::digest::Digest;
use std::sync::{Arc, LazyLock};

/// The components under their names, in the pipeline's order. `make plugins` writes them.
pub const COMPONENTS: [(&str, &[u8]); 2] = [
    ("rules", include_bytes!("../../../plugins/bundled/rules.wasm")),
    ("llm", include_bytes!("../../../plugins/bundled/llm.wasm")),
];

static DIGESTS: LazyLock<[Digest; 2]> = LazyLock::new(|| COMPONENTS.map(|(_, bytes)| Digest::of(bytes)));

/// What runs when nothing else was installed.
#[must_use]
pub fn lineup() -> Lineup {
    let entry = |((name, _), digest): ((&str, &[u8]), &Digest)| Entry {
        name: name.to_owned(),
        digest: digest.clone(),
        config: None,
        allow_wasi: false,
        bundled: true,
    };
    Lineup { active: COMPONENTS.into_iter().zip(DIGESTS.iter()).map(entry).collect(), candidates: Vec::new() }
}

/// A lineup with this binary's components in the place of those that came with another binary.
#[must_use]
pub fn upgraded(mut lineup: Lineup) -> Lineup {
    let ours = self::lineup().active;
    for known in lineup.active.iter_mut().filter(|entry| entry.bundled) {
        if let Some(our) = ours.iter().find(|our| our.name == known.name) {
            known.digest = our.digest.clone();
        }
    }
    lineup
}

/// The bytes of a bundled component.
#[must_use]
pub fn bytes_of(digest: &Digest) -> Option<&'static [u8]> {
    DIGESTS.iter().zip(COMPONENTS).find(|(known, _)| *known == digest).map(|(_, (_, bytes))| bytes)
}

/// Whether a component came with this binary.
#[must_use]
pub fn is_bundled(digest: &Digest) -> bool {
    bytes_of(digest).is_some()
}

/// Admits the bundled components with their default configurations.
///
/// # Errors
/// The first refusal; that the bundled ones are admitted is tested, so this means that the machine cannot run them.
pub fn pipeline(runtime: &Runtime, cache: &Cache) -> Result<Pipeline, Refusal> {
    let admit = |(_, bytes): &(&str, &[u8])| admit(runtime, cache, bytes, Terms::default());
    let strategies = COMPONENTS.iter().map(admit).collect::<Result<Vec<Arc<Strategy>>, _>>()?;
    Ok(Pipeline { revision: 1, lineup: lineup(), strategies, trials: Vec::new() })
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
