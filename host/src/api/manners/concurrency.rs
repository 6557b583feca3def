//! How many requests are answered at once. Each may hold a page of the library, and a compressor for it, or a piece of an
//! upload.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A bound on requests that are answered at once; the others wait for their turn.
#[derive(Clone)]
pub struct Concurrency(Arc<Semaphore>);

impl Concurrency {
    /// At most so many.
    pub fn of(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }

    /// Answers a request in its turn, which ends when the answer is sent.
    pub async fn answer(&self, request: Request, next: Next) -> Response {
        let turn = self.0.clone().acquire_owned().await.ok();
        next.run(request).await.map(|body| Body::new(InTurn { body, _turn: turn }))
    }
}

/// A body whose turn lasts as long as it does.
struct InTurn {
    body: Body,
    _turn: Option<OwnedSemaphorePermit>,
}

impl HttpBody for InTurn {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
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
    use axum::body::to_bytes;
    use axum::handler::Handler;
    use axum::middleware::from_fn;
    use futures_util::FutureExt;

    /// Asks for something that is answered at once, when it is its turn.
    async fn ask(turns: Concurrency) -> Response {
        let in_turn = from_fn(move |request, next| {
            let turns = turns.clone();
            async move { turns.answer(request, next).await }
        });
        (async || "answered").layer(in_turn).call(Request::new(Body::empty()), ()).await
    }

    #[tokio::test]
    async fn one_more_than_may_be_answered_at_once_waits_until_an_answer_is_sent_or_dropped() {
        let turns = Concurrency::of(2);
        let (first, second) = (ask(turns.clone()).await, ask(turns.clone()).await);
        let (mut third, mut fourth) = (Box::pin(ask(turns.clone())), Box::pin(ask(turns)));
        assert!((&mut third).now_or_never().is_none() && (&mut fourth).now_or_never().is_none());
        assert_eq!(to_bytes(first.into_body(), 100).await.unwrap(), "answered");
        let third = third.now_or_never().expect("its turn");
        assert!((&mut fourth).now_or_never().is_none());
        drop(second);
        assert!(fourth.now_or_never().is_some(), "whoever asked second does not wait for the answer any more");
        drop(third);
    }
}
