//! A real browser without a window, driven through chromedriver.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// How long the driver may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with a profile of its own, closed with [`Browser::close`] and at the latest when dropped.
pub(crate) struct Browser {
    /// What drives it.
    pub(crate) client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser with a window of the given size.
    pub(crate) async fn open(width: u32, height: u32) -> Self {
        let (driver, port) = start_driver().await;
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut options = json!({ "args": [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", profile.path().display()),
        ]});
        if let Some(binary) = binary() {
            options["binary"] = json!(binary);
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(serde_json::Map::from_iter([("goog:chromeOptions".to_owned(), options)]));
        let client = builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("a browser");
        Self { client, driver, _profile: profile }
    }

    /// Writes what the window shows to a file, as a PNG.
    pub(crate) async fn screenshot(&self, file: &Path) {
        let image = self.client.screenshot().await.expect("a picture");
        std::fs::write(file, image).expect("the picture is written");
    }

    /// Closes the window and ends the driver.
    pub(crate) async fn close(mut self) {
        self.client.clone().close().await.expect("the browser closes");
        self.driver.kill().await.expect("the driver ends");
    }
}

async fn start_driver() -> (Child, u16) {
    let path = std::env::var_os("CHROMEDRIVER").map_or_else(|| PathBuf::from("chromedriver"), PathBuf::from);
    let mut driver = Command::new(&path)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "cannot start {}: {error}. Install chromium and chromium-driver, or set CHROMEDRIVER",
                path.display()
            )
        });
    let mut lines = BufReader::new(driver.stdout.take().expect("an output")).lines();
    let port = async {
        while let Some(line) = lines.next_line().await.expect("a line") {
            // "ChromeDriver was started successfully on port 40123."
            if let Some((_, port)) = line.split_once("successfully on port ") {
                return port.trim_end_matches('.').parse().expect("a port");
            }
        }
        panic!("chromedriver ended before it was ready");
    };
    let port = tokio::time::timeout(PATIENCE, port).await.expect("chromedriver starts in time");
    // It stops with an error when nobody reads what it prints.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (driver, port)
}

/// The browser, where the driver would not find it by itself.
fn binary() -> Option<&'static str> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .into_iter()
        .find(|path| Path::new(path).exists())
}
