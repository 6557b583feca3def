//! A browser of a test's own, without a network but this machine's, and what people do with it.

use liner_tests::{Host, eventually};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Browsers at once: each takes a processor for itself.
static BROWSERS: Semaphore = Semaphore::const_new(2);

/// A browser, until it is dropped.
pub struct Browser {
    driver: WebDriver,
    process: Child,
    port: u16,
    base: String,
    _one_of_few: SemaphorePermit<'static>,
}

impl Browser {
    /// One that looks at a host, or nothing where there is none on this machine.
    pub async fn at(host: &Host) -> Option<Self> {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut process) = started else {
            let need = std::env::var_os("LINER_TESTS_NEED_BROWSER").is_some();
            assert!(!need, "chromedriver is not installed; `make e2e` installs it");
            eprintln!("skipped: chromedriver is not installed; `make e2e` installs it");
            return None;
        };
        let one_of_few = BROWSERS.acquire().await.unwrap();
        let port = port_of(&mut process);
        let mut wanted = ChromeCapabilities::new();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--window-size=1280,900",
            "--lang=en",
            // There is nobody but this machine.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await.unwrap();
        driver.set_page_load_timeout(Duration::from_secs(30)).await.unwrap();
        Some(Self { driver, process, port, base: host.url.clone(), _one_of_few: one_of_few })
    }

    /// Goes to a path.
    pub async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    /// Where it is, without the host.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    /// What of a page is seen under a selector.
    pub async fn text(&self, selector: &str) -> String {
        self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("no {selector}")).text().await.unwrap()
    }

    /// Waits until a text is seen under a selector.
    pub async fn sees(&self, selector: &str, text: &str) {
        eventually(&format!("{text:?} is seen in {selector}"), || async {
            let found = self.driver.find(By::Css(selector)).await.ok()?;
            found.text().await.ok().filter(|seen| seen.contains(text)).map(|_| ())
        })
        .await;
    }

    /// Clicks what has a text, of a kind of element; waits until it is there.
    pub async fn click(&self, kind: &str, text: &str) {
        let xpath = format!("//{kind}[normalize-space()='{text}']");
        eventually(&format!("{kind} {text:?} is clicked"), || async {
            for found in self.driver.find_all(By::XPath(&xpath)).await.ok()? {
                if found.is_displayed().await.ok()? {
                    return found.click().await.ok();
                }
            }
            None
        })
        .await;
    }

    /// Fills a field in.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("no {selector}"));
        if !matches!(field.attr("type").await.unwrap().as_deref(), Some("file" | "radio")) {
            field.clear().await.unwrap();
        }
        field.send_keys(text).await.unwrap();
    }

    /// Picks a choice.
    pub async fn pick(&self, selector: &str) {
        self.driver.find(By::Css(selector)).await.unwrap_or_else(|_| panic!("no {selector}")).click().await.unwrap();
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let active = self.driver.active_element().await.unwrap();
        active.send_keys(keys).await.unwrap();
    }

    /// What a script returns.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Tells the browser itself something.
    pub async fn tell(&self, method: &str, what: Value) {
        self.driver.cdp().send_raw(method, what).await.unwrap();
    }

    /// Is a screen of so many points, and has this scheme of colours.
    pub async fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tell("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Runs no script of pages, or does again.
    pub async fn scripts(&self, run: bool) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({"value": !run})).await;
    }

    /// Notes on each page from now on what the policy forbids, in `window.forbidden`.
    pub async fn note_what_is_forbidden(&self) {
        let listen = "window.forbidden = [];
            addEventListener('securitypolicyviolation', (event) => window.forbidden.push(event.violatedDirective + ' ' + event.blockedURI));";
        self.tell("Page.enable", json!({})).await;
        self.tell("Page.addScriptToEvaluateOnNewDocument", json!({"source": listen})).await;
    }

    /// Signs in.
    pub async fn sign_in(&self, token: &str) {
        self.go("/sign-in").await;
        self.fill("#token", token).await;
        self.click("button", "Sign in").await;
    }

    /// Keeps a picture of the page, but of a long list's end.
    pub async fn picture(&self, name: &str) {
        let size = self.run("return [innerWidth, Math.min(document.documentElement.scrollHeight, 3600)]").await;
        let size = json!({"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": false});
        self.tell("Emulation.setDeviceMetricsOverride", size).await;
        let png = self.driver.screenshot_as_png().await.unwrap();
        let folder = pictures();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }
}

/// Where pictures are kept: `target/e2e`.
fn pictures() -> PathBuf {
    // …/target/debug/deps/dashboard-…
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(3).unwrap().join("e2e")
}

fn port_of(process: &mut Child) -> u16 {
    let lines = BufReader::new(process.stdout.as_mut().unwrap()).lines();
    let said = lines.map(Result::unwrap).find(|line| line.contains("started successfully on port")).unwrap();
    said.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap()
}

/// A driver that is killed leaves its browser behind, so the session is ended first.
impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- a test in the browser failed");
        }
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let session = self.driver.session_id();
            let _ =
                write!(stream, "DELETE /session/{session} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            let _ = stream.read(&mut [0; 512]);
        }
        let _ = self.driver.clone().leak();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
