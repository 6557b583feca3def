//! Uploads that are made while they are sent.

use crate::Host;
use crate::swapping::resident_kib;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came of an upload.
#[derive(Debug)]
pub struct Uploaded {
    /// The answer.
    pub answer: Value,
    /// Rows that were sent.
    pub rows: u64,
    /// How much the host's resident memory grew at most meanwhile, in KiB.
    pub grown_kib: u64,
}

/// Sends a host rows of equal length, so many that there are about as many bytes as wanted.
pub async fn upload(host: &Host, bytes: usize, row: impl Fn(u64) -> String) -> Uploaded {
    let length = row(0).len();
    let rows = u64::try_from(bytes / length).unwrap();
    let (pid, mut most) = (host.pid(), 0);
    let before = resident_kib(pid);
    let mut stream = TcpStream::connect(host.url.trim_start_matches("http://")).await.unwrap();
    let total = length * usize::try_from(rows).unwrap();
    let head = "POST /api/music-ai/queue HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ";
    stream.write_all(format!("{head}{total}\r\n\r\n").as_bytes()).await.unwrap();
    let mut sent = 0;
    for n in 0..rows {
        let row = row(n);
        assert_eq!(row.len(), length, "{row}");
        stream.write_all(row.as_bytes()).await.unwrap();
        sent += length;
        if sent > 1 << 20 {
            most = most.max(resident_kib(pid));
            sent = 0;
        }
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    most = most.max(resident_kib(pid));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer = serde_json::from_str(body).unwrap_or_else(|_| panic!("{head}\n{body}"));
    Uploaded { answer, rows, grown_kib: most.saturating_sub(before) }
}
