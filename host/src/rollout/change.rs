//! The changes of the lineup, each recorded with who, when and why.

use super::{AFTER_A_SWAP, Rollout, RolloutError, news};
use crate::digest::Digest;
use crate::nearest;
use crate::store::{Cause, EventKind, NewRevision, Plugin, Revision, StoreError};
use crate::strategy::lineup::{Candidate, Entry, Lineup, LineupError, Role};
use crate::strategy::{Pipeline, bundled};
use std::sync::Arc;

/// Who changes the lineup, and why.
#[derive(Debug, Clone)]
pub struct Why {
    /// What they do.
    pub cause: Cause,
    /// Who: `api`, `command line`, `folder`, `host`.
    pub by: String,
    /// In their words.
    pub reason: Option<String>,
}

impl Why {
    /// A change by the host itself.
    #[must_use]
    pub fn host(cause: Cause) -> Self {
        Self { cause, by: "host".to_owned(), reason: None }
    }
}

/// Where a component goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into the store, to be used later.
    Staged,
    /// In the place of the active one of its name, or first; or at a position, counted from 0.
    Active(Option<usize>),
    /// Beside the active ones.
    Trial(Role, Option<usize>),
}

/// A component on its way in.
#[derive(Debug, Clone)]
pub struct Upload {
    /// A component, or a core module as cargo leaves it.
    pub bytes: Vec<u8>,
    /// What it is called until it has told its name: a file's name.
    pub source: String,
    /// Its configuration; its own default without one.
    pub config: Option<String>,
    /// Whether it may import WASI, of which it gets an empty one.
    pub allow_wasi: bool,
    /// Where it goes.
    pub place: Place,
}

/// What an upload led to.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The component.
    pub plugin: Plugin,
    /// The revision that runs.
    pub revision: i64,
    /// What was active under its name before.
    pub former: Option<Entry>,
}

impl Rollout {
    /// Admits a component, keeps it, and puts it in its place.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub async fn install(&self, upload: Upload, why: &Why) -> Result<Installed, RolloutError> {
        let Upload { bytes, source, config, allow_wasi, place } = upload;
        let admitted = self.admit_and_keep(&source, bytes, config.clone(), allow_wasi).await;
        let (strategy, plugin) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => return Err(self.refused(&source, error).await),
        };
        let bundled = bundled::is_bundled(&plugin.digest);
        let entry = Entry { name: plugin.name.clone(), digest: plugin.digest.clone(), config, allow_wasi, bundled };
        let before = self.active();
        let former = before.lineup.active.iter().find(|known| known.name == entry.name).cloned();
        let revision = match place {
            Place::Staged => before.revision,
            Place::Active(position) => {
                self.change(why, |lineup| Ok(lineup.activate(entry.clone(), position))).await?.revision
            }
            Place::Trial(role, position) => {
                let candidate = Candidate { entry, role, position };
                self.change(why, |lineup| lineup.try_out(candidate.clone())).await?.revision
            }
        };
        // Held until here, so that building the pipeline found it loaded.
        drop(strategy);
        Ok(Installed { plugin, revision, former })
    }

    /// Makes a component of the store active, as [`Place::Active`] says.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub async fn place(&self, plugin: &Digest, place: Place, why: &Why) -> Result<Arc<Pipeline>, RolloutError> {
        let entry = self.entry_of(plugin).await?;
        match place {
            Place::Staged => Ok(self.active()),
            Place::Active(position) => self.change(why, |lineup| Ok(lineup.activate(entry.clone(), position))).await,
            Place::Trial(role, position) => {
                let candidate = Candidate { entry, role, position };
                self.change(why, |lineup| lineup.try_out(candidate.clone())).await
            }
        }
    }

    /// Runs an active component or a candidate with another configuration; its default one without.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub async fn configure(
        &self,
        plugin: &Digest,
        config: Option<&str>,
        why: &Why,
    ) -> Result<Arc<Pipeline>, RolloutError> {
        self.change(why, |lineup| {
            let mut next = lineup.clone();
            let candidates = next.candidates.iter_mut().map(|candidate| &mut candidate.entry);
            let mut known = false;
            for entry in next.active.iter_mut().chain(candidates).filter(|entry| entry.digest == *plugin) {
                entry.config = config.map(str::to_owned);
                known = true;
            }
            if known { Ok(next) } else { Err(LineupError::Unknown(plugin.short().to_owned())) }
        })
        .await
    }

    /// Makes a candidate active.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub async fn promote(&self, plugin: &Digest, why: &Why) -> Result<Arc<Pipeline>, RolloutError> {
        self.change(why, |lineup| lineup.promote(plugin)).await
    }

    /// Takes a component out, active or candidate.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub async fn retire(&self, plugin: &Digest, why: &Why) -> Result<Arc<Pipeline>, RolloutError> {
        self.change(why, |lineup| lineup.retire(plugin)).await
    }

    /// Returns to a revision, or to the one before the newest. Rolling back again goes back further.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub async fn rollback(&self, to: Option<i64>, why: &Why) -> Result<Arc<Pipeline>, RolloutError> {
        let _one_at_a_time = self.shared.changing.lock().await;
        let newest = self.newest().await?;
        let target = to.or(newest.parent).ok_or(RolloutError::NothingBefore(newest.revision))?;
        let target = self
            .store()
            .pipeline(Some(target))
            .await?
            .ok_or_else(|| RolloutError::Unknown(format!("there is no revision {target}")))?;
        let lineup = lineup_of(&target)?;
        self.record(&newest, lineup, target.parent, why).await?.ok_or_else(conflict)
    }

    /// Takes back what an active strategy's name stands for, to what it stood for before.
    ///
    /// # Errors
    /// [`RolloutError::NothingBefore`] when it stood for nothing else, and nothing else is active.
    pub(super) async fn take_back(&self, faulty: &Entry, why: &Why) -> Result<Arc<Pipeline>, RolloutError> {
        let one_at_a_time = self.shared.changing.lock().await;
        let newest = self.newest().await?;
        let lineup = lineup_of(&newest)?;
        if !lineup.active.contains(faulty) {
            // Another host took it back before.
            drop(one_at_a_time);
            self.follow().await;
            return Ok(self.active());
        }
        let mut before = newest.parent;
        while let Some(revision) = before {
            let Some(former) = self.store().pipeline(Some(revision)).await? else { break };
            let former_lineup = lineup_of(&former)?;
            if !former_lineup.active.contains(faulty) {
                let next = lineup.restore(&faulty.name, &former_lineup)?;
                let parent = if next == former_lineup { former.parent } else { newest.parent };
                return self.record(&newest, next, parent, why).await?.ok_or_else(conflict);
            }
            before = former.parent;
        }
        Err(RolloutError::NothingBefore(newest.revision))
    }

    /// Edits the newest lineup, and makes the result active. An edit that changes nothing makes no revision.
    ///
    /// # Errors
    /// [`RolloutError`]; what runs is as it was.
    pub(super) async fn change(
        &self,
        why: &Why,
        edit: impl Fn(&Lineup) -> Result<Lineup, LineupError>,
    ) -> Result<Arc<Pipeline>, RolloutError> {
        let _one_at_a_time = self.shared.changing.lock().await;
        loop {
            let newest = self.store().pipeline(None).await?;
            let lineup = newest.as_ref().map(lineup_of).transpose()?.unwrap_or_default();
            let next = edit(&lineup)?;
            let is_running = newest.as_ref().is_some_and(|newest| newest.revision == self.active().revision);
            if next == lineup && is_running {
                return Ok(self.active());
            }
            let newest = newest.unwrap_or_else(nothing);
            let parent = (newest.revision > 0).then_some(newest.revision);
            if let Some(pipeline) = self.record(&newest, next, parent, why).await? {
                return Ok(pipeline);
            }
        }
    }

    /// Builds a lineup, records it after the newest revision and makes it active; none when another came first.
    async fn record(
        &self,
        newest: &Revision,
        lineup: Lineup,
        parent: Option<i64>,
        why: &Why,
    ) -> Result<Option<Arc<Pipeline>>, RolloutError> {
        let entries = serde_json::to_string(&lineup).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let former = if newest.revision > 0 { lineup_of(newest)? } else { Lineup::default() };
        let news = news::of_change(newest.revision, &former, &lineup, why);
        let mut pipeline = match self.build(0, lineup).await {
            Ok(pipeline) => pipeline,
            Err(error) => return Err(self.refused("the lineup", error).await),
        };
        let (by, reason) = (why.by.clone(), why.reason.clone());
        let new = NewRevision { entries: entries.clone(), parent, cause: why.cause, by, reason, news };
        let expected = (newest.revision > 0).then_some(newest.revision);
        let Some(revision) = self.store().record_pipeline(expected, &new).await? else { return Ok(None) };
        pipeline.revision = revision;
        let summary = pipeline.summary();
        let recorded = Revision {
            revision,
            entries,
            parent,
            cause: why.cause.name().to_owned(),
            by: why.by.clone(),
            reason: why.reason.clone(),
            at: 0,
            proven_at: None,
        };
        self.adopt(pipeline, &recorded);
        let reason = why.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        self.tell(
            EventKind::Changed(why.cause),
            &format!("revision {revision}"),
            &format!("{summary}, by {}{reason}", why.by),
        )
        .await;
        self.release(&AFTER_A_SWAP).await;
        Ok(Some(self.active()))
    }

    /// Tells of a refusal where operators look: the log, the events and the metrics.
    async fn refused(&self, source: &str, error: RolloutError) -> RolloutError {
        let step = match &error {
            RolloutError::Refused { refusal, .. } => refusal.step(),
            RolloutError::Unfinished { .. } => "admission",
            _ => return error,
        };
        metrics::counter!("liner_plugins_refused_total", "step" => step).increment(1);
        tracing::warn!(step, "{error}");
        self.tell(EventKind::Refused, source, &error.to_string()).await;
        error
    }

    async fn newest(&self) -> Result<Revision, RolloutError> {
        self.store().pipeline(None).await?.ok_or(RolloutError::NothingBefore(0))
    }

    /// The entry of a component as it was last used, or with its own defaults.
    async fn entry_of(&self, digest: &Digest) -> Result<Entry, RolloutError> {
        if let Some(known) = self.active().lineup.entries().find(|entry| entry.digest == *digest) {
            return Ok(known.clone());
        }
        let plugins = self.store().plugins().await?;
        let plugin = plugins
            .into_iter()
            .find(|plugin| plugin.digest == *digest)
            .ok_or_else(|| RolloutError::Unknown(format!("there is no plugin {}", digest.short())))?;
        for revision in self.store().pipelines(1_000).await? {
            if let Some(known) = lineup_of(&revision)?.entries().find(|entry| entry.digest == *digest) {
                return Ok(known.clone());
            }
        }
        let bundled = bundled::is_bundled(digest);
        Ok(Entry { name: plugin.name, digest: plugin.digest, config: None, allow_wasi: false, bundled })
    }

    /// The component that people mean by a digest, its beginning, or a name: the active one of that name, else a
    /// candidate, else the newest.
    ///
    /// # Errors
    /// [`RolloutError::Unknown`].
    pub async fn find(&self, wanted: &str) -> Result<Digest, RolloutError> {
        if let Some(entry) = self.active().lineup.entries().find(|entry| entry.name == wanted) {
            return Ok(entry.digest.clone());
        }
        let plugins = self.store().plugins().await?;
        if let Some(plugin) = plugins.iter().find(|plugin| plugin.name == wanted) {
            return Ok(plugin.digest.clone());
        }
        let is_digest = wanted.len() >= 6 && wanted.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut matching = plugins.iter().filter(|plugin| is_digest && plugin.digest.as_str().starts_with(wanted));
        match (matching.next(), matching.next()) {
            (Some(plugin), None) => Ok(plugin.digest.clone()),
            (Some(_), Some(_)) => Err(RolloutError::Unknown(format!("more than one plugin begins with {wanted}"))),
            (None, _) => {
                let meant = nearest::question(wanted, plugins.iter().map(|plugin| plugin.name.as_str()));
                let what = "give a name, a digest or at least six of its digits";
                Err(RolloutError::Unknown(format!("there is no plugin {wanted}; {what}{meant}")))
            }
        }
    }
}

pub(super) fn lineup_of(revision: &Revision) -> Result<Lineup, StoreError> {
    Lineup::from_json(&revision.entries)
        .map_err(|error| StoreError::Corrupt(format!("revision {}: {error}", revision.revision)))
}

/// What stands before the first revision.
fn nothing() -> Revision {
    Revision {
        revision: 0,
        entries: String::new(),
        parent: None,
        cause: String::new(),
        by: String::new(),
        reason: None,
        at: 0,
        proven_at: None,
    }
}

fn conflict() -> RolloutError {
    RolloutError::Unknown("another host changed the pipeline at the same moment; look, and try again".to_owned())
}
