//! A connection that does not wait for ever to be read from.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose writes fail when none makes progress for a while: the other side reads nothing. The server bounds how
/// long it reads.
pub struct Patient<S> {
    stream: S,
    patience: Duration,
    /// Until when a write that stands still may go on.
    standstill: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// A stream, and how long a write of it may stand still.
    pub const fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, standstill: None }
    }

    fn watch<T>(&mut self, context: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.standstill = None;
            return write;
        }
        let patience = self.patience;
        let standstill = self.standstill.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(standstill.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shutdown = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, shutdown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_write_that_nobody_reads_ends() {
        let (near, _far) = duplex(8);
        let error = Patient::new(near, PATIENCE).write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_is_read_slowly_goes_on() {
        let (near, mut far) = duplex(8);
        let reading = tokio::spawn(async move {
            let mut read = 0;
            while read < 100 {
                tokio::time::sleep(PATIENCE - Duration::from_secs(1)).await;
                read += far.read(&mut [0; 8]).await.unwrap();
            }
        });
        Patient::new(near, PATIENCE).write_all(&[0; 100]).await.unwrap();
        reading.await.unwrap();
    }
}
