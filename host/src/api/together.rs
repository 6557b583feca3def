//! Reads that many ask for at one moment, done once for all of them: what a thousand callers a second ask costs the
//! database no more than what one asks after another.
//!
//! Nobody is told what is older than its question: who asks while a read is under way waits for the next one.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// What is read together.
pub struct Together<T> {
    /// How many reads began.
    begun: AtomicU64,
    /// What the last one said, and which it was. Held while one is under way.
    last: Mutex<Option<(u64, T)>>,
}

impl<T> Default for Together<T> {
    fn default() -> Self {
        Self { begun: AtomicU64::new(0), last: Mutex::new(None) }
    }
}

impl<T: Clone> Together<T> {
    /// What a read says that began after this was asked.
    pub async fn read<F: Future<Output = T>>(&self, read: impl FnOnce() -> F) -> T {
        let before = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((_, said)) = last.as_ref().filter(|(number, _)| *number > before) {
            return said.clone();
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let said = read().await;
        *last = Some((number, said.clone()));
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::Arc;
    use std::time::Duration;

    /// Reads that take a second and say how many there were.
    async fn read(together: &Together<u64>, reads: &AtomicU64) -> u64 {
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            reads.fetch_add(1, Ordering::SeqCst) + 1
        };
        together.read(slow).await
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_one_reads_is_answered_by_one_more_read() {
        let (together, reads) = (Together::default(), AtomicU64::new(0));
        let said = join_all((0..100).map(|_| read(&together, &reads))).await;
        assert_eq!(reads.load(Ordering::SeqCst), 2);
        assert_eq!(said.first(), Some(&1));
        assert!(said.iter().skip(1).all(|said| *said == 2));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_told_what_is_older_than_its_question() {
        let (together, reads) = (Arc::new(Together::default()), Arc::new(AtomicU64::new(0)));
        let (first, counted) = (together.clone(), reads.clone());
        let first = tokio::spawn(async move { read(&first, &counted).await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        let later = join_all((0..10).map(|_| read(&together, &reads))).await;
        assert_eq!(first.await.unwrap(), 1);
        assert!(later.iter().all(|said| *said == 2), "{later:?}");
        assert_eq!(read(&together, &reads).await, 3);
    }
}
