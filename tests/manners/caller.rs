//! A caller that sends byte for byte what a test wants, and reads when it wants.

use liner_tests::Host;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take. Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a host.
pub struct Caller(pub TcpStream);

/// An answer as it came.
#[derive(Debug)]
pub struct Heard {
    /// Its status.
    pub status: u16,
    /// Its head, in small letters.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Caller {
    /// Connects.
    pub async fn to(host: &Host) -> Self {
        Self(TcpStream::connect(host.url.trim_start_matches("http://")).await.unwrap())
    }

    /// Says something; whether the host was there to hear it.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Asks for a path on this connection.
    pub async fn get(&mut self, path: &str) -> Heard {
        self.say(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
        self.hear().await
    }

    /// An answer with a length.
    pub async fn hear(&mut self) -> Heard {
        timeout(PATIENCE, self.next()).await.expect("an answer").expect("an answer before the end")
    }

    /// An answer, or nothing when the host hangs up.
    async fn next(&mut self) -> Option<Heard> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.ok()?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Heard { status, head, body: String::from_utf8(body).unwrap() })
    }

    /// Whether nothing comes for a while.
    pub async fn hears_nothing_for(&mut self, time: Duration) -> bool {
        let mut byte = [0];
        timeout(time, self.0.peek(&mut byte)).await.is_err()
    }

    /// Waits until the host hangs up; what it said before.
    pub async fn hung_up_on(mut self) -> String {
        let mut said = Vec::new();
        // A reset is an end too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut said)).await.expect("the host hangs up");
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Reads until something was said.
    pub async fn hear_until(&mut self, text: &str) -> String {
        let mut said = String::new();
        let listening = async {
            while !said.contains(text) {
                let mut bytes = [0; 4_096];
                let n = self.0.read(&mut bytes).await.unwrap();
                assert!(n > 0, "the host hung up after {said:?}");
                said.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
            }
        };
        let heard = timeout(PATIENCE, listening).await;
        heard.unwrap_or_else(|_| panic!("{text:?} was not said: {said:?}"));
        said
    }
}
