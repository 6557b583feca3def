//! A body must come at a pace: who sends a byte now and then holds a connection, and what was read before, for ever.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Bytes a second that a body must have on the whole, once a first time has passed.
const LEAST_PACE: u64 = 512;

/// A body that did not come.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the body came too slowly: nothing for {0:?}, or fewer than {LEAST_PACE} bytes a second")]
pub struct TooSlow(Duration);

/// Watches over a request's body.
pub async fn pace(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    next.run(request.map(|body| Body::new(Paced::new(body, patience)))).await
}

/// A body that fails when it stands still, or comes too slowly. Time that the host takes to use what came does not count.
struct Paced {
    body: Body,
    patience: Duration,
    received: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Paced {
    const fn new(body: Body, patience: Duration) -> Self {
        Self { body, patience, received: 0, waited: Duration::ZERO, waiting: None }
    }

    /// How long may be waited for the next bytes.
    fn may_wait(&self) -> Duration {
        let earned = Duration::from_millis(self.received.saturating_mul(1_000) / LEAST_PACE);
        (self.patience + earned).saturating_sub(self.waited).min(self.patience)
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some((since, _)) = self.waiting.take() {
                self.waited += since.elapsed();
            }
            let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
            self.received += bytes.map_or(0, |bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            return Poll::Ready(frame);
        }
        let may_wait = self.may_wait();
        let (_, end) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(may_wait))));
        ready!(end.as_mut().poll(context));
        Poll::Ready(Some(Err(axum::Error::new(TooSlow(self.patience)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::unfold;
    use std::convert::Infallible;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A body of so many pieces, each after a pause.
    async fn sent(pieces: usize, size: usize, pause: Duration) -> Result<usize, axum::Error> {
        let stream = unfold(0, move |n| async move {
            tokio::time::sleep(pause).await;
            (n < pieces).then(|| (Ok::<_, Infallible>(vec![b'x'; size]), n + 1))
        });
        let body = Body::new(Paced::new(Body::from_stream(stream), PATIENCE));
        axum::body::to_bytes(body, usize::MAX).await.map(|bytes| bytes.len())
    }

    fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
        error.is::<TooSlow>() || error.source().is_some_and(is_too_slow)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stands_still_fails() {
        assert!(is_too_slow(&sent(1, 100_000, PATIENCE + Duration::from_secs(1)).await.unwrap_err()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_fails_though_it_never_stands_still_for_long() {
        let started = Instant::now();
        assert!(is_too_slow(&sent(1_000, 1, Duration::from_secs(1)).await.unwrap_err()));
        assert!(started.elapsed() < PATIENCE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_at_a_pace_may_take_as_long_as_it_takes() {
        assert_eq!(sent(600, 1_024, Duration::from_secs(2)).await.unwrap(), 600 * 1_024);
    }
}
