//! Gets a copy of a catalogue onto the disk, from a web server or from a file of this machine.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderMap, HeaderName, IF_NONE_MATCH, LOCATION};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::config::FeedAddress;
use crate::platform::outgoing::Outgoing;

/// Largest copy, in bytes, as it is sent: compressed, where it is.
const COPY_BYTES: u64 = 64 * 1024 * 1024;
/// How often a server may send us on.
const REDIRECTS: usize = 5;
/// How long a whole copy may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What came of asking for a copy.
pub(super) enum Fetched {
    /// The server says that ours is the newest.
    Same,
    /// A copy.
    Copy(FeedCopy),
}

/// A copy on the disk, at its start; removed with the value, unless it is the operator's own file.
#[derive(Debug)]
pub(super) struct FeedCopy {
    pub(super) file: File,
    /// Digest of its bytes, in hexadecimal.
    pub(super) sha256: String,
    /// What the server calls it.
    pub(super) etag: String,
}

/// Asks for a copy; `etag` is what the server called ours. A failure is told in words.
pub(super) async fn fetch(outgoing: &Outgoing, address: &FeedAddress, etag: &str) -> Result<Fetched, String> {
    match address {
        FeedAddress::File(path) => {
            let path = path.clone();
            let read = tokio::task::spawn_blocking(move || open(&path)).await;
            read.map_err(|error| error.to_string())?.map(Fetched::Copy)
        }
        FeedAddress::Web(url) => download(outgoing, url.clone(), etag).await,
    }
}

/// Opens a file of this machine.
pub(super) fn open(path: &Path) -> Result<FeedCopy, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let mut file = File::open(path).map_err(unreadable)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        size += count as u64;
        within(size)?;
        digest.update(&buffer[..count]);
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(FeedCopy { file, sha256: hex::encode(digest.finalize()), etag: String::new() })
}

async fn download(outgoing: &Outgoing, mut url: Url, etag: &str) -> Result<Fetched, String> {
    for _ in 0..=REDIRECTS {
        outgoing.check(&url).map_err(|error| error.to_string())?;
        let mut request = outgoing.guarded().get(url.clone()).timeout(PATIENCE);
        if !etag.is_empty() {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(|error| told(&error))?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(Fetched::Same);
        }
        if status.is_redirection() {
            url = sent_on(&url, &header(response.headers(), LOCATION))?;
        } else if status.is_success() {
            return keep(response).await.map(Fetched::Copy);
        } else {
            return Err(format!("{} answers {status}", host(&url)));
        }
    }
    Err(format!("{} sends us on more than {REDIRECTS} times", host(&url)))
}

fn sent_on(from: &Url, location: &str) -> Result<Url, String> {
    let to = from.join(location).map_err(|_| format!("{} sends us on to no address", host(from)))?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(format!("{} sends us on to an address without encryption", host(from)));
    }
    Ok(to)
}

async fn keep(mut response: reqwest::Response) -> Result<FeedCopy, String> {
    let etag = header(response.headers(), ETAG);
    let spool = |error: std::io::Error| format!("the copy cannot be kept on the disk: {error}");
    let mut file = tempfile::tempfile().map_err(spool)?;
    let mut digest = Sha256::new();
    let mut size = 0;
    while let Some(bytes) = response.chunk().await.map_err(|error| told(&error))? {
        size += bytes.len() as u64;
        within(size)?;
        digest.update(&bytes);
        file.write_all(&bytes).map_err(spool)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(spool)?;
    Ok(FeedCopy { file, sha256: hex::encode(digest.finalize()), etag })
}

fn within(size: u64) -> Result<(), String> {
    if size > COPY_BYTES {
        return Err(format!(
            "it is larger than {} MiB, which no such catalogue is",
            COPY_BYTES / 1024 / 1024
        ));
    }
    Ok(())
}

fn header(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().chars().take(500).collect()
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// An error with its causes, which alone say what is wrong.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
