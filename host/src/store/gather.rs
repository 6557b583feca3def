//! Group commit: what many tasks want written at one moment is written together, in one round trip and with one sync of
//! the disk. While a group is being written, the next one gathers; a task that is alone waits for nobody.

use super::StoreError;
use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

/// The most items of a group: it bounds a statement's size and a transaction's length.
const MOST: usize = 64;

/// How often other tasks are let go on before a group is written: in that time more of it gathers, at no time's cost.
const TURNS: usize = 3;

/// Writes a group.
#[async_trait]
pub trait WriteGroup: Send + Sync + 'static {
    /// What is to be written.
    type Item: Send + Sync + 'static;
    /// What came of it.
    type Done: Send + 'static;

    /// Writes all items or none; what came of each, in their order.
    ///
    /// # Errors
    /// When nothing was written.
    async fn write(&self, items: &[Self::Item]) -> Result<Vec<Result<Self::Done, StoreError>>, StoreError>;
}

struct Put<W: WriteGroup> {
    item: W::Item,
    reply: oneshot::Sender<Result<W::Done, StoreError>>,
}

/// Where tasks put what they want written.
pub struct Gather<W: WriteGroup>(mpsc::Sender<Put<W>>);

impl<W: WriteGroup> Clone for Gather<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: WriteGroup> std::fmt::Debug for Gather<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gather")
    }
}

impl<W: WriteGroup> Gather<W> {
    /// Starts the task that writes; it ends with the last handle.
    pub fn start(writer: W) -> Self {
        let (sender, receiver) = mpsc::channel(MOST);
        tokio::spawn(write_all(writer, receiver));
        Self(sender)
    }

    /// How many items wait.
    pub fn waiting(&self) -> usize {
        self.0.max_capacity().saturating_sub(self.0.capacity())
    }

    /// Has an item written. One that was put is written even if nobody waits for it any more.
    ///
    /// # Errors
    /// When it was not written.
    pub async fn put(&self, item: W::Item) -> Result<W::Done, StoreError> {
        let (reply, written) = oneshot::channel();
        let closed = || StoreError::from(sqlx::Error::PoolClosed);
        self.0.send(Put { item, reply }).await.map_err(|_| closed())?;
        written.await.map_err(|_| closed())?
    }
}

async fn write_all<W: WriteGroup>(writer: W, mut receiver: mpsc::Receiver<Put<W>>) {
    let mut group = Vec::with_capacity(MOST);
    while receiver.recv_many(&mut group, MOST).await > 0 {
        for _ in 0..TURNS {
            // Who is about to put something gets its turn.
            tokio::task::yield_now().await;
        }
        while group.len() < MOST
            && let Ok(put) = receiver.try_recv()
        {
            group.push(put);
        }
        let (items, replies): (Vec<_>, Vec<_>) = group.drain(..).map(|put| (put.item, put.reply)).unzip();
        let written = match writer.write(&items).await {
            // One item that cannot be written must not take the others with it.
            Err(error) if items.len() > 1 && !error.may_pass() => one_by_one(&writer, &items).await,
            Err(error) => items.iter().map(|_| Err(error.clone())).collect(),
            Ok(written) => written,
        };
        for (reply, done) in replies.into_iter().zip(written) {
            // Whoever asked may have given up meanwhile.
            let _ = reply.send(done);
        }
    }
}

async fn one_by_one<W: WriteGroup>(writer: &W, items: &[W::Item]) -> Vec<Result<W::Done, StoreError>> {
    let mut written = Vec::with_capacity(items.len());
    for item in items {
        let alone = writer.write(std::slice::from_ref(item)).await;
        let nothing = || Err(StoreError::Corrupt("a write came back without a word".to_owned()));
        written.push(alone.and_then(|mut done| done.pop().unwrap_or_else(nothing)));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::sync::Semaphore;

    /// Notes the size of every group, and refuses `13`.
    struct Fake {
        groups: Arc<Mutex<Vec<usize>>>,
        gate: Arc<Semaphore>,
    }

    #[async_trait]
    impl WriteGroup for Fake {
        type Item = u32;
        type Done = u32;

        async fn write(&self, items: &[u32]) -> Result<Vec<Result<u32, StoreError>>, StoreError> {
            self.gate.acquire().await.unwrap().forget();
            self.groups.lock().unwrap().push(items.len());
            if items.contains(&13) {
                return Err(StoreError::Corrupt("thirteen".into()));
            }
            Ok(items.iter().map(|item| Ok(item * 2)).collect())
        }
    }

    fn start(permits: usize) -> (Gather<Fake>, Arc<Mutex<Vec<usize>>>, Arc<Semaphore>) {
        let (groups, gate) = (Arc::default(), Arc::new(Semaphore::new(permits)));
        (Gather::start(Fake { groups: Arc::clone(&groups), gate: gate.clone() }), groups, gate)
    }

    async fn put_all(gather: &Gather<Fake>, items: std::ops::Range<u32>) -> Vec<Result<u32, StoreError>> {
        futures_util::future::join_all(items.map(|item| gather.put(item))).await
    }

    #[tokio::test]
    async fn what_comes_while_a_group_is_written_is_written_together() {
        let (gather, groups, gate) = start(0);
        let putting = tokio::spawn(async move { put_all(&gather, 0..10).await });
        gate.add_permits(100);
        let done: Vec<u32> = putting.await.unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(done, (0..10).map(|item| item * 2).collect::<Vec<_>>());
        assert!(groups.lock().unwrap().len() <= 2, "{groups:?}");
    }

    #[tokio::test]
    async fn an_item_that_cannot_be_written_fails_alone() {
        let (gather, _, _) = start(1_000);
        let done = put_all(&gather, 10..16).await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 5);
        assert!(matches!(done[3], Err(StoreError::Corrupt(_))));
    }
}
